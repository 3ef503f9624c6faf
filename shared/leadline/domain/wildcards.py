"""Matches patterns with wildcards in linear time.

A pattern is a row of states: a character, or the wildcard ONE, leads from one state to the next; the other wildcards belong to a
state. The text is read once, from left to right, and all reachable states are kept as the bits of a number (a non-deterministic
automaton). So a list of patterns takes one step for each character of the text, however many wildcards there are. A step is a few
operations on numbers of at most `_MAX_STATES` bits, which take one or two microseconds. Longer lists are divided, so the total is

    steps = characters of the text * (1 + characters of all patterns / _MAX_STATES)

A regular expression with backtracking can take exponentially many steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto


class Wildcard(Enum):
    """The parts of a pattern besides characters. `ONE`: any character except the border. `MANY`: any number of these.

    `ALL`: anything. `FOLDERS`: nothing, or anything that ends with the border.
    """

    ONE = auto()
    MANY = auto()
    ALL = auto()
    FOLDERS = auto()


Pattern = Sequence[str | Wildcard]
"""Characters and wildcards. Wildcards may follow each other in any order, but FOLDERS must not directly follow MANY."""

_MAX_STATES = 8_192


class Wildcards:
    """A list of patterns. `border`: the character that ONE and MANY don't match; None: they match any."""

    def __init__(self, patterns: Iterable[Pattern], border: str | None = None) -> None:
        self._parts: list[_Automaton] = []
        for index, pattern in enumerate(patterns):
            if not self._parts or self._parts[-1].count + len(pattern) >= _MAX_STATES:
                self._parts.append(_Automaton(border))
            self._parts[-1].add(pattern, index)

    def first(self, text: str) -> int | None:
        """The index of the first pattern that matches the whole text."""
        return next((index for part in self._parts if (index := part.first(text)) is not None), None)


class _Automaton:
    """The states of some patterns, one after the other. Bit n of each number stands for state n."""

    def __init__(self, border: str | None) -> None:
        self.count = 0
        self._border = border
        self._indexes: dict[int, int] = {}  # by the last state of each pattern
        self._characters: dict[str, int] = {}  # states that a character leads to
        self._ones = 0  # states that ONE leads to
        self._starts = self._ends = 0
        self._many = self._all = self._folders = 0

    def add(self, pattern: Pattern, index: int) -> None:
        state = 1 << self.count
        self._starts |= state
        for token in pattern:
            if token is Wildcard.MANY:
                self._many |= state
            elif token is Wildcard.ALL:
                self._all |= state
            elif token is Wildcard.FOLDERS:
                self._folders |= state
            else:
                state <<= 1
                if isinstance(token, str):
                    self._characters[token] = self._characters.get(token, 0) | state
                else:
                    self._ones |= state
        self._ends |= state
        self._indexes[state.bit_length()] = index
        self.count = state.bit_length()

    def first(self, text: str) -> int | None:
        here = self._starts
        entered = here & self._folders  # states of FOLDERS ever reached: each border leads there again
        stays = self._many | self._all
        for character in text:
            if character == self._border:
                here = here << 1 & self._characters.get(character, 0) | here & self._all | entered
            else:
                here = here << 1 & (self._characters.get(character, 0) | self._ones) | here & stays
            entered |= here & self._folders
            if not here and not entered:
                return None
        fits = here & self._ends
        return self._indexes[(fits & -fits).bit_length()] if fits else None

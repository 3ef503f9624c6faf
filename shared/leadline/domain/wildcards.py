"""Matches patterns with wildcards in linear time.

A pattern is a row of places: a character, or the wildcard ONE, leads from one place to the next; the other wildcards stand at a
place. The text is read once, from left to right, while all places that can be reached are kept as the bits of a number. So a list
of patterns takes one step for each character of the text, however many wildcards there are; a step is a few operations on numbers
of at most `_MOST_PLACES` bits, one or two microseconds. Longer lists are divided, so that the most that anything takes is about

    steps = characters of the text * (1 + characters of all patterns / _MOST_PLACES)

A regular expression would try one way after the other, and their number can grow exponentially with the wildcards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto


class Wildcard(Enum):
    """What a pattern may hold beside characters. `ONE`: a character, but no border. `MANY`: any number of those. `ALL`: anything.

    `FOLDERS`: nothing, or anything that ends with the border.
    """

    ONE = auto()
    MANY = auto()
    ALL = auto()
    FOLDERS = auto()


Pattern = Sequence[str | Wildcard]
"""Characters and wildcards. Wildcards in a row may stand in any order, except that FOLDERS is never right after MANY."""

_MOST_PLACES = 8_192


class Wildcards:
    """A list of patterns. `border`: the character that ONE and MANY don't stand for; without one they stand for all."""

    def __init__(self, patterns: Iterable[Pattern], border: str | None = None) -> None:
        self._parts: list[_Places] = []
        for index, pattern in enumerate(patterns):
            if not self._parts or self._parts[-1].count + len(pattern) >= _MOST_PLACES:
                self._parts.append(_Places(border))
            self._parts[-1].add(pattern, index)

    def first(self, text: str) -> int | None:
        """The index of the first pattern that fits the whole text."""
        return next((index for part in self._parts if (index := part.first(text)) is not None), None)


class _Places:
    """The places of some patterns, one after the other. Bit n of each number here stands for place n."""

    def __init__(self, border: str | None) -> None:
        self.count = 0
        self._border = border
        self._indexes: dict[int, int] = {}  # by the last place of each pattern
        self._characters: dict[str, int] = {}  # places that a character leads to
        self._ones = 0  # places that ONE leads to
        self._starts = self._ends = 0
        self._many = self._all = self._folders = 0

    def add(self, pattern: Pattern, index: int) -> None:
        place = 1 << self.count
        self._starts |= place
        for token in pattern:
            if token is Wildcard.MANY:
                self._many |= place
            elif token is Wildcard.ALL:
                self._all |= place
            elif token is Wildcard.FOLDERS:
                self._folders |= place
            else:
                place <<= 1
                if isinstance(token, str):
                    self._characters[token] = self._characters.get(token, 0) | place
                else:
                    self._ones |= place
        self._ends |= place
        self._indexes[place.bit_length()] = index
        self.count = place.bit_length()

    def first(self, text: str) -> int | None:
        here = self._starts
        entered = here & self._folders  # places of FOLDERS ever reached: each border leads there again
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

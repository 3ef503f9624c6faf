"""A repository's commits and, without asking git again, what each merge brought in.

Commits are numbered parents first, so a commit's parents always have smaller numbers than it has. A *line* is a chain
of first parents: a branch, as the people saw it who merged into it. For each place on a line the commits are known that
first became reachable there, which is what `git rev-list MERGE^1..MERGE` answers. A line visits only commits that its
fork does not reach, so the whole costs about what one `git log` costs (measured: 66,000 commits, 86 lines, 0.2 s beside
1.2 s for reading them, 65 MB in all).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

DAY = 24 * 3600


class CommitGraph:
    """Commits by number, parents first. Times in epoch seconds."""

    def __init__(self, now: int) -> None:
        self._now = now
        self.shas: list[str] = []
        self.numbers: dict[str, int] = {}
        self.parents: list[tuple[int, ...]] = []
        self.committed = array("q")
        self.authored = array("q")
        self.stands_at = array("q")
        """The commit time, corrected if a clock was wrong: never a day before a parent's, never in the future.
        Whoever looks a commit up by time can rely on that."""
        self.people: list[str] = []
        self._person_numbers: dict[str, int] = {}
        self._authors = array("q")

    def __len__(self) -> int:
        return len(self.shas)

    def add(self, sha: str, parents: Iterable[str], committed: int, authored: int, author: str) -> int:
        """Adds a commit whose parents are there already; parents that are not (a shallow clone's edge) are left out."""
        number = len(self.shas)
        known = tuple(self.numbers[parent] for parent in parents if parent in self.numbers)
        floor = max((self.stands_at[parent] for parent in known), default=0)
        stands_at = committed if 0 < committed <= self._now else floor
        if stands_at < floor - DAY:
            stands_at = floor
        person = self._person_numbers.setdefault(author, len(self.people))
        if person == len(self.people):
            self.people.append(author)
        self.shas.append(sha)
        self.numbers[sha] = number
        self.parents.append(known)
        self.committed.append(committed if 0 < committed <= self._now else max(stands_at, 1))
        self.authored.append(authored)
        self.stands_at.append(max(stands_at, 1))
        self._authors.append(person)
        return number

    def author(self, commit: int) -> str:
        return self.people[self._authors[commit]]

    def reach(self, tips: Iterable[int], seen: bytearray | None = None) -> Iterator[int]:
        """The tips and all they descend from, less what is marked in `seen`; marks what it gives."""
        marks = bytearray(len(self)) if seen is None else seen
        stack = list(tips)
        while stack:
            commit = stack.pop()
            if not marks[commit]:
                marks[commit] = 1
                yield commit
                stack.extend(self.parents[commit])


@dataclass(slots=True)
class Line:
    """First parents, oldest first, from where the line leaves another one (`fork`: that line and the place on it).

    `name` is the branch the line was made for; without one it is a release branch or the like, whose name git forgot.
    A line that is `closed` is never made longer: its places stay what they are.
    """

    name: str | None
    closed: bool = False
    commits: list[int] = field(default_factory=list)
    fork: tuple[Line, int] | None = None
    reached: dict[int, int] = field(default_factory=dict)
    """The place on this line where a commit first became reachable, for those that were not so at the fork already."""
    brought: dict[int, list[int]] = field(default_factory=dict)
    """What a merge on this line brought in beside itself, newest first."""

    def reaches(self, commit: int, place: int) -> bool:
        """Whether a commit can be reached from a place of this line (-1: from where it begins)."""
        line: Line = self
        while True:
            found = line.reached.get(commit)
            if found is not None:
                return found <= place
            if line.fork is None:
                return False
            line, place = line.fork


class Lines:
    """The lines of a graph, each made from its tip; the first one given is never cut up by the later ones."""

    def __init__(self, graph: CommitGraph) -> None:
        self._graph = graph
        self._places: dict[int, tuple[Line, int]] = {}
        self.lines: list[Line] = []

    def place(self, commit: int) -> tuple[Line, int] | None:
        """The line a commit is on and its place there, or None."""
        return self._places.get(commit)

    def add(self, tip: int, name: str | None = None, *, closed: bool = False) -> Line:
        """The line of this tip: a new one, an older one made longer, or the one that the tip is on already."""
        chain: list[int] = []
        commit: int | None = tip
        while commit is not None and commit not in self._places:
            chain.append(commit)
            commit = next(iter(self._graph.parents[commit]), None)
        fork = None if commit is None else self._places[commit]
        ends_there = fork is not None and not fork[0].closed and fork[1] == len(fork[0].commits) - 1
        if fork is not None and (not chain or ends_there):
            line = fork[0]
        else:
            line = Line(name, closed, fork=fork)
            self.lines.append(line)
        self._extend(line, chain[::-1])
        return line

    def _extend(self, line: Line, chain: Sequence[int]) -> None:
        for commit in chain:
            place = len(line.commits)
            line.commits.append(commit)
            line.reached[commit] = place
            self._places[commit] = (line, place)
            brought: list[int] = []
            stack = list(self._graph.parents[commit][1:])
            while stack:
                other = stack.pop()
                if not line.reaches(other, place):
                    line.reached[other] = place
                    brought.append(other)
                    stack.extend(self._graph.parents[other])
            if brought:
                line.brought[commit] = sorted(brought, reverse=True)

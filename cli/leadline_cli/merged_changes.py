"""Which changes a repository's history holds, and with which commits each was merged.

The same number may stand in several places: on the main line where it was merged, on a release branch it was picked to,
in a fork's own history that came in with a pull request, or twice on one line when people name an issue instead. One
place counts: the branch's line before the lines of release tags, those before all other history, on a line the oldest.
Neighbours on one line with the same number are one change that was landed commit by commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from leadline_cli.commit_graph import CommitGraph, Line, Lines
from leadline_cli.merge_marks import Mark


@dataclass(frozen=True, slots=True)
class MergedChange:
    """A change, by its commits' numbers in the graph.

    `merge` is where it was merged, `head` that commit's other parent if it has one, `commits` what came in with it beside
    the merge itself, newest first, `into` the branch where that is known.
    """

    number: int
    merge: int
    head: int | None
    commits: tuple[int, ...]
    into: str | None

    def all_commits(self) -> tuple[int, ...]:
        return (*self.commits, self.merge)


@dataclass(frozen=True, slots=True)
class _Place:
    line: Line
    position: int

    @property
    def commit(self) -> int:
        return self.line.commits[self.position]


def marked_changes(
    graph: CommitGraph,
    lines: Lines,
    marks: Mapping[int, Mark],
    picked_from: Mapping[int, str],
    *,
    branch: str | None,
    repository: str,
) -> list[MergedChange]:
    """The changes that messages name. `lines` holds the branch's line first, then those of the releases."""
    own = {commit for commit in marks if not _is_copy(graph, marks, picked_from, commit)}
    found: dict[int, MergedChange] = {}
    for line in list(lines.lines):
        _collect(graph, (_Place(line, position) for position in range(len(line.commits))), marks, own, found)
    elsewhere = [
        commit
        for commit in sorted(own, reverse=True)
        if lines.place(commit) is None and not _is_foreign(marks[commit], branch, repository)
    ]
    # From the newest down: the first to be made into a line takes its whole branch, with the older ones on it.
    for commit in elsewhere:
        lines.add(commit)
    places = (_Place(*place) for commit in reversed(elsewhere) if (place := lines.place(commit)))
    _collect(graph, places, marks, own, found)
    return list(found.values())


def innermost(changes: Iterable[MergedChange]) -> list[MergedChange]:
    """The changes with each commit left to one of them: the one that was merged first.

    A request that takes a release branch back to main, or one that others were merged into, brought their commits along;
    its own are the rest.
    """
    owners: dict[int, int] = {}
    ordered = sorted(changes, key=lambda change: (change.merge, change.number))
    for change in ordered:
        for commit in change.all_commits():
            owners.setdefault(commit, change.number)
    return [
        replace(change, commits=tuple(commit for commit in change.commits if owners[commit] == change.number))
        for change in ordered
    ]


def each_commit(graph: CommitGraph, line: Line) -> list[MergedChange]:
    """Every commit of the line as a change of its own, numbered by its place on it, from 1."""
    return [
        _change(graph, number, [_Place(line, number - 1)], Mark((number,)))
        for number in range(1, len(line.commits) + 1)
    ]


def _collect(
    graph: CommitGraph,
    places: Iterable[_Place],
    marks: Mapping[int, Mark],
    own: set[int],
    found: dict[int, MergedChange],
) -> None:
    for run in _runs(graph, places, marks, own):
        mark = marks[run[-1].commit]
        parents = graph.parents[run[-1].commit]
        for index, number in enumerate(mark.numbers):
            if number not in found:
                # A batch is one merge of all heads, in the order in which the message names them.
                part = index if len(parents) == len(mark.numbers) + 1 > 2 else None
                found[number] = _change(graph, number, run, mark, part)


def _runs(
    graph: CommitGraph, places: Iterable[_Place], marks: Mapping[int, Mark], own: set[int]
) -> Iterator[Sequence[_Place]]:
    """Marked places; neighbours with the same number and no merge among them together."""
    run: list[_Place] = []
    for place in places:
        continues = (
            run
            and place.line is run[-1].line
            and place.position == run[-1].position + 1
            and place.commit in own
            and marks[place.commit].numbers == marks[run[-1].commit].numbers
            and all(len(graph.parents[at.commit]) < 2 for at in (run[-1], place))
        )
        if run and not continues:
            yield run
            run = []
        if place.commit in own:
            run.append(place)
    if run:
        yield run


def _change(
    graph: CommitGraph, number: int, run: Sequence[_Place], mark: Mark, part: int | None = None
) -> MergedChange:
    place = run[-1]
    merge = place.commit
    parents = graph.parents[merge]
    head = parents[part + 1 if part is not None else 1] if len(parents) > 1 else None
    brought = place.line.brought.get(merge, [])
    if part is not None and head is not None:
        # What other heads of the batch bring is reached from this one only if it was built on them.
        inside = set(brought)
        stack, mine = [head], set[int]()
        while stack:
            commit = stack.pop()
            if commit in inside and commit not in mine:
                mine.add(commit)
                stack.extend(graph.parents[commit])
        brought = sorted(mine, reverse=True)
    earlier = [at.commit for at in reversed(run[:-1])]
    return MergedChange(number, merge, head, (*earlier, *brought), mark.into or place.line.name)


def _is_copy(graph: CommitGraph, marks: Mapping[int, Mark], picked_from: Mapping[int, str], commit: int) -> bool:
    """Whether this is a cherry-pick that kept its original's number. A backport's own request has another one."""
    original = graph.numbers.get(picked_from.get(commit, ""))
    return original is not None and original in marks and marks[original].numbers == marks[commit].numbers


def _is_foreign(mark: Mark, branch: str | None, repository: str) -> bool:
    """Whether a mark on no known line is a fork's own: forks merge our branch into theirs, under numbers of their own."""
    if mark.project is not None and not f"/{repository.lower()}".endswith(f"/{mark.project.lower()}"):
        return True
    return branch is not None and mark.source is not None and mark.source.replace(":", "/").endswith(f"/{branch}")

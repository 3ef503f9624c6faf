"""Plans what a replay sends, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from leadline_cli.commit_graph import Lines
from leadline_cli.git_history import Branch, History
from leadline_cli.merged_changes import MergedChange, each_commit, innermost, marked_changes
from leadline_cli.release_tags import Tag, first_releases, releases
from leadline_cli.replay_events import EARLIEST, Event, Target, change_events, commit_events, deployment_events


class EachCommit(StrEnum):
    """Whether every commit on the branch is a change of its own. AUTO: exactly when no message names a pull request."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Plan:
    """The events of a replay, made on demand. `notes` say what is unusual and what to do about it."""

    target: Target
    history: History
    on_branch: bytearray
    changes: tuple[MergedChange, ...]
    tags: tuple[Tag, ...]
    previous: Tag | None
    first_release: Sequence[int]
    is_each_commit: bool
    notes: tuple[str, ...]
    person: Callable[[str], str]

    def commits(self) -> Iterator[Event]:
        return commit_events(self.history.graph, self.on_branch, self.history.picked_from, self.target, self.person)

    def merged(self) -> Iterator[Event]:
        return change_events(
            self.history.graph,
            self.changes,
            self.target,
            self.person,
            first_release=self.first_release,
            numbered_by_forge=not self.is_each_commit,
        )

    def deployments(self) -> Iterator[Event]:
        return deployment_events(self.tags, self.target, self.previous)

    def released(self) -> Iterator[tuple[Tag, list[int]]]:
        """Each release with the changes in it and in none before it, as git has them."""
        graph = self.history.graph
        merged: dict[int, list[int]] = {}
        for change in self.changes:
            merged.setdefault(change.merge, []).append(change.number)
        seen = bytearray(len(graph))
        for tag in self.tags:
            reached = graph.reach([graph.numbers[tag.sha]], seen)
            yield tag, sorted(number for commit in reached for number in merged.get(commit, ()))


def make_plan(
    history: History,
    branch: Branch,
    tags: Sequence[Tag],
    target: Target,
    person: Callable[[str], str],
    *,
    each: EachCommit = EachCommit.AUTO,
    since: int | None = None,
    until: int | None = None,
) -> Plan:
    """`tags` are those that name releases.

    Planned are deployments with since <= finished < until (epoch seconds), and the changes that no earlier release holds.
    """
    graph = history.graph
    notes: list[str] = []
    ordered = releases(tags, graph)
    lines = Lines(graph)
    # Closed, since a release beyond the tip may be on another branch: what comes next on this one is not known yet.
    main = lines.add(graph.numbers[branch.sha], branch.name, closed=True)
    for tag in reversed(ordered):
        lines.add(graph.numbers[tag.sha])
    changes = marked_changes(
        graph, lines, history.marks, history.picked_from, branch=branch.name, repository=target.repository
    )
    is_each_commit = each is EachCommit.ON or (each is EachCommit.AUTO and not changes)
    if is_each_commit:
        changes = each_commit(graph, main)
    elif each is EachCommit.AUTO and 10 * len(changes) < len(main.commits):
        notes.append(
            f"{len(changes):,} pull requests are named in {len(main.commits):,} commits of the branch; if most changes"
            " come without one, --each-commit on counts every commit"
        )

    earliest = max(since or 0, EARLIEST)
    before = [tag for tag in ordered if tag.at < earliest]
    sent = [tag for tag in ordered if earliest <= tag.at and (until is None or tag.at < until)]
    shipped = bytearray(len(graph))
    for _ in graph.reach((graph.numbers[tag.sha] for tag in before), shipped):
        pass
    unshipped = [change for change in innermost(changes) if not shipped[change.merge]]
    young = [change for change in unshipped if graph.committed[change.merge] >= EARLIEST]
    if old := len(unshipped) - len(young):
        notes.append(f"{old:,} changes were merged before the year 2000 and are left out")
    if not sent:
        notes.append(
            "no deployments will be sent, because no tag matches; --tags PATTERN selects the tags that are releases"
        )
    on_branch = bytearray(len(graph))
    for _ in graph.reach([graph.numbers[branch.sha]], on_branch):
        pass
    return Plan(
        target=target,
        history=history,
        on_branch=on_branch,
        changes=tuple(young),
        tags=tuple(sent),
        previous=before[-1] if before else None,
        first_release=first_releases(ordered, graph),
        is_each_commit=is_each_commit,
        notes=tuple(notes),
        person=person,
    )

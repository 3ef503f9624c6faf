"""Facts: the stored, normalised result for a deployment. Everything that cells count is in facts, so cells can be rebuilt.

A deployment's fact is split into parts of at most PART_SIZE changes and PART_TEAMS teams, so a part and its cells fit into one
transaction. Each part contributes on its own: it repeats the deployment's summary, only the first part counts the deployment, and
exactly one part counts each author and team.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from leadline.domain.changes import Change
from leadline.domain.lead_time import LeadTime, lead_time
from leadline.domain.ledger import Node

PART_SIZE = 4
PART_TEAMS = 38
"""The teams of a part's authors: each costs two writes to cells."""


@dataclass(frozen=True, slots=True)
class CarriedChange:
    """One change in one deployment. `teams`: the author's teams on the day of the deployment.

    A direct commit that counts as a change has the number 0 and a `sha`.
    """

    repository: str
    number: int
    author: str | None
    teams: tuple[str, ...]
    lead: LeadTime
    sha: str | None = None

    def to_data(self) -> list[Any]:
        """[repository, number or SHA, author, teams, seconds, stages, complete]"""
        return [
            self.repository,
            self.number if self.sha is None else self.sha,
            self.author,
            list(self.teams),
            self.lead.seconds,
            list(self.lead.stages),
            self.lead.complete,
        ]

    @classmethod
    def from_data(cls, data: Sequence[Any]) -> "CarriedChange":
        repository, name, author, teams, seconds, stages, complete = data
        coding, pickup, review, deploy = stages
        lead = LeadTime(seconds, (coding, pickup, review, deploy), complete)
        if isinstance(name, str):
            return cls(repository, 0, author, tuple(teams), lead, sha=name)
        return cls(repository, name, author, tuple(teams), lead)


@dataclass(frozen=True, slots=True)
class Summary:
    """What all scopes count about a deployment. `mapping`: "mapped", "baseline", "pending" or "unmatched".

    `counts_as_failed`: by the settings it counts as failed although it never went live.
    """

    service: str
    environment: str
    day: date
    live: bool
    never_live: bool = False
    mapping: str = "mapped"
    failed: bool = False
    rework: bool = False
    recovery: int | None = None
    counts_as_failed: bool = False


@dataclass(frozen=True, slots=True)
class FactPart:
    """Up to PART_SIZE changes of a deployment, and the authors and teams that this part counts."""

    summary: Summary
    position: int = 0
    changes: tuple[CarriedChange, ...] = ()
    authors: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def carry(changes: Iterable[Change], finished_at: int, teams_of: Mapping[str, tuple[str, ...]]) -> list[CarriedChange]:
    """The changes as carried by a deployment that finished at `finished_at`. `teams_of`: each author's teams on that day."""
    return [
        CarriedChange(
            change.repository,
            change.number,
            change.author,
            teams_of.get(change.author, ()) if change.author else (),
            lead_time(change, finished_at),
        )
        for change in changes
    ]


def carry_commits(
    repository: str, commits: Iterable[Node], finished_at: int, teams_of: Mapping[str, tuple[str, ...]]
) -> list[CarriedChange]:
    """Direct commits as changes of their own: coding ends at the commit, and deploy starts there."""
    return [
        CarriedChange(
            repository,
            0,
            commit.author,
            teams_of.get(commit.author, ()) if commit.author else (),
            lead_time(Change(repository, 0, first_commit_at=commit.authored_at, opened_at=commit.at), finished_at),
            sha=commit.sha,
        )
        for commit in commits
    ]


def divide(summary: Summary, changes: Sequence[CarriedChange]) -> tuple[FactPart, ...]:
    """Splits a deployment into at least one part. Each author and team belongs to the first part with a change of theirs."""
    parts: list[FactPart] = []
    seen_authors: set[str] = set()
    seen_teams: set[str] = set()
    for position, held in enumerate(_split(changes)):
        authors = {change.author for change in held if change.author is not None} - seen_authors
        teams = {team for change in held for team in change.teams} - seen_teams
        parts.append(FactPart(summary, position, held, tuple(sorted(authors)), tuple(sorted(teams))))
        seen_authors |= authors
        seen_teams |= teams
    return tuple(parts)


def _split(changes: Sequence[CarriedChange]) -> Iterator[tuple[CarriedChange, ...]]:
    held: list[CarriedChange] = []
    teams: set[str] = set()
    for change in changes:
        if held and (len(held) == PART_SIZE or len(teams | set(change.teams)) > PART_TEAMS):
            yield tuple(held)
            held, teams = [], set()
        held.append(change)
        teams.update(change.teams)
    yield tuple(held)

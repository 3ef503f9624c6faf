"""Facts: the stored, normalised outcome for one deployment. Everything a cell counts is in a fact, so cells can be rebuilt.

A deployment's fact is kept in parts of at most PART_SIZE changes and PART_TEAMS teams, so that a part and its cells fit one
transaction. Each part says by itself what it contributes: it repeats the deployment's summary, the first part alone counts the
deployment, and each author and team is counted as taking part in it by exactly one part.
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
"""Teams of a part's authors: each has two cells to write."""


@dataclass(frozen=True, slots=True)
class CarriedChange:
    """One change in one deployment. `teams`: the author's teams on the day of the deployment.

    A direct commit that counts as a change of its own has the number 0 and its `sha`.
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
    """What all scopes count of a deployment. `mapping`: "mapped", "baseline", "pending" or "unmatched".

    `counts_as_failed`: it never went live and counts as failed all the same, as the settings have it.
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
    """Up to PART_SIZE changes of a deployment, and the authors and teams that this part counts as taking part in it."""

    summary: Summary
    position: int = 0
    changes: tuple[CarriedChange, ...] = ()
    authors: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def carry(changes: Iterable[Change], finished_at: int, teams_of: Mapping[str, tuple[str, ...]]) -> list[CarriedChange]:
    """The changes as carried by a deployment that finished then; `teams_of` gives each author's teams on that day."""
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
    """Direct commits, each as a change of its own: coding until it was committed, deploying from then on."""
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
    """The deployment in parts, at least one; each author and team belongs to the first part that has a change of theirs."""
    parts: list[FactPart] = []
    seen_authors: set[str] = set()
    seen_teams: set[str] = set()
    for position, held in enumerate(_apportioned(changes)):
        authors = {change.author for change in held if change.author is not None} - seen_authors
        teams = {team for change in held for team in change.teams} - seen_teams
        parts.append(FactPart(summary, position, held, tuple(sorted(authors)), tuple(sorted(teams))))
        seen_authors |= authors
        seen_teams |= teams
    return tuple(parts)


def _apportioned(changes: Sequence[CarriedChange]) -> Iterator[tuple[CarriedChange, ...]]:
    held: list[CarriedChange] = []
    teams: set[str] = set()
    for change in changes:
        if held and (len(held) == PART_SIZE or len(teams | set(change.teams)) > PART_TEAMS):
            yield tuple(held)
            held, teams = [], set()
        held.append(change)
        teams.update(change.teams)
    yield tuple(held)

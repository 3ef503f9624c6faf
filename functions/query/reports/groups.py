"""Plans the groups of a report: the scopes whose cells each group sums, and the days on which they count.

Groups combine with every filter. There are no cells for a combination of team and author. On each day, however, all changes of a
person count for the teams that the person is in, so a report reads the author's cells for the days of the membership.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from leadline.domain.cells import CellScope
from leadline.domain.metrics import authors_in
from leadline.domain.people import is_stand_in
from leadline.domain.roster import Membership, Roster
from leadline.domain.windows import Window
from query.reports.reading import CellReader
from query.reports.selection import Selection, Services


def _always(day: date) -> bool:  # noqa: ARG001  counts on every day
    return True


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """One group. `on(day)`: whether the group counts the cells of that day."""

    key: str | None
    scopes: tuple[CellScope, ...]
    on: Callable[[date], bool] = _always


@dataclass(frozen=True, slots=True)
class Grouping:
    """`services`: all services, or None if the selection names its services. `deployed` and `teams`: see
    `query.reports.measures.Measure`.
    """

    by: str
    selection: Selection
    services: Services | None
    deployed: bool = True
    teams: Sequence[str] | None = None

    def scopes(self, selection: Selection, window: Window) -> tuple[CellScope, ...]:
        return tuple(selection.scopes(self.services, window, deployed=self.deployed))

    def service_names(self) -> tuple[str, ...]:
        """The names of the selected services."""
        return self.selection.services if self.selection.services is not None else tuple(self.services or ())


def plan_groups(
    grouping: Grouping, reader: CellReader, window: Window, roster: Callable[[], Roster]
) -> list[GroupPlan]:
    """The possible groups. Reads the cells of the services if that is the only way to find the authors."""
    match grouping.by:
        case "service":
            return [
                GroupPlan(name, grouping.scopes(grouping.selection.only([name]), window))
                for name in grouping.service_names()
            ]
        case "repository":
            return _by_repository(grouping, window)
        case "team":
            return _by_team(grouping, window, roster)
        case _:
            return _by_author(grouping, reader, window, roster)


def _by_repository(grouping: Grouping, window: Window) -> list[GroupPlan]:
    by_repository: dict[str | None, list[str]] = {}
    for name in grouping.service_names():
        service = (grouping.services or {}).get(name)
        by_repository.setdefault(service.repository if service else None, []).append(name)
    return [
        GroupPlan(repository, grouping.scopes(grouping.selection.only(names), window))
        for repository, names in by_repository.items()
    ]


def _by_team(grouping: Grouping, window: Window, roster: Callable[[], Roster]) -> list[GroupPlan]:
    selection = grouping.selection
    if selection.team is not None:
        return [GroupPlan(selection.team, grouping.scopes(selection, window))]
    if grouping.teams is not None:
        return [GroupPlan(team, grouping.scopes(replace(selection, team=team), window)) for team in grouping.teams]
    teams = roster().teams
    if selection.author is None:
        return [GroupPlan(team, grouping.scopes(replace(selection, team=team), window)) for team in teams]
    scopes = grouping.scopes(selection, window)
    return [
        GroupPlan(team, scopes, _while_member(members, selection.author))
        for team, members in teams.items()
        if any(member.author == selection.author for member in members)
    ]


def _by_author(grouping: Grouping, reader: CellReader, window: Window, roster: Callable[[], Roster]) -> list[GroupPlan]:
    selection = grouping.selection
    if selection.author is not None:
        return [GroupPlan(selection.author, grouping.scopes(selection, window))]
    if selection.team is not None and grouping.teams is None:
        members = roster().teams.get(selection.team, ())
        return [
            GroupPlan(author, _of_author(grouping, author, window), _while_member(members, author))
            for author in dict.fromkeys(member.author for member in members)
            if not is_stand_in(author)
        ]
    named = selection if selection.team is not None else replace(selection, services=grouping.service_names())
    authors = authors_in(numbers for _, numbers in reader.cells(grouping.scopes(named, window), window))
    return [GroupPlan(author, _of_author(grouping, author, window)) for author in sorted(authors)]


def _of_author(grouping: Grouping, author: str, window: Window) -> tuple[CellScope, ...]:
    """The author's scopes. They name the selected team if cells are stored per team; otherwise the roster decides by day."""
    team = grouping.selection.team if grouping.teams is not None else None
    return grouping.scopes(replace(grouping.selection, team=team, author=author), window)


def _while_member(members: tuple[Membership, ...], author: str) -> Callable[[date], bool]:
    memberships = [member for member in members if member.author == author]
    return lambda day: any(member.holds_on(day) for member in memberships)

"""A custom metric as a measure that reports are made of (`query.reports.measures`).

Points store the service or repository that they were sent with. Reads map a repository to its service by the rule for deployments,
so the result does not depend on the order of arrival, and no second service is created.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property

from leadline.domain.cells import AUTHOR_MARK, CellKey, CellScope
from leadline.domain.custom_metrics import CustomMetric, by_day, in_window
from leadline.domain.points import NOWHERE, PointScope, Spread, repository_in, service_in
from leadline.domain.windows import Window
from leadline.store.metrics import Metric
from leadline.store.points import read_point_cells
from leadline.store.services import Service
from leadline.store.table import Table
from query.reports.measures import Days, Numbers
from query.reports.selection import Services

_SPREAD = "spread"


class Custom:
    """`stored` returns the stored services.

    Points that name neither a service nor a repository belong to a service without a name.
    """

    deployed = False

    def __init__(self, metric: Metric, stored: Callable[[], Services]) -> None:
        self.metric = metric
        self.teams = metric.teams
        self._load = stored

    def services(self, stored: Services) -> Services:
        """The stored services, and those that only points name."""
        named: dict[str, Service] = {}
        for place in self.metric.places:
            name = owner_of(place, stored)
            if name not in stored:
                named.setdefault(name, Service(name, repository_in(place)))
        return {**stored, **named}

    def read(self, table: Table, scope: CellScope, window: Window) -> Iterator[tuple[CellKey, Numbers]]:
        for wanted in self._scopes(scope):
            for cell, spread in read_point_cells(table, self.metric.name, wanted, window):
                found = cell.scope
                if scope.author is not None and scope.team is not None and scope.team not in found.teams:
                    continue
                service = self.owners.get(found.place) if found.place is not None else None
                yield (
                    CellKey(CellScope(scope.environment, service, scope.team, scope.author), cell.day),
                    _numbers(spread),
                )

    def merge(self, cells: Iterable[tuple[date, Numbers]]) -> Days:
        days = by_day((day, numbers[_SPREAD]) for day, numbers in cells)
        return {day: _numbers(spread) for day, spread in days.items()}

    def of(self, days: Days, window: Window) -> CustomMetric:
        return CustomMetric.of(in_window(_spreads(days), window), window.days, self.metric.definition)

    def counted(self, days: Days, window: Window) -> bool:
        return in_window(_spreads(days), window).n > 0

    def _scopes(self, scope: CellScope) -> Iterable[PointScope]:
        if scope.author is not None:
            return [PointScope(scope.environment, author=scope.author)]
        if scope.service is None:
            return [PointScope(scope.environment, team=scope.team)]
        places = [place for place, owner in self.owners.items() if owner == scope.service]
        return [PointScope(scope.environment, place, scope.team) for place in places]

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """The service of each of the metric's places. Stored services are read only where needed."""
        by_repository = any(repository_in(place) is not None for place in self.metric.places)
        stored = self._load() if by_repository else {}
        return {place: owner_of(place, stored) for place in self.metric.places}


def owner_of(place: str, stored: Services) -> str:
    """The service of a place's points: for a repository, the service that its deployments get (`leadline.store.resolving`)."""
    repository = repository_in(place)
    if repository is None:
        return service_in(place) or NOWHERE
    tied = [name for name, service in stored.items() if service.repository == repository]
    usual = (repository.rpartition("/")[2], repository)
    if len(tied) == 1 and tied[0] not in usual:
        return tied[0]
    for name in usual:
        if name not in stored or name in tied or stored[name].unclaimed:
            return name
    return place  # both names belong to other repositories: keep it apart


def _numbers(spread: Spread) -> Numbers:
    return {_SPREAD: spread, **{AUTHOR_MARK + author: count for author, count in spread.authors.items()}}


def _spreads(days: Days) -> dict[date, Spread]:
    return {day: numbers[_SPREAD] for day, numbers in days.items()}

"""Reports: metrics of what the filters leave, for a window and the one before, divided by days and groups; from cells alone.

One computation behind every shape in which numbers are answered: JSON, CSV, panels of a dashboard and the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Generic, TypeVar

from leadline.domain.people import is_stand_in
from leadline.domain.windows import Interval, Window
from leadline.store.configuration import OrganisationSettings
from leadline.store.services import Service, service_key
from query.reports.filters import Filters, ReportQuery
from query.reports.groups import Grouping, plan_groups
from query.reports.measures import Days, Measure
from query.reports.reading import CellReader
from query.reports.selection import Selection, Services, all_services, of_repositories
from query.visibility.key_scope import check_filters, within
from query.visibility.people import check_individuals
from query.web.request import Request

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class GroupReport(Generic[M]):
    """One group; `key` is None for services that are tied to no repository. `days`: its numbers in the window."""

    key: str | None
    metrics: M
    days: Days


@dataclass(frozen=True, slots=True)
class Report(Generic[M]):
    """`days`: the numbers of both windows. `series` is None without an interval, `groups` without a grouping."""

    asked: ReportQuery
    timezone: str
    days: Days
    metrics: M
    previous: M
    series: Sequence[tuple[Window, M]] | None
    groups: Sequence[GroupReport[M]] | None


class Reports(Generic[M]):
    """The reports of one measure that a request asks for: what several need is read once. Not shared between threads."""

    def __init__(self, request: Request, measure: Measure[M], stored: Callable[[], Services] | None = None) -> None:
        """`stored` gives the services that are stored, where others need them too."""
        self._request = request
        self._stored = stored or partial(all_services, request.table)
        self._own: dict[str, tuple[str, ...]] = {}
        self._measure = measure
        self._reader = CellReader(request.table, measure)

    @cached_property
    def organisation(self) -> OrganisationSettings:
        return self._request.organisation()

    @cached_property
    def _services(self) -> Services:
        """All that the request's key reaches."""
        return within(self._request, self._measure.services(self._stored()))

    def check(self, filters: Filters) -> None:
        """Raises Problem (403) where the filters name what is beyond the key, or a person although nothing is told by author."""
        if filters.author is not None:
            check_individuals(self.organisation)
        if self._request.limits:
            check_filters(self._request, self._services, filters.services, filters.repositories)

    def report(self, asked: ReportQuery) -> Report[M]:
        """One query of the table for a service's usual report, whatever the number of its deployments.

        Raises Problem: 400 where it would take too many, 403 where it asks for what is beyond the key.
        """
        window, span = asked.window, asked.span
        grouping = self._grouping(asked)
        days = self._measure.merge(self._reader.cells(grouping.scopes(grouping.selection, span), span))
        return Report(
            asked,
            self.organisation.timezone,
            days,
            self._measure.of(days, window),
            self._measure.of(days, window.previous()),
            list(self.series(days, window, asked.interval)) if asked.interval else None,
            self._groups(grouping, window) if asked.group_by else None,
        )

    def fetch(self, wanted: Sequence[ReportQuery]) -> None:
        """Reads what these reports are made of side by side, each scope once for the widest of its windows."""
        spans: dict[Window, list[ReportQuery]] = {}
        for asked in sorted(wanted, key=lambda asked: asked.span.days, reverse=True):
            spans.setdefault(asked.span, []).append(asked)
        for span, those in spans.items():
            groupings = [self._grouping(asked) for asked in those]
            self._reader.fetch((scope for one in groupings for scope in one.scopes(one.selection, span)), span)

    def series(self, days: Days, window: Window, interval: Interval) -> Iterator[tuple[Window, M]]:
        """The metrics of each part of the window."""
        for part in window.split(interval):
            wanted = (part.start + timedelta(days=offset) for offset in range(part.days))
            yield part, self._measure.of({day: days[day] for day in wanted if day in days}, part)

    def _grouping(self, asked: ReportQuery) -> Grouping:
        request = self._request
        if asked.filters.author is not None or asked.group_by == "author":
            check_individuals(self.organisation)
        services: Services | None = None
        if request.limits or _needs_services(asked, own=bool(self.organisation.own_production)):
            services = self._services
            check_filters(request, services, asked.filters.services, asked.filters.repositories)
        selection = self._selection(asked.filters, services)
        if request.limits and services is not None:
            selection = selection.only(services)
        return Grouping(asked.group_by or "", selection, services, self._measure.deployed, self._measure.teams)

    def _selection(self, filters: Filters, services: Services | None) -> Selection:
        selection = Selection(
            environments=filters.environments or self.organisation.production,
            services=filters.services or None,
            team=filters.team,
            author=filters.author,
            own=self._own_production(filters, services),
        )
        if filters.nothing or (filters.author is not None and is_stand_in(filters.author)):
            return selection.only([])
        if filters.repositories and services is not None:
            return selection.only(of_repositories(services, filters.repositories))
        return selection

    def _own_production(self, filters: Filters, services: Services | None) -> dict[str, tuple[str, ...]]:
        """The production environments of services that have their own. Where all services are known already it costs nothing."""
        if filters.environments:
            return {}
        if services is not None:
            return {name: service.production for name, service in services.items() if service.production}
        names = [name for name in self.organisation.own_production if name in filters.services]
        keys = [service_key(name) for name in names if name not in self._own]
        found = map(Service.from_item, self._request.table.get(keys).values() if keys else ())
        self._own |= dict.fromkeys(names, ()) | self._own | {service.name: service.production for service in found}
        return {name: self._own[name] for name in names if self._own[name]}

    def _groups(self, grouping: Grouping, window: Window) -> list[GroupReport[M]]:
        measure, reader = self._measure, self._reader
        groups = plan_groups(grouping, reader, window, self._request.reach.configuration.roster)
        reader.fetch((scope for group in groups for scope in group.scopes), window)
        found: list[GroupReport[M]] = []
        for group in groups:
            cells = reader.cells(group.scopes, window)
            days = measure.merge((day, numbers) for day, numbers in cells if group.on(day))
            if measure.counted(days, window):
                found.append(GroupReport(group.key, measure.of(days, window), days))
        return sorted(found, key=lambda group: (group.key is None, group.key or ""))


def _needs_services(asked: ReportQuery, *, own: bool) -> bool:
    """The list of services costs a query: only for what can't be told without it. `own`: some have production of their own."""
    filters, group_by = asked.filters, asked.group_by
    if filters.repositories or group_by == "repository":
        return True
    if own and not filters.services and not filters.environments:
        return True
    one_person_or_team = filters.team is not None or filters.author is not None
    return not filters.services and (group_by == "service" or (group_by == "author" and not one_person_or_team))

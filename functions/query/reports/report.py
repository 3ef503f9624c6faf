"""Reports: the metrics of the selected scopes for a window and the previous one, optionally with series and groups.

Reports read cells only, never single deployments. JSON, CSV, rows, gauges, badges and dashboards all use this computation.
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
from query.http.request import Request
from query.reports.filters import Filters, ReportQuery
from query.reports.groups import Grouping, plan_groups
from query.reports.measures import Days, Measure
from query.reports.reading import CellReader
from query.reports.selection import Selection, Services, all_services, of_repositories
from query.visibility.key_scope import check_filters, within
from query.visibility.people import check_individuals

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class GroupReport(Generic[M]):
    """One group; `key` is None for services without a repository. `days`: its numbers in the window."""

    key: str | None
    metrics: M
    days: Days


@dataclass(frozen=True, slots=True)
class MetricsReport(Generic[M]):
    """`days`: the numbers of both windows. `series` is None without an interval, `groups` without `group_by`."""

    query: ReportQuery
    timezone: str
    days: Days
    metrics: M
    previous: M
    series: Sequence[tuple[Window, M]] | None
    groups: Sequence[GroupReport[M]] | None


class Reports(Generic[M]):
    """The reports of one measure for one request. Cells that several reports need are read once. Not thread-safe."""

    def __init__(self, request: Request, measure: Measure[M], stored: Callable[[], Services] | None = None) -> None:
        """`stored` loads the services; pass it to share the loaded services with other reports."""
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
        """The services within the limits of the key."""
        return within(self._request, self._measure.services(self._stored()))

    def check(self, filters: Filters) -> None:
        """Raises Problem (403) for filters beyond the limits of the key, or for an author if people are switched off."""
        if filters.author is not None:
            check_individuals(self.organisation)
        if self._request.limits:
            check_filters(self._request, self._services, filters.services, filters.repositories)

    def report(self, query: ReportQuery) -> MetricsReport[M]:
        """The report. For one service it usually takes one query, regardless of the number of deployments.

        Raises Problem: 400 if it needs too many reads, 403 if it is beyond the limits of the key.
        """
        window, span = query.window, query.span
        grouping = self._grouping(query)
        days = self._measure.merge(self._reader.cells(grouping.scopes(grouping.selection, span), span))
        return MetricsReport(
            query,
            self.organisation.timezone,
            days,
            self._measure.of(days, window),
            self._measure.of(days, window.previous()),
            list(self.series(days, window, query.interval)) if query.interval else None,
            self._groups(grouping, window) if query.group_by else None,
        )

    def fetch(self, queries: Sequence[ReportQuery]) -> None:
        """Reads the cells of these reports in parallel, each scope once for the widest window."""
        spans: dict[Window, list[ReportQuery]] = {}
        for query in sorted(queries, key=lambda query: query.span.days, reverse=True):
            spans.setdefault(query.span, []).append(query)
        for span, same_span in spans.items():
            groupings = [self._grouping(query) for query in same_span]
            self._reader.fetch(
                (scope for grouping in groupings for scope in grouping.scopes(grouping.selection, span)), span
            )

    def series(self, days: Days, window: Window, interval: Interval) -> Iterator[tuple[Window, M]]:
        """The metrics of each part of the window."""
        for part in window.split(interval):
            wanted = (part.start + timedelta(days=offset) for offset in range(part.days))
            yield part, self._measure.of({day: days[day] for day in wanted if day in days}, part)

    def _grouping(self, query: ReportQuery) -> Grouping:
        request = self._request
        if query.filters.author is not None or query.group_by == "author":
            check_individuals(self.organisation)
        services: Services | None = None
        if request.limits or _needs_services(query, own=bool(self.organisation.own_production)):
            services = self._services
            check_filters(request, services, query.filters.services, query.filters.repositories)
        selection = self._selection(query.filters, services)
        if request.limits and services is not None:
            selection = selection.only(services)
        return Grouping(query.group_by or "", selection, services, self._measure.deployed, self._measure.teams)

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
        """The production environments of services that override the organisation's. No read if `services` are given."""
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


def _needs_services(query: ReportQuery, *, own: bool) -> bool:
    """Whether the report needs the list of services, which costs a query. `own`: some services have own production environments."""
    filters, group_by = query.filters, query.group_by
    if filters.repositories or group_by == "repository":
        return True
    if own and not filters.services and not filters.environments:
        return True
    one_person_or_team = filters.team is not None or filters.author is not None
    return not filters.services and (group_by == "service" or (group_by == "author" and not one_person_or_team))

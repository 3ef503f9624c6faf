"""The numbers of a dashboard's panels: one source for DORA's metrics, one for each custom metric.

A source makes each different report once, from cells that are read together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from leadline.domain.custom_metrics import CustomMetricDefinition
from leadline.domain.windows import Interval, Window
from leadline.http.problems import Problem
from query.dashboards.schemas import Panel
from query.http.request import Request
from query.reports.custom_measure import Custom
from query.reports.custom_metrics import reached_metric
from query.reports.filters import ReportQuery
from query.reports.measures import Days
from query.reports.report import MetricsReport, Reports
from query.reports.selection import all_services
from query.reports.statistics import CUSTOM, DORA_WITH_COVERAGE, Value, custom_unit, statistics_of


class Source:
    """The reports of one measure, each kept until it is released. `definition`: a custom metric's, None for DORA's."""

    def __init__(self, reports: Reports[Any], definition: CustomMetricDefinition | None = None) -> None:
        self.reports = reports
        self._definition = definition
        self._made: dict[ReportQuery, MetricsReport[Any]] = {}
        self._divided: dict[ReportQuery, dict[tuple[int, Interval], list[tuple[Window, Any]]]] = {}

    def values(self, panel: Panel) -> tuple[Value, ...]:
        """The values that a panel shows, with units."""
        values = (statistics_of(panel["metric"]) or {})[panel["statistic"]]
        if self._definition is None:
            return values
        return tuple(replace(value, unit=custom_unit(self._definition, panel["statistic"])) for value in values)

    def prepare(self, wanted: Sequence[ReportQuery]) -> None:
        """Reads the cells of these reports side by side."""
        try:
            self.reports.fetch(wanted)
        except Problem:
            return  # too many together: each is then read, or refused, by itself

    def report(self, query: ReportQuery) -> MetricsReport[Any]:
        """Raises Problem: 400, 403."""
        if query not in self._made:
            self._made[query] = self.reports.report(query)
        return self._made[query]

    def series(self, query: ReportQuery, days: Days, interval: Interval) -> list[tuple[Window, Any]]:
        """The metrics of each part of the window. `days`: those of the report, or of one of its groups."""
        divided = self._divided.setdefault(query, {})
        key = (id(days), interval)  # the report is kept, so no other days get this id
        if key not in divided:
            divided[key] = list(self.reports.series(days, query.window, interval))
        return divided[key]

    def release(self, query: ReportQuery) -> None:
        """Drops a report that no other panel needs."""
        self._made.pop(query, None)
        self._divided.pop(query, None)


class Sources:
    """The sources of one request, each made once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._services = cache(partial(all_services, request.table))
        self._made: dict[str, Source | Problem] = {}

    def of(self, metric: str) -> Source:
        """The source of a metric's numbers. Raises Problem (404) for an unknown custom metric."""
        name = metric.removeprefix(CUSTOM) if metric.startswith(CUSTOM) else ""
        if name not in self._made:
            self._made[name] = self._make(name)
        made = self._made[name]
        if isinstance(made, Problem):
            raise made
        return made

    def made(self) -> list[Source]:
        """The sources of known metrics."""
        return [made for made in self._made.values() if isinstance(made, Source)]

    def _make(self, name: str) -> Source | Problem:
        if not name:
            return Source(Reports(self._request, DORA_WITH_COVERAGE, self._services))
        try:
            metric = reached_metric(self._request, name)
        except Problem as problem:
            return problem
        return Source(Reports(self._request, Custom(metric, self._services), self._services), metric.definition)

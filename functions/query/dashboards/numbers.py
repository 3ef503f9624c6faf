"""Where a dashboard's panels have their numbers from: one source for DORA's metrics, one for each custom metric.

A source makes each different report once, of cells that are read together.
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
from query.reports.custom_measure import Custom
from query.reports.custom_metrics import reached_metric
from query.reports.filters import ReportQuery
from query.reports.measures import Days
from query.reports.report import Report, Reports
from query.reports.selection import all_services
from query.reports.statistics import CUSTOM, DORA_WITH_COVERAGE, Value, custom_unit, statistics_of
from query.web.request import Request


class Source:
    """The reports of one measure, each held until it is forgotten. `definition`: a custom metric's, None for DORA's. They are
    asked for without interval."""

    def __init__(self, reports: Reports[Any], definition: CustomMetricDefinition | None = None) -> None:
        self.reports = reports
        self._definition = definition
        self._made: dict[ReportQuery, Report[Any]] = {}
        self._divided: dict[ReportQuery, dict[tuple[int, Interval], list[tuple[Window, Any]]]] = {}

    def values(self, panel: Panel) -> tuple[Value, ...]:
        """What a panel shows, with units."""
        values = (statistics_of(panel["metric"]) or {})[panel["statistic"]]
        if self._definition is None:
            return values
        return tuple(replace(value, unit=custom_unit(self._definition, panel["statistic"])) for value in values)

    def prepare(self, wanted: Sequence[ReportQuery]) -> None:
        """Reads what these reports are made of side by side."""
        try:
            self.reports.fetch(wanted)
        except Problem:
            return  # too many together: then each is read, or refused, by itself

    def report(self, asked: ReportQuery) -> Report[Any]:
        """Raises Problem: 400, 403."""
        if asked not in self._made:
            self._made[asked] = self.reports.report(asked)
        return self._made[asked]

    def series(self, asked: ReportQuery, days: Days, interval: Interval) -> list[tuple[Window, Any]]:
        """What is told of each part of the window; `days`: those of the report, or of a group of it."""
        divided = self._divided.setdefault(asked, {})
        key = (id(days), interval)  # the report is held, so no other days get this id
        if key not in divided:
            divided[key] = list(self.reports.series(days, asked.window, interval))
        return divided[key]

    def forget(self, asked: ReportQuery) -> None:
        """Lets go of a report that nothing else is made of."""
        self._made.pop(asked, None)
        self._divided.pop(asked, None)


class Sources:
    """The sources of one request, each made once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._services = cache(partial(all_services, request.table))
        self._made: dict[str, Source | Problem] = {}

    def of(self, metric: str) -> Source:
        """The source of a metric's numbers. Raises Problem (404) where there is no such custom metric."""
        name = metric.removeprefix(CUSTOM) if metric.startswith(CUSTOM) else ""
        if name not in self._made:
            self._made[name] = self._make(name)
        made = self._made[name]
        if isinstance(made, Problem):
            raise made
        return made

    def made(self) -> list[Source]:
        """Those that could be made."""
        return [made for made in self._made.values() if isinstance(made, Source)]

    def _make(self, name: str) -> Source | Problem:
        if not name:
            return Source(Reports(self._request, DORA_WITH_COVERAGE, self._services))
        try:
            metric = reached_metric(self._request, name)
        except Problem as problem:
            return problem
        return Source(Reports(self._request, Custom(metric, self._services), self._services), metric.definition)

"""GET /v1/dashboards/{dashboard}/data: the numbers of all panels, from one reading of the cells.

Panels that differ in what they show only share a report. A panel that can't be answered says why in its place, as a request for
it alone would, and the others have their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadline.domain.windows import Interval, Window
from leadline.problems import Fault, Problem
from query.dashboard_answers import Dashboard, DashboardData, Panel, PanelData, PanelPoint, PanelProblem
from query.dashboard_definition import filters_of, recent_window, values_of
from query.dashboards import found
from query.dora import window_answer
from query.filters import Asked, Filters
from query.measures import Days
from query.parameters import AUTHOR, ENVIRONMENT, FROM, REPOSITORY, SERVICE, TEAM, TO
from query.period import window_or
from query.refusal import Refused
from query.reports import Report, Reports
from query.request import Request
from query.statistics import DORA_WITH_COVERAGE, Value

PARAMETERS = (FROM, TO, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, AUTHOR)


def dashboard_data(request: Request) -> DashboardData:
    """The panels for the dashboard's window, or for the days that are asked for; filters narrow what the panels show.

    Raises Problem: 400, 403, 404.
    """
    sent = request.sent
    sent.faults.check_query()
    dashboard = found(request)
    reports = Reports(request, DORA_WITH_COVERAGE)
    organisation = reports.organisation
    window = window_or(sent, recent_window(dashboard["window"], organisation.calendar.day_of(request.now)))
    filters = Filters.read(sent)
    sent.faults.check_query()
    reports.check(filters)
    return {
        "id": dashboard["id"],
        "name": dashboard["name"],
        "window": window_answer(window, organisation.timezone),
        "previous": window_answer(window.previous(), organisation.timezone),
        "panels": _panels(dashboard, reports, window, filters),
    }


def _panels(dashboard: Dashboard, reports: Reports[Any], window: Window, filters: Filters) -> list[PanelData]:
    asked: dict[str, Asked | Problem] = {}
    for panel in dashboard["panels"]:
        try:
            joined = filters_of(panel["filters"]).joined(filters_of(dashboard["filters"])).joined(filters)
            reports.check(joined)
            asked[panel["id"]] = Asked(window, joined, None, panel["group_by"])
        except Refused as refused:
            asked[panel["id"]] = _contradiction(refused)
        except Problem as problem:
            asked[panel["id"]] = problem
    numbers = _Numbers(reports, [one for one in asked.values() if isinstance(one, Asked)])
    return [_panel(panel, asked[panel["id"]], numbers) for panel in dashboard["panels"]]


class _Numbers:
    """Reports of several panels: each made once, of cells that are read together. Its panels ask for them without interval."""

    def __init__(self, reports: Reports[Any], wanted: Sequence[Asked]) -> None:
        self._reports = reports
        self._made: dict[Asked, Report[Any]] = {}
        self._divided: dict[tuple[int, Interval], list[tuple[Window, Any]]] = {}
        try:
            reports.fetch(wanted)
        except Problem:
            return  # too many together: then each is read, or refused, by itself

    def report(self, asked: Asked) -> Report[Any]:
        """Raises Problem: 400, 403."""
        if asked not in self._made:
            self._made[asked] = self._reports.report(asked)
        return self._made[asked]

    def series(self, days: Days, window: Window, interval: Interval) -> list[tuple[Window, Any]]:
        """What is told of each part of the window; `days`: those of one of the reports, or of a group of it."""
        key = (id(days), interval)  # the reports are kept, so no other days get this id
        if key not in self._divided:
            self._divided[key] = list(self._reports.series(days, window, interval))
        return self._divided[key]


def _panel(panel: Panel, asked: Asked | Problem, numbers: _Numbers) -> PanelData:
    """The panel with its numbers, or with the problem that there is."""
    if isinstance(asked, Problem):
        return _answer(panel, filters_of(panel["filters"]), asked)
    try:
        report = numbers.report(asked)
    except Problem as problem:
        return _answer(panel, asked.filters, problem)
    shown, interval = values_of(panel), panel["interval"]
    answer = _answer(panel, asked.filters, None)
    answer["values"] = [
        {
            "name": value.name,
            "unit": value.unit,
            "value": value.of(report.metrics),
            "previous": value.of(report.previous),
        }
        for value in shown
    ]
    if interval:
        answer["series"] = _points(shown, numbers.series(report.days, asked.window, interval))
    if report.groups is not None:
        answer["groups"] = [{"key": group.key, "values": _all(shown, group.metrics)} for group in report.groups]
        if interval:
            for entry, group in zip(answer["groups"], report.groups, strict=True):
                entry["series"] = _points(shown, numbers.series(group.days, asked.window, interval))
    return answer


def _points(shown: Sequence[Value], parts: Sequence[tuple[Window, Any]]) -> list[PanelPoint]:
    return [
        {"from": part.start.isoformat(), "to": part.end.isoformat(), "values": _all(shown, told)}
        for part, told in parts
    ]


def _all(shown: Sequence[Value], told: Any) -> list[float | None]:
    return [value.of(told) for value in shown]


def _answer(panel: Panel, filters: Filters, problem: Problem | None) -> PanelData:
    """The panel as it is defined, with the filters that it is under, and without numbers."""
    error: PanelProblem | None = problem.body() if problem is not None else None  # type: ignore[assignment]
    return {
        "id": panel["id"],
        "title": panel["title"],
        "metric": panel["metric"],
        "statistic": panel["statistic"],
        "visual": panel["visual"],
        "interval": panel["interval"],
        "group_by": panel["group_by"],
        "filters": None if filters.nothing else filters.answer(),
        "values": [],
        "error": error,
    }


def _contradiction(refused: Refused) -> Problem:
    """What would be answered, were it asked for with all these filters."""
    fault: Fault = {"pointer": "?team", "code": refused.code, "detail": refused.detail}
    return Problem(400, "Invalid query", "The filters of panel, dashboard and request can't be combined.", [fault])

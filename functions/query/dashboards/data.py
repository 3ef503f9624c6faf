"""GET /v1/dashboards/{dashboard}/data: the numbers of all panels, from one reading of the cells.

Panels that differ in what they show only share a report. A panel that can't be answered says why in its place, as a request for
it alone would, and the others have their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadline.domain.points import NOWHERE
from leadline.domain.windows import Interval, Window
from leadline.problems import Fault, Problem
from query.dashboards.answers import Dashboard, DashboardData, Panel, PanelData, PanelGroup, PanelPoint, PanelProblem
from query.dashboards.dashboards import found
from query.dashboards.definition import filters_of, recent_window
from query.dashboards.numbers import Source, Sources
from query.reports.dora import window_answer
from query.reports.filters import Asked, Filters
from query.reports.period import window_or
from query.reports.report import GroupReport
from query.reports.statistics import Value
from query.web.parameters import AUTHOR, ENVIRONMENT, FROM, REPOSITORY, SERVICE, TEAM, TO
from query.web.refusal import Refused
from query.web.request import Request

PARAMETERS = (FROM, TO, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, AUTHOR)


def dashboard_data(request: Request) -> DashboardData:
    """The panels for the dashboard's window, or for the days that are asked for; filters narrow what the panels show.

    Raises Problem: 400, 403, 404.
    """
    sent = request.sent
    filters = Filters.read(sent)
    sent.faults.check_query()
    dashboard, organisation = found(request), request.organisation()
    window = window_or(sent, recent_window(dashboard["window"], organisation.calendar.day_of(request.now)))
    sent.faults.check_query()
    return {
        "id": dashboard["id"],
        "name": dashboard["name"],
        "window": window_answer(window, organisation.timezone),
        "previous": window_answer(window.previous(), organisation.timezone),
        "panels": _panels(dashboard, Sources(request), window, filters),
    }


def _panels(dashboard: Dashboard, sources: Sources, window: Window, filters: Filters) -> list[PanelData]:
    asked: list[tuple[Source, Asked] | Problem] = []
    for panel in dashboard["panels"]:
        try:
            joined = filters_of(panel["filters"]).joined(filters_of(dashboard["filters"])).joined(filters)
            source = sources.of(panel["metric"])
            asked.append((source, Asked(window, joined, None, panel["group_by"])))
        except Refused as refused:
            asked.append(_contradiction(refused))
        except Problem as problem:
            asked.append(problem)
    _check(sources, filters)
    for source in sources.made():
        source.prepare([one[1] for one in asked if isinstance(one, tuple) and one[0] is source])
    return [_panel(panel, one) for panel, one in zip(dashboard["panels"], asked, strict=True)]


def _check(sources: Sources, filters: Filters) -> None:
    """Raises Problem (403) where the request itself names what is beyond the key, by whatever is counted."""
    refused: list[Problem] = []
    for source in sources.made():
        try:
            source.reports.check(filters)
        except Problem as problem:
            refused.append(problem)
    if refused and len(refused) == len(sources.made()):
        raise refused[0]


def _panel(panel: Panel, asked: tuple[Source, Asked] | Problem) -> PanelData:
    """The panel with its numbers, or with the problem that there is."""
    if isinstance(asked, Problem):
        return _answer(panel, filters_of(panel["filters"]), asked)
    source, question = asked
    try:
        report = source.report(question)
    except Problem as problem:
        return _answer(panel, question.filters, problem)
    shown, interval = source.values(panel), panel["interval"]
    answer = _answer(panel, question.filters, None)
    answer["values"] = [
        {
            "name": value.name,
            "unit": value.unit or None,
            "value": value.of(report.metrics),
            "previous": value.of(report.previous),
        }
        for value in shown
    ]
    if interval:
        answer["series"] = _points(shown, source.series(report.days, question.window, interval))
    if report.groups is not None:
        groups = [_group(shown, source, group, question.window, interval) for group in report.groups]
        answer["groups"] = sorted(groups, key=lambda group: (group["key"] is None, group["key"] or ""))
    return answer


def _group(
    shown: Sequence[Value], source: Source, group: GroupReport[Any], window: Window, interval: Interval | None
) -> PanelGroup:
    key = None if group.key == NOWHERE else group.key
    answer: PanelGroup = {"key": key, "values": _all(shown, group.metrics)}
    if interval:
        answer["series"] = _points(shown, source.series(group.days, window, interval))
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

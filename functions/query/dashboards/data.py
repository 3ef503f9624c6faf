"""GET /v1/dashboards/{dashboard}/data: the numbers of all panels, from one reading of the cells.

Panels that differ only in what they show share a report. A panel that can't be answered has the problem in its place, as a request
for it alone would, and the others have their numbers. So does a panel with too many numbers: all panels together must fit into one
answer (`query.http.answer_size`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadline.contract.invalid_value import Fault, InvalidValue
from leadline.domain.points import NOWHERE
from leadline.domain.windows import Interval, Window
from leadline.http.problems import Problem
from query.dashboards.dashboards import found
from query.dashboards.definition import filters_of, recent_window
from query.dashboards.numbers import Source, Sources
from query.dashboards.schemas import Dashboard, DashboardData, Panel, PanelData, PanelGroup, PanelPoint, PanelProblem
from query.http.answer_size import bytes_of, too_wide
from query.http.parameters import AUTHOR, ENVIRONMENT, FROM, REPOSITORY, SERVICE, TEAM, TO
from query.http.request import Request
from query.reports.dora import window_answer
from query.reports.filters import Filters, ReportQuery
from query.reports.period import window_or
from query.reports.report import GroupReport
from query.reports.statistics import Value

PARAMETERS = (FROM, TO, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, AUTHOR)

MAX_BYTES = 5_000_000
"""Of all panels in an answer. Each has an equal share, 208 KB of 24 panels, some 3,000 points of one value: what a panel shows
never depends on the others. The same bound holds with gzip, since it bounds memory and time too."""

_TOO_MANY = (
    "The panel has too many numbers: choose fewer days, a coarser interval, or fewer groups by a filter. In a dashboard of "
    "fewer panels, each may have more."
)


def dashboard_data(request: Request) -> DashboardData:
    """The panels for the dashboard's window, or for the requested days. Filters narrow what the panels show.

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
    queries: list[tuple[Source, ReportQuery] | Problem] = []
    for panel in dashboard["panels"]:
        try:
            joined = filters_of(panel["filters"]).combined_with(filters_of(dashboard["filters"])).combined_with(filters)
            source = sources.of(panel["metric"])
            queries.append((source, ReportQuery(window, joined, None, panel["group_by"])))
        except InvalidValue as invalid:
            queries.append(_contradiction(invalid))
        except Problem as problem:
            queries.append(problem)
    _check_filters(sources, filters)
    for source in sources.made():
        source.prepare([one[1] for one in queries if isinstance(one, tuple) and one[0] is source])
    answers: list[PanelData] = []
    for place, (panel, one) in enumerate(zip(dashboard["panels"], queries, strict=True), 1):
        answers.append(_answer_panel(panel, one, MAX_BYTES // len(queries)))
        if isinstance(one, tuple) and one not in queries[place:]:
            one[0].release(one[1])
    return answers


def _check_filters(sources: Sources, filters: Filters) -> None:
    """Raises Problem (403) where the request's own filters are beyond the key for every metric."""
    refused: list[Problem] = []
    for source in sources.made():
        try:
            source.reports.check(filters)
        except Problem as problem:
            refused.append(problem)
    if refused and len(refused) == len(sources.made()):
        raise refused[0]


def _answer_panel(panel: Panel, query: tuple[Source, ReportQuery] | Problem, most: int) -> PanelData:
    """The panel with its numbers, or with its problem. `most`: the bytes that it may take of the answer."""
    if isinstance(query, Problem):
        return _without_numbers(panel, filters_of(panel["filters"]), query)
    source, question = query
    try:
        return _with_numbers(panel, source, question, most)
    except Problem as problem:
        return _without_numbers(panel, question.filters, problem)


def _with_numbers(panel: Panel, source: Source, query: ReportQuery, most: int) -> PanelData:
    """Raises Problem: 400, 403; 422 where there are too many numbers."""
    report = source.report(query)
    shown, interval = source.values(panel), panel["interval"]
    answer = _without_numbers(panel, query.filters, None)
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
        answer["series"] = _points(shown, source.series(query, report.days, interval))
    left = most - bytes_of(answer)
    groups: list[PanelGroup] = []
    for group in report.groups or ():
        if left < 0:
            break  # the panel is refused anyway
        groups.append(_group(shown, source, query, group, interval))
        left -= bytes_of(groups[-1]) + len(",")
    if left < 0:
        raise too_wide(_TOO_MANY)
    if report.groups is not None:
        answer["groups"] = sorted(groups, key=lambda group: (group["key"] is None, group["key"] or ""))
    return answer


def _group(
    shown: Sequence[Value], source: Source, query: ReportQuery, group: GroupReport[Any], interval: Interval | None
) -> PanelGroup:
    key = None if group.key == NOWHERE else group.key
    answer: PanelGroup = {"key": key, "values": _values(shown, group.metrics)}
    if interval:
        answer["series"] = _points(shown, source.series(query, group.days, interval))
    return answer


def _points(shown: Sequence[Value], parts: Sequence[tuple[Window, Any]]) -> list[PanelPoint]:
    return [
        {"from": part.start.isoformat(), "to": part.end.isoformat(), "values": _values(shown, metrics)}
        for part, metrics in parts
    ]


def _values(shown: Sequence[Value], metrics: Any) -> list[float | None]:
    return [value.of(metrics) for value in shown]


def _without_numbers(panel: Panel, filters: Filters, problem: Problem | None) -> PanelData:
    """The panel as defined, with its effective filters, without numbers."""
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


def _contradiction(invalid: InvalidValue) -> Problem:
    """The problem that a request with all these filters would get."""
    fault: Fault = {"pointer": "?team", "code": invalid.code, "detail": invalid.detail}
    return Problem(400, "Invalid query", "The filters of panel, dashboard and request can't be combined.", [fault])

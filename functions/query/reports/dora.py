"""GET /v1/metrics/dora: the DORA metrics of everything the filters select."""

from __future__ import annotations

from leadline.contract.metrics_catalogue import Metrics
from leadline.domain.levels import EDITIONS
from leadline.domain.metrics import Coverage, Tally
from leadline.domain.windows import Window
from query.http.parameters import choice
from query.http.request import Request
from query.reports.filters import REPORT_PARAMETERS, Filters, ReportQuery
from query.reports.levels import levels_answer
from query.reports.measures import DORA
from query.reports.period import read_window
from query.reports.report import MetricsReport, Reports
from query.schemas import DoraReport, ReportWindow

LEVELS = choice("levels", "Adds performance levels, as published in the DORA report of the given year.", *EDITIONS)
PARAMETERS = (*REPORT_PARAMETERS, LEVELS)


def dora_report(request: Request) -> DoraReport:
    """The report for the query string. Raises Problem: 400, 403."""
    sent = request.sent
    reports = Reports(request, DORA)
    window = read_window(sent, reports.organisation.calendar, request.now)
    filters = Filters.read(sent)
    sent.faults.check_query()
    report = reports.report(ReportQuery(window, filters, sent.one("interval"), sent.one("group_by")))
    answer = dora_answer(report)
    if edition := sent.one("levels"):
        answer["levels"] = levels_answer(edition, report.metrics)
    return answer


def dora_answer(report: MetricsReport[Metrics]) -> DoraReport:
    """The report as JSON."""
    window = report.query.window
    answer: DoraReport = {
        "window": window_answer(window, report.timezone),
        "filters": report.query.filters.answer(),
        "metrics": report.metrics,
        "coverage": Coverage.of(Tally.of(report.days, window)),
        "previous": {"window": window_answer(window.previous(), report.timezone), "metrics": report.previous},
    }
    if report.series is not None:
        answer["series"] = [
            {"from": part.start.isoformat(), "to": part.end.isoformat(), "metrics": metrics}
            for part, metrics in report.series
        ]
    if report.groups is not None:
        answer["groups"] = [{"key": group.key, "metrics": group.metrics} for group in report.groups]
    return answer


def window_answer(window: Window, timezone: str) -> ReportWindow:
    """A window as every report shows it."""
    return {
        "from": window.start.isoformat(),
        "to": window.end.isoformat(),
        "days": window.days,
        "timezone": timezone,
    }

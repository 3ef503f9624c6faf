"""GET /v1/metrics/custom/{name}: a custom metric's numbers, with the windows, filters and groups of DORA's metrics."""

from __future__ import annotations

from functools import partial

from leadline.domain.custom_metrics import CustomMetric
from leadline.domain.points import NOWHERE
from leadline.store.metrics import Metric
from query.custom.schemas import CustomMetricConfiguration, CustomMetricGroup, CustomMetricReport
from query.http.request import Request
from query.reports.custom_measure import Custom
from query.reports.custom_metrics import reached_metric
from query.reports.dora import window_answer
from query.reports.filters import REPORT_PARAMETERS, Filters, ReportQuery
from query.reports.period import read_window
from query.reports.report import MetricsReport, Reports
from query.reports.selection import all_services

PARAMETERS = REPORT_PARAMETERS


def custom_report(request: Request) -> CustomMetricReport:
    """The report of the query string. Raises Problem: 400, 403, 404."""
    sent = request.sent
    window = read_window(sent, request.calendar(), request.now)
    filters = Filters.read(sent)
    sent.faults.check_query()
    measure = measure_of(request, request.name)
    query = ReportQuery(window, filters, sent.one("interval"), sent.one("group_by"))
    return custom_answer(Reports(request, measure).report(query), measure.metric)


def measure_of(request: Request, name: str) -> Custom:
    """The measure that reports of this metric are made with. Raises Problem (404) where there is no such metric."""
    return Custom(reached_metric(request, name), partial(all_services, request.table))


def custom_answer(report: MetricsReport[CustomMetric], metric: Metric) -> CustomMetricReport:
    """The report as the API shows it."""
    window = report.query.window
    answer: CustomMetricReport = {
        "window": window_answer(window, report.timezone),
        "filters": report.query.filters.answer(),
        "definition": definition_answer(metric),
        "metrics": report.metrics,
        "previous": {"window": window_answer(window.previous(), report.timezone), "metrics": report.previous},
    }
    if report.series is not None:
        answer["series"] = [
            {"from": part.start.isoformat(), "to": part.end.isoformat(), "metrics": metrics}
            for part, metrics in report.series
        ]
    if report.groups is not None:
        groups: list[CustomMetricGroup] = [
            {"key": None if group.key == NOWHERE else group.key, "metrics": group.metrics} for group in report.groups
        ]
        answer["groups"] = sorted(groups, key=lambda group: (group["key"] is None, group["key"] or ""))
    return answer


def definition_answer(metric: Metric) -> CustomMetricConfiguration:
    definition = metric.definition
    return {
        "name": metric.name,
        "defined": metric.defined,
        "kind": definition.kind,  # type: ignore[typeddict-item]  # one of the three
        "unit": definition.read_in,
        "aggregation": definition.read_as,  # type: ignore[typeddict-item]  # one of the kind's
        "direction": definition.direction,  # type: ignore[typeddict-item]  # one of the three
        "description": definition.description,
    }

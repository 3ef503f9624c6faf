"""GET /v1/metrics/openmetrics: DORA's metrics of the last days as gauges, for Prometheus and whatever else scrapes.

A number that can't be computed has no sample: a gauge without one is a gap, where 0 would be a claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadline.domain.lead_time import STAGES
from query.reports.filters import Filters, ReportQuery
from query.reports.last_days import DAYS, last_days
from query.reports.period import DEFAULT_DAYS
from query.reports.report import Reports
from query.reports.statistics import DORA_WITH_COVERAGE, Told
from query.shapes.openmetrics import CONTENT_TYPES, OPENMETRICS, PROMETHEUS, Family, Sample, exposition
from query.shapes.rows import SINGLE
from query.web.parameters import ENVIRONMENT, REPOSITORY, SERVICE, TEAM, choice
from query.web.request import Reply, Request

TYPES = (OPENMETRICS, PROMETHEUS)

_WHOLE = "all"
GROUP_BY = choice(
    "group_by",
    "A label, with samples of each; `service` where it is not given. `all`: no label, one sample of everything.",
    "service",
    "repository",
    "team",
    _WHOLE,
)
PARAMETERS = (DAYS, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, GROUP_BY)


@dataclass(frozen=True, slots=True)
class _Gauge:
    """`of`: the labels of each sample, and which number of a report it is."""

    name: str
    unit: str
    help: str
    of: Sequence[tuple[dict[str, str], tuple[str, str]]]


def _gauge(name: str, unit: str, text: str, metric: str, statistic: str) -> _Gauge:
    return _Gauge(name, unit, text, [({}, (metric, statistic))])


def _times(metric: str, *statistics: str, **labels: str) -> list[tuple[dict[str, str], tuple[str, str]]]:
    return [({**labels, "statistic": statistic}, (metric, statistic)) for statistic in statistics]


_FREQUENCY, _LEAD, _FAILURES, _RECOVERY, _REWORK = (
    "deployment_frequency",
    "change_lead_time",
    "change_fail_rate",
    "failed_deployment_recovery_time",
    "deployment_rework_rate",
)

GAUGES = (
    _gauge(
        "leadline_deployment_frequency_deployments_per_day",
        "deployments_per_day",
        "Deployments per day of the window.",
        _FREQUENCY,
        "value",
    ),
    _gauge("leadline_deployments", "", "Deployments in the window.", _FREQUENCY, "deployments"),
    _gauge("leadline_deployment_days", "days", "Days of the window with a deployment.", _FREQUENCY, "deployment_days"),
    _Gauge(
        "leadline_change_lead_time_seconds",
        "seconds",
        "First commit of a change to the deployment that carried it.",
        _times(_LEAD, "p50", "p75", "p90", "mean"),
    ),
    _gauge("leadline_changes", "", "Changes that shipped in the window.", _LEAD, "n"),
    _Gauge(
        "leadline_change_lead_time_stage_seconds",
        "seconds",
        "The stages of the change lead time.",
        [pair for stage in STAGES for pair in _times(f"{_LEAD}.stages.{stage}", "p50", "mean", stage=stage)],
    ),
    _gauge(
        "leadline_change_fail_rate_ratio",
        "ratio",
        "Share of the deployments that failed in production.",
        _FAILURES,
        "value",
    ),
    _gauge("leadline_failed_deployments", "", "Deployments that failed in production.", _FAILURES, "failed"),
    _gauge("leadline_never_live_runs", "", "Runs that failed before production.", _FAILURES, "never_live"),
    _Gauge(
        "leadline_failed_deployment_recovery_time_seconds",
        "seconds",
        "A failed deployment to its remedy.",
        _times(_RECOVERY, "p50", "mean"),
    ),
    _gauge("leadline_recovered_deployments", "", "Failed deployments that were made good.", _RECOVERY, "n"),
    _gauge("leadline_unrecovered_deployments", "", "Failed deployments that were not yet.", _RECOVERY, "open"),
    _gauge(
        "leadline_deployment_rework_rate_ratio",
        "ratio",
        "Share of the deployments made to repair another.",
        _REWORK,
        "value",
    ),
    _gauge("leadline_rework_deployments", "", "Deployments made to repair another.", _REWORK, "rework"),
    _gauge("leadline_pending_deployments", "", "Deployments whose changes are not known yet.", "coverage", "pending"),
    _gauge("leadline_unmatched_deployments", "", "Deployments whose changes were not found.", "coverage", "unmatched"),
)


def openmetrics_page(request: Request) -> Reply:
    """The gauges that the query string asks for. Raises Problem: 400, 403."""
    sent = request.sent
    reports = Reports(request, DORA_WITH_COVERAGE)
    sent.faults.check_query()
    window = last_days(sent.one("days", DEFAULT_DAYS), reports.organisation.calendar.day_of(request.now))
    filters = Filters(sent.all("service"), sent.all("repository"), sent.all("environment"), sent.one("team"))
    group_by = sent.one("group_by", "service")
    report = reports.report(ReportQuery(window, filters, None, None if group_by == _WHOLE else group_by, alone=True))
    groups: list[tuple[dict[str, str], Told]] = [({}, report.metrics)]
    if report.groups is not None:
        groups = [({group_by: group.key or ""}, group.metrics) for group in report.groups]
    days = Family("leadline_window_days", "days", "The days of the window, today included.", [({}, window.days)])
    families = [days, *(_family(gauge, groups) for gauge in GAUGES)]
    return Reply(exposition(families, request.media), {"content-type": CONTENT_TYPES[request.media]})


def _family(gauge: _Gauge, groups: Sequence[tuple[dict[str, str], Told]]) -> Family:
    samples: list[Sample] = []
    for group, told in groups:
        for labels, number in gauge.of:
            value = SINGLE[number].of(told)
            if value is not None:
                samples.append(({**group, **labels}, value))
    return Family(gauge.name, gauge.unit, gauge.help, samples)

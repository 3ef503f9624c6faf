"""GET /v1/metrics/openmetrics: the DORA metrics of the last days as gauges, for Prometheus and other scrapers.

A number that can't be computed has no sample. A missing sample is a gap in the chart; 0 would be a false value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadline.contract.metrics_catalogue import COVERAGE, GAUGE_UNITS, METRICS
from query.http.parameters import ENVIRONMENT, REPOSITORY, SERVICE, TEAM, choice
from query.http.request import Reply, Request
from query.reports.filters import Filters, ReportQuery
from query.reports.last_days import DAYS, last_days
from query.reports.period import DEFAULT_DAYS
from query.reports.report import Reports
from query.reports.statistics import DORA_WITH_COVERAGE, SINGLE, ReportNumbers, Value
from query.shapes.openmetrics import CONTENT_TYPES, OPENMETRICS, PROMETHEUS, Family, Sample, exposition

TYPES = (OPENMETRICS, PROMETHEUS)

_WHOLE = "all"
GROUP_BY = choice(
    "group_by",
    "The label to break the gauges down by. Default: `service`. `all`: no breakdown, and no label.",
    "service",
    "repository",
    "team",
    _WHOLE,
)
PARAMETERS = (DAYS, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, GROUP_BY)


@dataclass(slots=True)
class GaugeFamily:
    """A gauge with its samples: the labels of each, and its number in a report."""

    name: str
    unit: str
    help: str
    samples: list[tuple[Mapping[str, str], Value]]


def gauge_families() -> list[GaugeFamily]:
    """The gauges of the catalogue, in order of their first statistics."""
    families: dict[str, GaugeFamily] = {}
    parted = [one for metric in METRICS for one in (metric, *metric.parts)]
    for metric in (*parted, COVERAGE):
        for known in metric.statistics:
            if (gauge := known.gauge) is not None:
                unit = GAUGE_UNITS.get(known.unit, "")
                family = families.setdefault(gauge.name, GaugeFamily(f"leadline_{gauge.name}", unit, gauge.help, []))
                family.samples.append((gauge.labels, SINGLE[metric.id, known.name]))
    return list(families.values())


GAUGES = gauge_families()


def openmetrics_page(request: Request) -> Reply:
    """The gauges for the query string. Raises Problem: 400, 403."""
    sent = request.sent
    reports = Reports(request, DORA_WITH_COVERAGE)
    sent.faults.check_query()
    window = last_days(sent.one("days", DEFAULT_DAYS), reports.organisation.calendar.day_of(request.now))
    filters = Filters(sent.all("service"), sent.all("repository"), sent.all("environment"), sent.one("team"))
    group_by = sent.one("group_by", "service")
    report = reports.report(ReportQuery(window, filters, None, None if group_by == _WHOLE else group_by, alone=True))
    groups: list[tuple[dict[str, str], ReportNumbers]] = [({}, report.metrics)]
    if report.groups is not None:
        groups = [({group_by: group.key or ""}, group.metrics) for group in report.groups]
    days = Family("leadline_window_days", "days", "Length of the window in days, including today.", [({}, window.days)])
    families = [days, *(_family(gauge, groups) for gauge in GAUGES)]
    return Reply(exposition(families, request.media), {"content-type": CONTENT_TYPES[request.media]})


def _family(gauge: GaugeFamily, groups: Sequence[tuple[dict[str, str], ReportNumbers]]) -> Family:
    samples: list[Sample] = []
    for group, numbers in groups:
        for labels, number in gauge.samples:
            value = number.of(numbers)
            if value is not None:
                samples.append(({**group, **labels}, value))
    return Family(gauge.name, gauge.unit, gauge.help, samples)

"""GET /v1/metrics/openmetrics: DORA's metrics of the last days as gauges, for Prometheus and whatever else scrapes.

A number that can't be computed has no sample: a gauge without one is a gap, where 0 would be a claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadline.contract.metrics_catalogue import COVERAGE, GAUGE_UNITS, METRICS
from query.reports.filters import Filters, ReportQuery
from query.reports.last_days import DAYS, last_days
from query.reports.period import DEFAULT_DAYS
from query.reports.report import Reports
from query.reports.statistics import DORA_WITH_COVERAGE, SINGLE, ReportNumbers, Value
from query.shapes.openmetrics import CONTENT_TYPES, OPENMETRICS, PROMETHEUS, Family, Sample, exposition
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


@dataclass(slots=True)
class GaugeFamily:
    """A gauge with what its samples are: the labels of each, and which number of a report."""

    name: str
    unit: str
    help: str
    samples: list[tuple[Mapping[str, str], Value]]


def gauge_families() -> list[GaugeFamily]:
    """The gauges of the catalogue, each where its first statistic is."""
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
    """The gauges that the query string asks for. Raises Problem: 400, 403."""
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
    days = Family("leadline_window_days", "days", "The days of the window, today included.", [({}, window.days)])
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

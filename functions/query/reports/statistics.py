"""Every number of a report by metric and statistic, for rows, gauges, badges and dashboard panels.

A metric is named by its path in the `metrics` of the report, a statistic by its field there, so numbers are the same as in
GET /v1/metrics/dora. Some metrics group several numbers that belong together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from leadline.contract.metrics_catalogue import COVERAGE, DEPLOYMENTS, METRICS, MetricEntry, Metrics, selectable
from leadline.contract.numbers import is_metric_name
from leadline.domain.attribution import Status
from leadline.domain.custom_metrics import CustomMetricDefinition, unit_of
from leadline.domain.metrics import Coverage, Tally
from leadline.domain.windows import Window
from query.reports.measures import DORA, Days


@dataclass(frozen=True, slots=True)
class ReportNumbers:
    """All numbers of a window."""

    metrics: Metrics
    coverage: Coverage


class DoraWithCoverage:
    """The DORA metrics and their coverage, from one tally."""

    deployed = DORA.deployed
    teams = DORA.teams
    services = DORA.services
    read = DORA.read
    merge = DORA.merge
    counted = DORA.counted

    def of(self, days: Days, window: Window) -> ReportNumbers:
        tally = Tally.of(days, window)
        return ReportNumbers(Metrics.of(tally), Coverage.of(tally))


DORA_WITH_COVERAGE = DoraWithCoverage()


@dataclass(frozen=True, slots=True)
class Value:
    """One number. `path`: where it is in the numbers of a window. `unit` is empty for a number without one."""

    name: str
    unit: str
    path: tuple[str, ...]

    def of(self, numbers: Any) -> float | None:
        found: float | None = reduce(getattr, self.path, numbers)
        return found


Statistics = Mapping[str, tuple[Value, ...]]
"""The values of each statistic, the default one first."""


def _single(metric: MetricEntry, place: tuple[str, ...]) -> Statistics:
    """Statistics of one value each, named after the metric."""
    return {known.name: (Value(metric.id, known.unit, (*place, known.name)),) for known in metric.statistics}


def _side_by_side(metric: MetricEntry) -> tuple[str, Statistics]:
    """The parts of a metric as one: each statistic has a value for every part."""
    name = metric.parts[0].id.rpartition(".")[0]
    return name, {
        known.name: tuple(
            Value(part.id.rpartition(".")[2], known.unit, ("metrics", *part.id.split("."), known.name))
            for part in metric.parts
        )
        for known in metric.parts[0].statistics
    }


_SELECTABLE = selectable()
_HEADLINES = tuple(
    Value(metric.id, metric.statistics[0].unit, ("metrics", metric.id, metric.statistics[0].name)) for metric in METRICS
)
_MAPPING = tuple(Value(str(status), DEPLOYMENTS, (COVERAGE.id, str(status))) for status in Status)

DORA_METRICS: dict[str, Statistics] = {
    **{name: _single(metric, place) for name, (metric, place) in _SELECTABLE.items()},
    "dora": {"headline": _HEADLINES},
    **dict(_side_by_side(metric) for metric in METRICS if metric.parts),
    f"{COVERAGE.id}.mapping": {"deployments": _MAPPING},
}
"""Each metric of the catalogue, its parts and the coverage; and some that group several of these."""

N: dict[str, Value] = {name: Value("n", "", (*place, metric.n)) for name, (metric, place) in _SELECTABLE.items()}
"""How many deployments or changes a metric is based on, for every metric that has single numbers."""

SINGLE: dict[tuple[str, str], Value] = {
    (metric, statistic): values[0] for metric in N for statistic, values in DORA_METRICS[metric].items()
}
"""Every single number of a report by its metric and statistic, in the order of the report."""


CUSTOM = "custom:"
"""Prefix of custom metrics where DORA metrics are allowed too."""

_CUSTOM_STATISTICS = ("value", "n", "sum", "rate", "mean", "min", "max", "last", "p50", "p75", "p90")


def statistics_of(metric: str) -> Statistics | None:
    """The statistics of a metric; None for an impossible name."""
    if not metric.startswith(CUSTOM):
        return DORA_METRICS.get(metric)
    if not is_metric_name(metric.removeprefix(CUSTOM)):
        return None
    return {statistic: (Value(metric, "", (statistic,)),) for statistic in _CUSTOM_STATISTICS}


def custom_unit(definition: CustomMetricDefinition, statistic: str) -> str:
    """The unit of a custom metric's number; empty if its definition has none."""
    aggregation = {"value": definition.read_as, "n": "count"}.get(statistic, statistic)
    return unit_of(replace(definition, aggregation=aggregation, unit=definition.read_in)) or ""

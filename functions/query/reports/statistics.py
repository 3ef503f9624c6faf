"""Every number of a report by the names of its metric and statistic, for who picks single ones: panels of a dashboard.

A metric is named as its place in the report's `metrics` is, a statistic as the number in it, so that a value picked here is the
one that GET /v1/metrics/dora answers there. Some metrics stand for several values, which belong side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from leadline.domain.custom_metrics import CustomMetricDefinition, unit_of
from leadline.domain.lead_time import STAGES
from leadline.domain.metrics import Coverage, Metrics, Tally
from leadline.domain.windows import Window
from query.custom.report import is_metric_name
from query.reports.measures import DORA, Days


@dataclass(frozen=True, slots=True)
class Told:
    """What a report tells of a window."""

    metrics: Metrics
    coverage: Coverage


class DoraWithCoverage:
    """DORA's metrics and what they stand on, from one tally."""

    deployed = DORA.deployed
    teams = DORA.teams
    services = DORA.services
    read = DORA.read
    merge = DORA.merge
    counted = DORA.counted

    def of(self, days: Days, window: Window) -> Told:
        tally = Tally.of(days, window)
        return Told(Metrics.of(tally), Coverage.of(tally))


DORA_WITH_COVERAGE = DoraWithCoverage()


@dataclass(frozen=True, slots=True)
class Value:
    """One number. `path`: where it is in what a measure tells of a window. `unit` is empty where it has none."""

    name: str
    unit: str
    path: tuple[str, ...]

    def of(self, told: Any) -> float | None:
        found: float | None = reduce(getattr, self.path, told)
        return found


Statistics = Mapping[str, tuple[Value, ...]]
"""The values of each statistic, the usual one first."""

SECONDS, RATIO, PER_DAY = "s", "ratio", "deployments/day"
_DEPLOYMENTS, _CHANGES, _DAYS = "deployments", "changes", "days"


def _single(metric: str, at: str, units: Mapping[str, str]) -> Statistics:
    """Statistics of one value each, named after the metric."""
    place = tuple(at.split("."))
    return {statistic: (Value(metric, unit, (*place, statistic)),) for statistic, unit in units.items()}


_STAGE = {"p50": SECONDS, "mean": SECONDS, "n": _CHANGES}
_COVERAGE = {
    "deployments": _DEPLOYMENTS,
    "mapped": _DEPLOYMENTS,
    "baseline": _DEPLOYMENTS,
    "pending": _DEPLOYMENTS,
    "unmatched": _DEPLOYMENTS,
    "changes": _CHANGES,
    "changes_without_first_commit": _CHANGES,
}
_METRICS: dict[str, dict[str, str]] = {
    "deployment_frequency": {"value": PER_DAY, "deployments": _DEPLOYMENTS, "deployment_days": _DAYS},
    "change_lead_time": {"p50": SECONDS, "p75": SECONDS, "p90": SECONDS, "mean": SECONDS, "n": _CHANGES},
    "change_fail_rate": {"value": RATIO, **dict.fromkeys(("failed", "deployments", "never_live"), _DEPLOYMENTS)},
    "failed_deployment_recovery_time": {"p50": SECONDS, "mean": SECONDS, "n": _DEPLOYMENTS, "open": _DEPLOYMENTS},
    "deployment_rework_rate": {"value": RATIO, "rework": _DEPLOYMENTS, "deployments": _DEPLOYMENTS},
    **{f"change_lead_time.stages.{stage}": _STAGE for stage in STAGES},
}
_SINGLE: dict[str, Statistics] = {
    **{name: _single(name, f"metrics.{name}", units) for name, units in _METRICS.items()},
    "coverage": _single("coverage", "coverage", _COVERAGE),
}
_STAGES = {
    statistic: tuple(
        Value(stage, unit, ("metrics", "change_lead_time", "stages", stage, statistic)) for stage in STAGES
    )
    for statistic, unit in _STAGE.items()
}
_MAPPING = tuple(
    Value(status, _DEPLOYMENTS, ("coverage", status)) for status in ("mapped", "baseline", "pending", "unmatched")
)
_HEADLINES = tuple(next(iter(statistics.values()))[0] for statistics in list(_SINGLE.values())[:5])

DORA_METRICS: dict[str, Statistics] = {
    **_SINGLE,
    "dora": {"headline": _HEADLINES},
    "change_lead_time.stages": _STAGES,
    "coverage.mapping": {"deployments": _MAPPING},
}
"""DORA's five, the stages of the lead time, what they stand on; and three that stand for several of these."""


CUSTOM = "custom:"
"""Begins the name of a custom metric where DORA's may stand too."""

_CUSTOM_STATISTICS = ("value", "n", "sum", "rate", "mean", "min", "max", "last", "p50", "p75", "p90")


def statistics_of(metric: str) -> Statistics | None:
    """The statistics of a metric, None where there can't be one of this name."""
    if not metric.startswith(CUSTOM):
        return DORA_METRICS.get(metric)
    if not is_metric_name(metric.removeprefix(CUSTOM)):
        return None
    return {statistic: (Value(metric, "", (statistic,)),) for statistic in _CUSTOM_STATISTICS}


def custom_unit(definition: CustomMetricDefinition, statistic: str) -> str:
    """The unit of a custom metric's number; empty where its definition has none."""
    aggregation = {"value": definition.read_as, "n": "count"}.get(statistic, statistic)
    return unit_of(replace(definition, aggregation=aggregation, unit=definition.read_in)) or ""

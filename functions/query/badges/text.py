"""The text on a badge: a number as people say it, and its colour. Pure."""

from __future__ import annotations

from itertools import pairwise
from math import inf

from leadline.contract.metrics_catalogue import PER_DAY, RATIO, SECONDS
from leadline.domain.levels import FAILURES, FREQUENCY, LEAD, RECOVERY, levels_of
from query.reports.statistics import DORA_METRICS

HEADLINES = {FREQUENCY: "value", LEAD: "p50", FAILURES: "value", RECOVERY: "p50"}
"""The statistics that have levels."""

NO_DATA = "no data"
_COLOURS = {"elite": "brightgreen", "high": "green", "medium": "yellow", "low": "orange"}
_NEUTRAL, _EMPTY = "blue", "lightgrey"

_MINUTE, _HOUR, _DAY, _WEEK, _MONTH = 60.0, 3600.0, 86_400.0, 7 * 86_400.0, 365.25 / 12 * 86_400.0
_DURATIONS = (("second", 1.0), ("minute", _MINUTE), ("hour", _HOUR), ("day", _DAY))
_RATES = (("day", 1.0), ("week", _WEEK / _DAY), ("month", _MONTH / _DAY))


def label_of(metric: str, statistic: str) -> str:
    """A badge's label where none was sent: `change lead time`, `review time (mean)`, `coverage (pending)`."""
    name = metric.rpartition(".")[2].replace("_", " ")
    if metric.startswith(f"{LEAD}.stages."):
        name = f"{name} time"
    usual = next(iter(DORA_METRICS[metric]))
    return name if statistic == usual and metric != "coverage" else f"{name} ({statistic.replace('_', ' ')})"


def message_of(value: float | None, unit: str) -> str:
    """`1.3 days`, `6.7%`, `2.1 per week`, `45 deployments`."""
    if value is None:
        return NO_DATA
    if unit == SECONDS:
        return duration(value)
    if unit == RATIO:
        return f"{_short(value * 100)}%"
    return rate(value) if unit == PER_DAY else _counted(value, unit.removesuffix("s"))


def duration(seconds: float) -> str:
    """In the largest unit of which there is at least one after rounding."""
    for (name, length), (_, longer) in pairwise((*_DURATIONS, ("", inf))):
        if float(_short(seconds / length)) * length < longer:
            return _counted(seconds / length, name)
    raise AssertionError("unreachable")


def rate(per_day: float) -> str:
    """Per day where there is at least one a day, else per week, else per month."""
    for name, days in _RATES:
        if float(_short(per_day * days)) >= 1 or name == "month":
            return f"{_short(per_day * days)} per {name}"
    raise AssertionError("unreachable")


def colour_of(metric: str, statistic: str, value: float | None, edition: str | None) -> str:
    """By the level of that edition; neutral where the value has no single level."""
    if value is None:
        return _EMPTY
    if edition is None or HEADLINES.get(metric) != statistic or (metric == FREQUENCY and not value):
        return _NEUTRAL
    levels = levels_of(edition, metric, value)
    return _COLOURS[levels[0]] if len(levels) == 1 else _NEUTRAL


def _counted(number: float, name: str) -> str:
    text = _short(number)
    return f"{text} {name}" if text == "1" else f"{text} {name}s"


def _short(number: float) -> str:
    """With one decimal below ten, unless that is 0."""
    rounded = round(number, 1)
    return f"{rounded:.1f}".removesuffix(".0") if abs(rounded) < 10 else f"{round(number):d}"

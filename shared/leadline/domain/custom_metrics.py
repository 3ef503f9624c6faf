"""Definitions of custom metrics, and the numbers of a window as the Product API returns them.

A definition only decides how cells are read (`leadline.domain.points`), so it can change at any time without recounting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from leadline.domain.points import MICRO, Spread, merged
from leadline.domain.sketch import percentile
from leadline.domain.windows import Window

COUNTER, GAUGE, DURATION = "counter", "gauge", "duration"

AGGREGATIONS: Mapping[str, tuple[str, ...]] = {
    COUNTER: ("sum", "count", "rate"),
    GAUGE: ("last", "mean", "min", "max"),
    DURATION: ("p50", "p75", "p90", "mean", "sum"),
}
"""The ways to aggregate each kind of metric to one value. The first is the default."""

_UNITS: Mapping[str, str] = {DURATION: "s"}

DIRECTIONS = ("higher_is_better", "lower_is_better", "none")


@dataclass(frozen=True, slots=True)
class CustomMetricDefinition:
    """How a metric is read. `aggregation` and `unit`: None for the default of the kind."""

    kind: str = COUNTER
    aggregation: str | None = None
    unit: str | None = None
    direction: str = "none"
    description: str | None = None

    @property
    def read_as(self) -> str:
        return self.aggregation or AGGREGATIONS[self.kind][0]

    @property
    def read_in(self) -> str | None:
        """The unit of its values; for durations seconds by default."""
        return self.unit or _UNITS.get(self.kind)

    def without_defaults(self) -> "CustomMetricDefinition":
        """The same with defaults as None. So sending back what GET shows does not turn defaults into choices."""
        aggregation = None if self.aggregation == AGGREGATIONS[self.kind][0] else self.aggregation
        return replace(self, aggregation=aggregation, unit=None if self.unit == _UNITS.get(self.kind) else self.unit)


UNDEFINED = CustomMetricDefinition()
"""The definition of a metric that nobody defined."""


@dataclass(frozen=True, slots=True)
class CustomMetric:
    """A custom metric's numbers of one window.

    `value`: the statistic that the definition's `aggregation` selects, in `unit`. `n`: the number of points.
    `sum`, `mean`, `min` and `max` are exact; `rate` is the sum per day of the window. `last`: the value of the newest point,
    `last_at` its time (RFC 3339, UTC). Percentiles are within 1 % of exact. Without points `n`, `sum` and `rate` are 0, and
    all others null.
    """

    value: float | None
    unit: str | None
    n: int
    sum: float
    rate: float
    mean: float | None
    min: float | None
    max: float | None
    last: float | None
    last_at: str | None
    p50: float | None
    p75: float | None
    p90: float | None

    @classmethod
    def of(cls, spread: Spread, days: int, definition: CustomMetricDefinition) -> "CustomMetric":
        """`days`: the length of the window."""
        numbers: dict[str, float | None] = {
            "sum": number(spread.total),
            "rate": spread.total / (MICRO * days),
            "mean": spread.total / (MICRO * spread.n) if spread.n else None,
            "min": _number_or_none(spread.least),
            "max": _number_or_none(spread.most),
            "last": _number_or_none(spread.last[2] if spread.last else None),
            **{name: _percentile(spread, q) for name, q in (("p50", 0.5), ("p75", 0.75), ("p90", 0.9))},
        }
        value = spread.n if definition.read_as == "count" else numbers[definition.read_as]
        at = _instant(spread.last[0]) if spread.last else None
        return cls(value=value, unit=unit_of(definition), n=spread.n, last_at=at, **numbers)  # type: ignore[arg-type]


def unit_of(definition: CustomMetricDefinition) -> str | None:
    """The unit of the headline."""
    match definition.read_as:
        case "count":
            return "points"
        case "rate":
            return f"{definition.read_in or ''}/day"
    return definition.read_in


def number(millionths: int) -> float:
    """Millionths as a number: whole numbers as int, others as the nearest float."""
    return millionths // MICRO if millionths % MICRO == 0 else millionths / MICRO


def in_window(days: Mapping[date, Spread], window: Window) -> Spread:
    """Merges the days of a window."""
    return merged(spread for day, spread in days.items() if window.start <= day < window.end)


def by_day(cells: Iterable[tuple[date, Spread]]) -> dict[date, Spread]:
    """Merges the cells of disjoint scopes by day."""
    days: dict[date, list[Spread]] = {}
    for day, spread in cells:
        days.setdefault(day, []).append(spread)
    return {day: merged(spreads) for day, spreads in days.items()}


def _number_or_none(millionths: int | None) -> float | None:
    return None if millionths is None else number(millionths)


def _instant(time: int) -> str:
    moment = datetime.fromtimestamp(time // 1000, UTC).replace(microsecond=time % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds" if time % 1000 else "seconds").replace("+00:00", "Z")


def _percentile(spread: Spread, q: float) -> float | None:
    """Clamped to the smallest and greatest values, which are exact; so a single value is returned exactly."""
    found = percentile(spread.buckets, q)
    if found is None or spread.least is None or spread.most is None:
        return None
    return min(max(float(f"{found / MICRO:.7g}"), number(spread.least)), number(spread.most))

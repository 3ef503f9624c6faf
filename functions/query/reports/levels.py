"""The levels of a report's metrics by one edition of DORA's report, with the cut-offs of that edition."""

from __future__ import annotations

from leadline.contract.metrics_catalogue import METRICS, MetricEntry, Metrics
from leadline.domain.levels import EDITIONS, levels_of
from query.schemas import PerformanceLevels


def levels_answer(edition: str, metrics: Metrics) -> PerformanceLevels:
    """The level of each metric's headline. A metric without data has none."""
    values = {metric.id: _headline(metric, metrics) for metric in METRICS if metric.id in EDITIONS[edition]}
    return {
        "edition": edition,  # type: ignore[typeddict-item]  # one of the choices
        "metrics": {
            name: {
                "levels": levels_of(edition, name, value),
                "value": value,
                "cut_offs": [
                    {"level": found.level, "published": found.published, "low": found.low, "high": found.high}
                    for found in EDITIONS[edition][name]
                ],
            }
            for name, value in values.items()
        },
    }


def _headline(metric: MetricEntry, metrics: Metrics) -> float | None:
    answer = getattr(metrics, metric.id)
    value: float | None = getattr(answer, metric.statistics[0].name)
    return value if getattr(answer, metric.n) else None

"""The answer of GET /v1/metrics/dora/rows."""

from typing_extensions import TypedDict


class MetricRow(TypedDict):
    """One number. `time`: start of its window or part of the series. `group`: key of its group, null without groups.

    `metric`: its place in the `metrics` of the report, or `coverage`. `statistic`: the number there. `unit`: s, ratio (0 to 1),
    deployments/day, deployments, changes or days. `n`: the number of deployments or changes that the metric rests on.
    """

    time: str
    metric: str
    statistic: str
    group: str | None
    value: float | None
    unit: str
    n: int

"""The body of `GET /v1/metrics/dora/rows`."""

from typing_extensions import TypedDict


class MetricRow(TypedDict):
    """One number.

    `time`: the start of its window or interval. `group`: the group's key, or null. `metric`: its path in the report's
    `metrics`, or `coverage`. `statistic`: the name of the number. `unit`: s, ratio (0 to 1), deployments/day,
    deployments, changes or days. `n`: how many deployments or changes the metric is based on.
    """

    time: str
    metric: str
    statistic: str
    group: str | None
    value: float | None
    unit: str
    n: int

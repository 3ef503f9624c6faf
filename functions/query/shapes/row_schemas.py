"""What GET /v1/metrics/dora/rows answers, as types (see `query.schemas`)."""

from typing_extensions import TypedDict


class Row(TypedDict):
    """One number. `time`: when its window or part begins; `group`: the group's key, null where there is none.

    `metric` is a place in the report's `metrics`, or `coverage`; `statistic` the number there. `unit`: s, ratio (0 to 1),
    deployments/day, deployments, changes or days. `n`: how many deployments or changes the metric stands on.
    """

    time: str
    metric: str
    statistic: str
    group: str | None
    value: float | None
    unit: str
    n: int

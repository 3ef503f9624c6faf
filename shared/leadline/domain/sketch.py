"""Mergeable log-bucket histogram of durations: percentiles within 1 % of exact.

A value v >= 1 s falls into bucket ceil(log_g(v)) with g = 1.01 / 0.99 and is read back as 2 g^i / (g + 1), which is at most
1 % away from every value in the bucket (method: DDSketch, Masson, Rim, Lee, VLDB 2019). A bucket with a single whole second (all
below 50 s) is read back exactly, and bucket 0, for everything below one second, as 0. A percentile is the linear interpolation
between the two neighbouring order statistics (the default of numpy and spreadsheets). Both are within 1 %, so the result is, too.
Merging adds counts, so it is exact in any order.

A negative value has the bucket of its absolute value with a minus sign (`leadline.domain.points`).

Each bucket costs one small counter. A minute to a year spans 660 buckets; an hour to a month, as is usual for a service, 330.
"""

import math
from collections.abc import Iterable, Mapping

RELATIVE_ACCURACY = 0.01
_GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY)
_LOG_GAMMA = math.log(_GAMMA)


def bucket_of(seconds: int) -> int:
    """The bucket index of a duration in whole seconds; 0 for everything below one second."""
    if seconds < 1:
        return 0
    return 1 + math.ceil(math.log(seconds) / _LOG_GAMMA - 1e-12)


def value_of(bucket: int) -> float:
    """The duration in seconds that represents a bucket."""
    if bucket <= 0:
        return -value_of(-bucket) if bucket else 0.0
    highest = math.floor(math.exp(_LOG_GAMMA * (bucket - 1)) + 1e-9)
    if bucket_of(highest) == bucket != bucket_of(highest - 1):
        return float(highest)
    return 2 * math.exp(_LOG_GAMMA * (bucket - 1)) / (_GAMMA + 1)


def percentile(buckets: Mapping[int, int], q: float) -> float | None:
    """The q-quantile (0 <= q <= 1) in seconds, or None if nothing was counted."""
    counts = sorted((bucket, count) for bucket, count in buckets.items() if count > 0)
    total = sum(count for _, count in counts)
    if total == 0:
        return None
    rank = q * (total - 1)
    below = math.floor(rank)
    low = _order_statistic(counts, below)
    high = _order_statistic(counts, min(below + 1, total - 1))
    return low + (high - low) * (rank - below)


def _order_statistic(counts: Iterable[tuple[int, int]], rank: int) -> float:
    seen = 0
    value = 0.0
    for bucket, count in counts:
        seen += count
        value = value_of(bucket)
        if seen > rank:
            break
    return value

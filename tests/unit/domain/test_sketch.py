"""The sketch's promise: percentiles within 1 % of exact, and merging that changes nothing."""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.sketch import RELATIVE_ACCURACY, bucket_of, percentile, value_of

CENTURY = 100 * 366 * 24 * 3600
ROUNDING = 1e-9


def exact_percentile(values: Sequence[int], q: float) -> float:
    """The slow way: sort all values and interpolate between the two neighbours of rank q (n - 1)."""
    ordered = sorted(values)
    rank = q * (len(ordered) - 1)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def sketched(values: Sequence[int]) -> Counter[int]:
    return Counter(bucket_of(value) for value in values)


def _bimodal(draw: random.Random) -> float:
    return draw.gauss(1_800, 300) if draw.random() < 0.6 else draw.gauss(9 * 86_400, 86_400)


DISTRIBUTIONS: dict[str, Callable[[random.Random], float]] = {
    "uniform": lambda draw: draw.uniform(0, 30 * 86_400),
    "lognormal": lambda draw: draw.lognormvariate(11, 2),
    "exponential": lambda draw: draw.expovariate(1 / 86_400),
    "two humps": _bimodal,
    "heavy tail": lambda draw: 60 * draw.paretovariate(0.7),
    "one value": lambda _: 86_400,
    "small whole numbers": lambda draw: draw.randint(0, 12),
    "mostly zero": lambda draw: draw.choice([0, 0, 0, 0, 3_600]),
}
QUANTILES = (0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_percentiles_of_100_000_values_are_within_one_percent_of_exact(name: str) -> None:
    draw = random.Random(name)
    values = [max(0, min(CENTURY, int(DISTRIBUTIONS[name](draw)))) for _ in range(100_000)]
    sketch = sketched(values)
    for q in QUANTILES:
        exact = exact_percentile(values, q)
        assert percentile(sketch, q) == pytest.approx(exact, rel=RELATIVE_ACCURACY + ROUNDING, abs=0), f"p{100 * q:g}"


@given(st.lists(st.integers(0, CENTURY), min_size=1, max_size=40), st.floats(0, 1))
def test_a_percentile_of_few_values_is_within_one_percent_of_exact(values: list[int], q: float) -> None:
    exact = exact_percentile(values, q)
    assert percentile(sketched(values), q) == pytest.approx(exact, rel=RELATIVE_ACCURACY + ROUNDING, abs=0)


@given(st.integers(1, CENTURY))
def test_every_value_is_within_one_percent_of_what_its_bucket_is_read_back_as(seconds: int) -> None:
    assert abs(value_of(bucket_of(seconds)) - seconds) <= RELATIVE_ACCURACY * seconds * (1 + ROUNDING)


def test_every_bucket_boundary_up_to_a_month_keeps_the_bound() -> None:
    for seconds in range(1, 31 * 86_400, 17):
        assert abs(value_of(bucket_of(seconds)) - seconds) <= RELATIVE_ACCURACY * seconds * (1 + ROUNDING)


@given(st.integers(0, CENTURY), st.integers(0, CENTURY))
def test_a_longer_duration_is_never_in_a_lower_bucket(one: int, other: int) -> None:
    assert bucket_of(min(one, other)) <= bucket_of(max(one, other))


@given(st.lists(st.tuples(st.integers(0, CENTURY), st.integers(0, 4)), min_size=1, max_size=60))
def test_merging_the_parts_of_any_split_gives_the_sketch_of_the_whole(values: list[tuple[int, int]]) -> None:
    merged: Counter[int] = Counter()
    for part in range(5):
        merged.update(sketched([value for value, home in values if home == part]))
    assert merged == sketched([value for value, _ in values])


def test_nothing_counted_has_no_percentile_and_is_not_zero() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({7: 0}, 0.5) is None  # counted once, and taken back


def test_below_one_second_is_zero_exactly() -> None:
    assert percentile(sketched([0, 0, 0]), 0.5) == 0


def test_a_minute_to_a_year_spans_the_buckets_the_cost_was_reckoned_with() -> None:
    assert bucket_of(366 * 86_400) - bucket_of(60) < 670

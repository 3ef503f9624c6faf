"""Spreads of points: percentiles near the exact ones, and the same whichever way they are put together."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.custom_metrics import AGGREGATIONS, CustomMetric, CustomMetricDefinition, unit_of
from leadline.domain.people import stand_in
from leadline.domain.points import MICRO, Point, PointScope, Spread, contributions, fold, merged, place_of, scopes_of
from tests.unit.query.exact import percentile as exact_percentile

DAY = date(2026, 10, 10)
VALUES = st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=40)
DISTRIBUTIONS = {
    "lognormal": lambda draw: draw.lognormvariate(3, 2),
    "whole": lambda draw: draw.randint(1, 9),
    "tiny": lambda draw: draw.random() / 1000,
    "huge": lambda draw: draw.uniform(10**9, 10**12),
    "negative": lambda draw: -draw.lognormvariate(3, 2),
}


def points(values: list[int]) -> list[Point]:
    return [Point("m", str(place), place, value, day=DAY) for place, value in enumerate(values)]


def spread_of(values: list[int]) -> Spread:
    return merged(map(Spread.of, points(values)))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_percentiles_are_within_1_percent_of_exact(name: str) -> None:
    draw = random.Random(name)
    values = [round(DISTRIBUTIONS[name](draw) * MICRO) for _ in range(20_000)]
    metric = CustomMetric.of(spread_of(values), 30, CustomMetricDefinition())
    for q, found in ((0.5, metric.p50), (0.75, metric.p75), (0.9, metric.p90)):
        assert found == pytest.approx(exact_percentile(values, q) / MICRO, rel=0.0101)


@given(VALUES, st.randoms())
def test_spreads_merge_to_the_same_in_any_order_and_any_parts(values: list[int], draw: random.Random) -> None:
    parts = [Spread.of(point) for point in points(values)]
    draw.shuffle(parts)
    cut = draw.randrange(len(parts) + 1)
    whole = spread_of(values)
    assert merged([merged(parts[:cut]), Spread(), merged(parts[cut:])]) == whole
    assert (whole.n, whole.total, whole.least, whole.most) == (len(values), sum(values), min(values), max(values))
    assert whole.last == (len(values) - 1, str(len(values) - 1), values[-1])


@given(VALUES)
def test_no_percentile_lies_beyond_the_smallest_and_the_greatest(values: list[int]) -> None:
    metric = CustomMetric.of(spread_of(values), 30, CustomMetricDefinition())
    told = [metric.p50, metric.p75, metric.p90]
    assert all(value is not None for value in told)
    assert metric.min is not None
    assert metric.max is not None
    assert all(metric.min <= value <= metric.max for value in told if value is not None)


def test_a_point_counts_for_everyone_its_place_its_teams_and_its_author() -> None:
    point = Point("m", "k", 0, 5, place=place_of("till", None), author="ann", teams=("a", "b"), day=DAY)
    assert set(scopes_of(point)) == {
        PointScope("production"),
        PointScope("production", "service:till"),
        PointScope("production", team="a"),
        PointScope("production", "service:till", "a"),
        PointScope("production", team="b"),
        PointScope("production", "service:till", "b"),
        PointScope("production", "service:till", author="ann", teams=("a", "b")),
    }
    named = {cell.scope for cell, spread in contributions(point).items() if spread.authors}
    assert named == {scope for scope in scopes_of(point) if scope.author is None and (scope.place or scope.team)}


def test_a_former_member_is_named_in_no_cell() -> None:
    point = Point("m", "k", 0, 5, author=stand_in("0" * 16, bot=False), day=DAY)
    assert all(not spread.authors for spread in contributions(point).values())
    assert all(not spread.authors for spread in fold([point]).values())


@pytest.mark.parametrize(("kind", "read"), [(kind, read) for kind, names in AGGREGATIONS.items() for read in names])
def test_the_headline_is_the_number_that_the_definition_names(kind: str, read: str) -> None:
    metric = CustomMetric.of(spread_of([MICRO, 4 * MICRO]), 10, CustomMetricDefinition(kind, read, "jobs"))
    assert metric.value == (metric.n if read == "count" else getattr(metric, read))
    assert metric.unit == {"count": "points", "rate": "jobs/day"}.get(read, "jobs")
    assert unit_of(CustomMetricDefinition("counter", "rate")) == "/day"


def test_a_last_value_is_the_newest_and_of_two_at_once_always_the_same() -> None:
    same = [Point("m", key, 7, value, day=DAY) for key, value in (("b", 1), ("a", 2))]
    earlier = Point("m", "z", 6, 3, day=DAY)
    for order in ([*same, earlier], [earlier, *reversed(same)]):
        assert merged(map(Spread.of, order)).last == (7, "b", 1)

"""The metrics against the slow exact implementation, and the laws that make adding up right."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.contract.metrics_catalogue import Metrics
from leadline.domain.cells import CellKey, CellScope, Numbers, contributions, fold
from leadline.domain.facts import FactPart, Summary, divide
from leadline.domain.metrics import Coverage, Tally, authors_in, by_day
from leadline.domain.windows import Window
from tests.unit.query.exact import Fact, Filter, differences, exact_coverage, exact_metrics
from tests.unit.query.generated import FIRST, World, some, worlds

WINDOW = Window(FIRST + timedelta(days=20), FIRST + timedelta(days=50))
DAY = date(2026, 10, 3)


def of_scope(cells: dict[CellKey, Numbers], *scopes: CellScope) -> dict[date, Numbers]:
    return by_day((key.day, numbers) for key, numbers in cells.items() if key.scope in scopes)


def of_parts(parts: Iterable[FactPart], window: Window = WINDOW) -> dict[str, object]:
    """The metrics of everything in production."""
    days = of_scope(fold(parts), CellScope("production"))
    return asdict(Metrics.of(Tally.of(days, window)))


@some
@given(worlds())
def test_metrics_are_the_exact_ones_and_percentiles_within_one_percent(world: World) -> None:
    exact = exact_metrics(Filter().of(world.facts), WINDOW)
    assert differences(of_parts(world.parts()), exact) == []


@some
@given(worlds())
def test_coverage_is_exact(world: World) -> None:
    days = of_scope(fold(world.parts()), CellScope("production"))
    assert asdict(Coverage.of(Tally.of(days, WINDOW))) == exact_coverage(Filter().of(world.facts), WINDOW)


@pytest.mark.parametrize("shape", ["uniform", "lognormal", "exponential", "two hills", "one value", "days"])
def test_percentiles_of_recoveries_of_any_shape_are_within_one_percent(shape: str) -> None:
    draw = Random(7)
    shapes = {
        "uniform": lambda: draw.randint(0, 1_000_000),
        "lognormal": lambda: int(draw.lognormvariate(9, 2)),
        "exponential": lambda: int(draw.expovariate(1 / 4000)),
        "two hills": lambda: max(0, int(draw.gauss(*draw.choice([(600, 60), (90_000, 9_000)])))),
        "one value": lambda: 4321,
        "days": lambda: 86_400 * draw.randint(0, 60),
    }
    facts = [
        Fact(Summary("api", "production", DAY, live=True, failed=True, recovery=shapes[shape]())) for _ in range(5_000)
    ]
    window = Window(DAY, DAY + timedelta(days=1))
    found = of_parts((part for fact in facts for part in divide(fact.summary, ())), window)
    assert differences(found, exact_metrics(facts, window)) == []


@some
@given(worlds(), st.integers(1, 29))
def test_the_windows_of_a_window_add_up(world: World, at: int) -> None:
    days = of_scope(fold(world.parts()), CellScope("production"))
    middle = WINDOW.start + timedelta(days=at)
    first, second = (Tally.of(days, part) for part in (Window(WINDOW.start, middle), Window(middle, WINDOW.end)))
    whole = Tally.of(days, WINDOW)
    added = {name: first[name] + second[name] for name in whole.numbers}
    assert added == dict(whole.numbers)
    assert first.deployment_days + second.deployment_days == whole.deployment_days
    assert first.days + second.days == whole.days


@some
@given(worlds())
def test_merging_disjoint_scopes_is_their_union(world: World) -> None:
    cells = fold(world.parts())
    services = {part.summary.service for part in world.parts()}
    merged = of_scope(cells, *(CellScope("production", service) for service in services))
    assert Tally.of(merged, WINDOW) == Tally.of(of_scope(cells, CellScope("production")), WINDOW)


@some
@given(worlds())
def test_a_day_with_deployments_of_two_services_is_one_deployment_day(world: World) -> None:
    facts = Filter(services={"api", "web"}).of(world.facts)
    merged = of_scope(fold(world.parts()), CellScope("production", "api"), CellScope("production", "web"))
    frequency = asdict(Metrics.of(Tally.of(merged, WINDOW)))["deployment_frequency"]
    assert frequency == exact_metrics(facts, WINDOW)["deployment_frequency"]


@some
@given(worlds())
def test_everyone_with_a_change_is_known_from_the_services_cells(world: World) -> None:
    parts = world.parts()
    cells = fold(parts)
    for service in {part.summary.service for part in parts}:
        found = authors_in(of_scope(cells, CellScope("production", service)).values())
        left = Filter(services={service}).of(world.facts)
        assert found == {change.author for fact in left for change in fact.changes if change.author}


def test_what_cannot_be_computed_is_none_and_never_zero() -> None:
    nothing = Metrics.of(Tally({}, 30, 0))
    assert nothing.deployment_frequency.value == 0
    assert nothing.change_fail_rate.value is None
    assert nothing.deployment_rework_rate.value is None
    times = [nothing.change_lead_time, nothing.failed_deployment_recovery_time]
    times += [getattr(nothing.change_lead_time.stages, stage) for stage in ("coding", "pickup", "review", "deploy")]
    assert all((time.p50, time.mean, time.n) == (None, None, 0) for time in times)
    assert json.dumps(asdict(nothing), allow_nan=False)


def test_a_deployment_without_changes_has_a_frequency_and_no_lead_time() -> None:
    part = FactPart(Summary("api", "production", DAY, live=True))
    metrics = Metrics.of(
        Tally.of(of_scope(contributions(part), CellScope("production")), Window(DAY, DAY + timedelta(2)))
    )
    assert metrics.deployment_frequency.value == 0.5
    assert metrics.change_fail_rate.value == 0
    assert metrics.change_lead_time.n == 0
    assert metrics.change_lead_time.p50 is None


def test_counters_that_went_back_to_zero_count_nothing() -> None:
    tally = Tally.of({DAY: {"d": 0, "c": 0, "L0a": 0, "@ann": 0}}, Window(DAY, DAY + timedelta(1)))
    assert not tally
    assert tally.deployment_days == 0
    assert authors_in([{"@ann": 0}]) == set()

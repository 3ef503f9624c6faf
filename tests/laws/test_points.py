"""Points of custom metrics: neither order nor repetition nor a worker's death changes a number, and cells are always the fold."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import fold
from compute.points import cells as compute_point_cells
from leadline.domain.points import Point, contributions, merged
from leadline.store.memory import MemoryTable
from tests.builders import Event, at, event, tell
from tests.laws.dying import DyingTable, WorkerDied, copy_of
from tests.points import (
    METRIC,
    TEAMS,
    a_point,
    configure,
    counted,
    folded_points,
    organised,
    point_cells,
    points_drawn,
    stored_points,
)
from tests.stored import everything

SEEDS = st.integers(min_value=0, max_value=10_000_000)
OTHER_TEAMS: dict[str, Any] = {"early": {"members": [{"author": "ann"}]}, "new": {"members": [{"author": "bob"}]}}
ROSTER_TOLD = event("points", {"metric": METRIC, "authors": ["ann", "bob"]}, at(20))
ZONE_TOLD = event("points", {"metric": METRIC}, at(20))
DELETION = event("deletion of points", {"metric": METRIC}, at(20))


def told(events: list[Event], table: MemoryTable | None = None) -> MemoryTable:
    table = table if table is not None else organised()
    tell(table, *events)
    return table


@given(seed=SEEDS, order=SEEDS)
@hypothesis_settings(max_examples=60)
def test_any_permutation_and_any_repetition_of_points_gives_the_same_facts_and_cells(seed: int, order: int) -> None:
    events = points_drawn(seed)
    draw = random.Random(order)
    shuffled = [each for each in events for _ in range(draw.randint(1, 3))]
    draw.shuffle(shuffled)
    assert counted(told(shuffled)) == counted(told(events))


@given(seed=SEEDS)
@hypothesis_settings(max_examples=30)
def test_cells_are_the_fold_of_the_points_after_every_event(seed: int) -> None:
    table = organised()
    for each in points_drawn(seed):
        tell(table, each)
        assert point_cells(table) == folded_points(table)


@given(seed=SEEDS)
@hypothesis_settings(max_examples=30)
def test_each_point_counts_once_exactly_to_the_millionth(seed: int) -> None:
    events = points_drawn(seed, id=None, environment="production")
    table = told([*events, *events])
    distinct = {each["event_id"]: each["data"]["value"] for each in events}
    cells = point_cells(table).items()
    total = merged(spread for cell, spread in cells if (cell.scope.place, cell.scope.team) == (None, None))
    assert (total.n, total.total) == (len(distinct), sum(distinct.values()))
    assert (total.least, total.most) == (min(distinct.values()), max(distinct.values()))


@given(seed=SEEDS)
@hypothesis_settings(max_examples=30)
def test_merging_disjoint_scopes_is_their_union(seed: int) -> None:
    cells = point_cells(told(points_drawn(seed)))
    everyone = {cell: spread for cell, spread in cells.items() if (cell.scope.place, cell.scope.team) == (None, None)}
    for cell, spread in everyone.items():
        of_places = [
            each
            for other, each in cells.items()
            if (other.day, other.scope.environment) == (cell.day, cell.scope.environment)
            and other.scope.place is not None
            and (other.scope.team, other.scope.author) == (None, None)
        ]
        together = merged(of_places)
        assert (together.n, together.total, together.least, together.most, together.last, together.buckets) == (
            spread.n,
            spread.total,
            spread.least,
            spread.most,
            spread.last,
            spread.buckets,
        )


@pytest.mark.parametrize(
    ("teams", "timezone", "message"),
    [(OTHER_TEAMS, "UTC", ROSTER_TOLD), (TEAMS, "Asia/Tokyo", ZONE_TOLD), ({}, "UTC", ROSTER_TOLD)],
    ids=["other teams", "another time zone", "no teams"],
)
@given(seed=SEEDS)
@hypothesis_settings(max_examples=20)
def test_what_is_configured_later_counts_as_if_it_had_always_been_so(
    teams: dict[str, Any], timezone: str, message: Event, seed: int
) -> None:
    events = points_drawn(seed)
    table = told(events)
    configure(table, teams, timezone)
    tell(table, message)
    assert counted(table) == counted(told(events, organised(teams, timezone)))
    assert point_cells(table) == folded_points(table)
    configure(table, TEAMS, "UTC")
    tell(table, message, message)
    assert counted(table) == counted(told(events))


@given(seed=SEEDS)
@hypothesis_settings(max_examples=20)
def test_a_deleted_metric_leaves_nothing_and_stays_deleted(seed: int) -> None:
    events = points_drawn(seed)
    table = told([*events, DELETION, *events, DELETION])
    left = {key for key in everything(table) if key[0] not in ("config", f"repo#metric:{METRIC}")}
    assert left == set()
    again = a_point(3, at(10), received=at(21))
    tell(table, again)
    assert counted(table) == counted(told([again]))


@given(seed=SEEDS, dies_after=st.integers(1, 12))
@hypothesis_settings(max_examples=40)
def test_a_worker_may_die_after_any_transaction(seed: int, dies_after: int) -> None:
    events = points_drawn(seed)
    later = a_point(5, at(10), received=at(21))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute_point_cells, "ROOM", 24)
        for message, teams, timezone in (
            (ROSTER_TOLD, OTHER_TEAMS, "UTC"),
            (ZONE_TOLD, TEAMS, "Asia/Tokyo"),
            (DELETION, TEAMS, "UTC"),
        ):
            table = told(events)
            configure(table, teams, timezone)
            undisturbed = told([message, later], copy_of(table))
            dying = DyingTable(table, dies_after)
            try:
                fold(dying, json.dumps(message), sleep=lambda _: None)
            except WorkerDied:
                assert point_cells(table) == folded_points(table)
            if message is DELETION:  # whoever comes next finishes it
                told([later], table)
            told([message, later], table)
            assert counted(table) == counted(undisturbed)
            assert point_cells(table) == folded_points(table)


def test_a_fold_is_what_the_points_contribute_together() -> None:
    table = told(points_drawn(7))
    points: list[Point] = stored_points(table)
    for cell, spread in folded_points(table).items():
        assert spread == merged(contributions(point)[cell] for point in points if cell in contributions(point))

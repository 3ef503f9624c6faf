"""Points that are counted together: the same as one by one, however they are cut into runs, and whatever the worker dies of."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import apply_message, apply_point_run
from leadline.contract.messages import PointMessage, parse
from leadline.domain.points import PointScope
from leadline.store import planned_writes as changeset
from leadline.store.memory import MemoryTable
from leadline.store.points import point_lock
from tests.builders import Event, at, event
from tests.laws.dying import DyingTable, WorkerDied, items_of
from tests.points import METRIC, a_point, counted, folded_points, organised, point_cells, points_drawn

SEEDS = st.integers(min_value=0, max_value=10_000_000)
NOW = at(21)
PSEUDONYMS = {"salt": "5a17", "pseudonyms": True}
NAMINGS = pytest.mark.parametrize("people", [{}, PSEUDONYMS], ids=["names", "pseudonyms"])


def drawn(seed: int, draw: random.Random) -> list[Event]:
    """Points in any order, some of them sent again, at once or later; some were received before their metric was deleted."""
    events = [each for each in points_drawn(seed) for _ in range(draw.choice([1, 1, 1, 2, 3]))]
    events = [{**each, "received_at": each["received_at"] + draw.choice([0, 0, 1])} for each in events]
    draw.shuffle(events)
    if draw.random() < 0.3:
        events.insert(0, event("deletion of points", {"metric": METRIC}, at(14) + draw.randint(0, 30)))
    return events


def runs(events: Iterable[Event], draw: random.Random) -> Iterator[list[Event]]:
    """Cut as the queue's batches would cut them."""
    run: list[Event] = []
    for each in events:
        if run and (each["kind"] != "point" or len(run) == 10 or draw.random() < 0.15):
            yield run
            run = []
        if each["kind"] == "point":
            run.append(each)
        else:
            yield [each]
    if run:
        yield run


def a_message(body: str) -> PointMessage:
    message = parse(body)
    assert isinstance(message, PointMessage)
    return message


def tell(table: MemoryTable, run: list[Event]) -> None:
    bodies = [json.dumps(each) for each in run]
    if run[0]["kind"] == "point":
        apply_point_run(table, [a_message(body) for body in bodies], NOW)
    else:
        apply_message(table, parse(bodies[0]), NOW)


def all_but_versions(table: MemoryTable) -> object:
    """Everything that is stored, traces too, but for how many transactions it took."""
    items = items_of(table)
    items[changeset.lock_key(point_lock(METRIC))].pop("v")
    return items


@NAMINGS
@given(seed=SEEDS, order=SEEDS)
@hypothesis_settings(max_examples=50)
def test_points_told_together_leave_exactly_what_they_leave_one_by_one(
    people: dict[str, object], seed: int, order: int
) -> None:
    draw = random.Random(order)
    events = drawn(seed, draw)
    together, singly = organised(people=people), organised(people=people)
    for run in runs(events, draw):
        tell(together, run)
        assert point_cells(together) == folded_points(together)
    for each in events:
        tell(singly, [each])
    assert all_but_versions(together) == all_but_versions(singly)


@given(seed=SEEDS, order=SEEDS, other=SEEDS)
@hypothesis_settings(max_examples=40)
def test_any_order_repetition_and_cut_into_runs_gives_the_same_points_and_cells(
    seed: int, order: int, other: int
) -> None:
    events = points_drawn(seed)
    tables = []
    for draw in (random.Random(order), random.Random(other)):
        told = [each for each in events for _ in range(draw.randint(1, 3))]
        draw.shuffle(told)
        table = organised()
        for run in runs(told, draw):
            tell(table, run)
        tables.append(table)
    assert counted(tables[0]) == counted(tables[1])


@pytest.mark.parametrize("room", [16, 40, 96])
@given(seed=SEEDS, order=SEEDS, dies_after=st.integers(1, 12))
@hypothesis_settings(max_examples=25)
def test_a_worker_may_die_after_any_transaction_of_a_run(room: int, seed: int, order: int, dies_after: int) -> None:
    draw = random.Random(order)
    events = drawn(seed, draw)
    undisturbed, table = organised(), organised()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changeset, "ROOM", room)
        for run in runs(events, draw):
            tell(undisturbed, run)
        dying = DyingTable(table, dies_after)
        for run in runs(events, draw):
            try:
                tell(dying, run)
            except WorkerDied:
                assert point_cells(table) == folded_points(table)
                for again in runs(run, draw):  # delivered again, cut in another way
                    tell(table, again)
            assert point_cells(table) == folded_points(table)
    assert counted(table) == counted(undisturbed)


def test_a_run_of_points_of_many_teams_takes_as_many_transactions_as_it_needs() -> None:
    table = organised({f"team-{number}": {"members": [{"author": "ann"}]} for number in range(12)})

    def told(value: int, day: int, received: int, **fields: str) -> str:
        point = a_point(value, at(day), service="till", author="ann", received=at(received), **fields)
        return json.dumps(point)

    others = [a_message(told(number, number + 1, 18)) for number in range(8)]
    apply_point_run(table, [*others, a_message(told(5, 9, 20, id="one"))], NOW)
    later = [*(told(1, day, 18) for day in (20, 21, 22)), told(7, 10, 19, id="one")]
    apply_point_run(table, [a_message(body) for body in later], NOW)
    assert point_cells(table) == folded_points(table)
    everyone = [spread for cell, spread in point_cells(table).items() if cell.scope == PointScope("production")]
    assert (sum(spread.n for spread in everyone), sum(spread.total for spread in everyone)) == (12, 38_000_000)

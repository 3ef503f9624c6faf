"""The promise: however many transactions a message takes, a worker may die after any of them.

After each transaction cells equal the fold of the facts, and once the message was delivered again, at once or after others,
everything is as if nobody had died.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from compute.apply import fold
from leadline.store.memory import MemoryTable
from leadline.store.table import Key, Put
from tests.builders import Event
from tests.laws.big import Ordeal, World, ordeals
from tests.laws.dying import copy_of, small_transactions, survives, transactions
from tests.stored import everything, folded_cells, stored_cells

SMALL = {ordeal.name: ordeal for ordeal in ordeals(World(4, 4))}
"""For the names alone."""
TOLD = ("deployment", "change", "incident", "commits")
"""What senders tell, in any order."""


def told(table: MemoryTable, events: list[Event]) -> MemoryTable:
    for each in events:
        fold(table, json.dumps(each), sleep=lambda _: None)
    return table


def facts(table: MemoryTable) -> dict[Key, Any]:
    """Everything but what is left of the lock of a service that was without repository: only one that was has it."""
    return {key: item for key, item in everything(table).items() if not key[0].startswith("repo#service:")}


def prepared(world: World, ordeal: Ordeal) -> MemoryTable:
    table = told(copy_of(world.table), [*ordeal.before])
    if ordeal.roster is not None:
        table.write([Put(ordeal.roster)])
    return table


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Forty changes in transactions that hold one part each."""
    with small_transactions(room=24, part_size=4):
        yield World(40, 12)


@pytest.fixture(scope="module")
def large_world() -> World:
    return World(300, 40)


@pytest.mark.parametrize("name", SMALL)
def test_a_worker_may_die_after_any_transaction(world: World, name: str) -> None:
    die_everywhere(world, name, both=True)


@pytest.mark.parametrize("name", ["everything ships at once", "an incident", "its teams change"])
def test_a_worker_may_die_after_any_transaction_of_a_deployment_of_300_changes(large_world: World, name: str) -> None:
    die_everywhere(large_world, name, both=False)


def die_everywhere(world: World, name: str, *, both: bool) -> None:
    """After each death the message comes again at once, and, with `both`, in another run after others; else in turn."""
    ordeal = next(each for each in ordeals(world) if each.name == name)
    start = prepared(world, ordeal)
    message = json.dumps(ordeal.message)
    wanted = everything(told(copy_of(start), [ordeal.message, *ordeal.other]))
    count = transactions(start, message)
    assert count > 3, "this message is no ordeal"
    for death in range(1, count + 1):
        at_once: list[Event] = []
        after_others = [*ordeal.other]
        for between in (at_once, after_others) if both else (after_others if death % 2 else at_once,):
            table = copy_of(start)
            assert not survives(table, message, death)
            assert stored_cells(table) == folded_cells(table)
            told(table, [*between, ordeal.message, *ordeal.other])
            assert stored_cells(table) == folded_cells(table)
            assert everything(table) == wanted, f"died after transaction {death}"


@pytest.mark.parametrize("name", SMALL)
def test_what_takes_many_transactions_comes_out_the_same_in_another_order(world: World, name: str) -> None:
    ordeal = next(each for each in ordeals(world) if each.name == name)
    last = [ordeal.message] if ordeal.message["kind"] not in TOLD else []
    events = [each for each in [*ordeal.before, ordeal.message, *ordeal.other] if each["kind"] in TOLD]
    forwards = told(copy_of(world.table), [*events, *last])
    backwards = told(copy_of(world.table), [*reversed(events), *last])
    assert stored_cells(forwards) == folded_cells(forwards)
    assert facts(backwards) == facts(forwards)

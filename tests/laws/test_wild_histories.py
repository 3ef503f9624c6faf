"""The promise, on histories made to be hard: order and repetition change no fact and no number, and a change ships once."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import fold
from leadline.store.memory import MemoryTable
from leadline.store.table import Key, Table
from tests.laws.wild_histories import a_wild_history
from tests.stored import everything, folded_cells, records, stored_cells

SEEDS = st.integers(min_value=0, max_value=10_000_000)


def folded(messages: list[str]) -> MemoryTable:
    table = MemoryTable()
    for message in messages:
        fold(table, message, sleep=lambda _: None)
    return table


def facts(table: Table) -> dict[Key, Any]:
    """Everything but the repositories' own items, which hint at where to look."""
    return {key: item for key, item in everything(table).items() if not key[0].startswith("repo#")}


@pytest.mark.parametrize("graph", [True, False], ids=["commit graph told", "only changes told"])
@given(seed=SEEDS, order=SEEDS)
@hypothesis_settings(max_examples=150)
def test_any_permutation_and_any_repetition_of_a_hard_history_gives_the_same_facts_and_cells(
    graph: bool, seed: int, order: int
) -> None:
    messages = a_wild_history(seed, graph=graph)
    draw = random.Random(order)
    shuffled = [message for message in messages for _ in range(draw.randint(1, 3))]
    draw.shuffle(shuffled)
    table = folded(shuffled)

    assert facts(table) == facts(folded(messages))
    assert stored_cells(table) == folded_cells(table)


@given(seed=SEEDS, graph=st.booleans())
@hypothesis_settings(max_examples=100)
def test_a_change_ships_once_in_each_service_and_environment(seed: int, graph: bool) -> None:
    shipped = Counter(
        (record.deployment.service, record.deployment.environment, change.number)
        for record in records(folded(a_wild_history(seed, graph=graph)))
        for change in record.changes
    )
    assert not [key for key, times in shipped.items() if times > 1]

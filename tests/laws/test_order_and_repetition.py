"""The promise: neither the order in which events arrive nor their repetition changes a fact or a number."""

import random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import fold
from leadline.store.memory import MemoryTable
from tests.histories import a_history
from tests.stored import everything, folded_cells, stored_cells

SEEDS = st.integers(min_value=0, max_value=10_000_000)


def folded(messages: list[str]) -> MemoryTable:
    table = MemoryTable()
    for message in messages:
        fold(table, message, sleep=lambda _: None)
    return table


@pytest.mark.parametrize("graph", [True, False], ids=["commit graph told", "only changes told"])
@given(seed=SEEDS, order=SEEDS)
@hypothesis_settings(max_examples=60)
def test_any_permutation_and_any_repetition_of_the_events_gives_the_same_facts_and_cells(
    graph: bool, seed: int, order: int
) -> None:
    messages = a_history(seed, graph=graph).messages
    draw = random.Random(order)
    shuffled = [message for message in messages for _ in range(draw.randint(1, 3))]
    draw.shuffle(shuffled)

    assert everything(folded(shuffled)) == everything(folded(messages))


@given(seed=SEEDS, order=SEEDS)
@hypothesis_settings(max_examples=30)
def test_cells_are_the_fold_of_the_facts_after_every_event(seed: int, order: int) -> None:
    messages = a_history(seed).messages
    random.Random(order).shuffle(messages)
    table = MemoryTable()
    for message in messages:
        fold(table, message, sleep=lambda _: None)
        assert stored_cells(table) == folded_cells(table)

"""The promise: a worker may die after any transaction of any message; no number is wrong then, and none afterwards."""

import random

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import fold
from leadline.store.memory import MemoryTable
from tests.histories import a_history
from tests.laws.dying import small_transactions, survives
from tests.stored import everything, folded_cells, stored_cells

SEEDS = st.integers(min_value=0, max_value=10_000_000)


def undisturbed(messages: list[str]) -> MemoryTable:
    table = MemoryTable()
    for message in messages:
        fold(table, message, sleep=lambda _: None)
    return table


@given(seed=SEEDS, deaths=SEEDS, graph=st.booleans())
@hypothesis_settings(max_examples=60)
def test_workers_dying_anywhere_leave_the_facts_and_cells_of_an_undisturbed_run(
    seed: int, deaths: int, graph: bool
) -> None:
    draw = random.Random(deaths)
    messages = a_history(seed, graph=graph).messages
    draw.shuffle(messages)
    with small_transactions(room=10, part_size=1):
        wanted = undisturbed(messages)
        table = MemoryTable()
        waiting = list(messages)
        while waiting:
            # Mostly the message comes again at once; now and then others get in between.
            place = 0 if draw.random() < 0.7 else draw.randrange(len(waiting))
            if survives(table, waiting[place], draw.choice([0, 1, 1, 2, 3, 4])):
                del waiting[place]
            assert stored_cells(table) == folded_cells(table)
        assert everything(table) == everything(wanted)

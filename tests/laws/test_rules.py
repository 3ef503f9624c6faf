"""The promise under other rules than the usual: direct commits that count, and repairs known by a change's label."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import fold
from leadline.contract.settings_schema import COUNT
from leadline.store.configuration import OrganisationSettings
from leadline.store.memory import MemoryTable
from leadline.store.table import Put
from tests.laws.dying import small_transactions, survives
from tests.laws.test_wild_histories import facts
from tests.laws.wild_histories import a_wild_history
from tests.stored import folded_cells, records, stored_cells

SEEDS = st.integers(min_value=0, max_value=10_000_000)
RULES = OrganisationSettings(
    direct_commits=COUNT, rework_labels=("hot*",), rework_means_failure=True, failure_status_counts=True, bots=("bob",)
)


def folded(messages: list[str]) -> MemoryTable:
    table = MemoryTable()
    table.write([Put(RULES.to_item())])
    for message in messages:
        fold(table, message, sleep=lambda _: None)
    return table


@given(seed=SEEDS, order=SEEDS, graph=st.booleans())
@hypothesis_settings(max_examples=150)
def test_any_permutation_and_any_repetition_gives_the_same_facts_and_cells_by_these_rules_too(
    seed: int, order: int, graph: bool
) -> None:
    messages = a_wild_history(seed, graph=graph)
    draw = random.Random(order)
    shuffled = [message for message in messages for _ in range(draw.randint(1, 3))]
    draw.shuffle(shuffled)
    table = folded(shuffled)

    assert facts(table) == facts(folded(messages))
    assert stored_cells(table) == folded_cells(table)


@given(seed=SEEDS, deaths=SEEDS, graph=st.booleans())
@hypothesis_settings(max_examples=40)
def test_workers_dying_anywhere_leave_the_facts_and_cells_of_an_undisturbed_run_by_these_rules_too(
    seed: int, deaths: int, graph: bool
) -> None:
    draw = random.Random(deaths)
    messages = a_wild_history(seed, graph=graph)
    with small_transactions(room=10, part_size=1):
        wanted, table, waiting = folded(messages), folded([]), [*messages]
        while waiting:
            place = 0 if draw.random() < 0.7 else draw.randrange(len(waiting))
            if survives(table, waiting[place], draw.choice([0, 1, 1, 2, 3, 4])):
                del waiting[place]
            assert stored_cells(table) == folded_cells(table)
        assert facts(table) == facts(wanted)


@given(seed=SEEDS)
@hypothesis_settings(max_examples=100)
def test_a_direct_commit_counts_once_in_each_service_and_environment(seed: int) -> None:
    counted = Counter(
        (record.deployment.service, record.deployment.environment, commit)
        for record in records(folded(a_wild_history(seed, graph=True)))
        for commit in record.commits
    )
    assert not [key for key, times in counted.items() if times > 1]

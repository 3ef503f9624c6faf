"""Whoever is removed is found nowhere any more, and no number that is not theirs changes: not then, and not ever after."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import fold
from compute.jobs import renaming
from leadline.store.configuration import ROSTER_KEY
from leadline.store.memory import MemoryTable
from leadline.store.table import Key, Write
from tests.builders import a_change, at
from tests.contract.configured import configure
from tests.contract.pipeline import Pipeline
from tests.laws.dying import DyingTable, WorkerDied, small_transactions
from tests.laws.peopled import (
    BOB,
    BOT,
    CID,
    TEAMS,
    ZOE,
    a_peopled_history,
    an_organisation,
    everyones_numbers,
    is_exact,
    places_of,
)
from tests.stored import everything

SEEDS = st.integers(min_value=0, max_value=10_000_000)
PHASES = [phase for phase in Phase if phase != Phase.shrink]
"""A smaller seed is no smaller history."""
PERSON = st.sampled_from([ZOE, BOB, CID, BOT])


def remove(api: Pipeline, name: str) -> str:
    """The event of a removal that is not worked yet."""
    answer = api.send("DELETE", f"/v1/people/{name}")
    assert answer.status == 202, answer.text
    return str(answer.json["event_id"])


@given(seed=SEEDS, name=PERSON)
@hypothesis_settings(max_examples=4, deadline=None, phases=PHASES)
def test_a_removed_person_is_nowhere_and_all_others_numbers_stay(seed: int, name: str) -> None:
    events = a_peopled_history(seed)
    api = an_organisation(events)
    before = everyones_numbers(api)
    assert places_of(api.table, name)
    removal = remove(api, name)
    api.settle()
    assert places_of(api.table, name) == []
    assert everyones_numbers(api) == before
    assert is_exact(api)
    assert api.get(f"/v1/events/{removal}")["status"] == "counted"
    api.tell(*events)
    assert places_of(api.table, name) == []
    assert everyones_numbers(api) == before
    assert is_exact(api)


@given(seed=SEEDS, cut=SEEDS, name=PERSON)
@hypothesis_settings(max_examples=4, deadline=None, phases=PHASES)
def test_whatever_is_told_and_configured_later_counts_as_if_nobody_had_been_removed(
    seed: int, cut: int, name: str
) -> None:
    events = a_peopled_history(seed, disputed=False)
    cut %= len(events) + 1
    plain, api = an_organisation(events), an_organisation(events[:cut])
    remove(api, name)
    api.settle()
    api.tell(*events[cut:])
    assert everyones_numbers(api) == everyones_numbers(plain)
    changes: list[Callable[[Pipeline], object]] = [
        lambda each: configure(each, timezone="Asia/Kolkata"),
        lambda each: each.send("DELETE", "/v1/teams/payments", if_match="*"),
        lambda each: each.put_team("payments", *({"author": member} for member in TEAMS["payments"])),
        lambda each: each.put_team("search", {"author": CID}, *({"author": member} for member in TEAMS["search"])),
        lambda each: configure(each, direct_commits="list"),
    ]
    for change in changes:
        for each in (plain, api):
            change(each)
            each.settle()
        assert everyones_numbers(api) == everyones_numbers(plain)
        assert is_exact(api)
        assert places_of(api.table, name) == []


@contextmanager
def small_pages() -> Iterator[None]:
    """A message does little, so that small tables take many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renaming, "PAGE", 7)
        patch.setattr(renaming, "CHANGES", 2)
        yield


@given(seed=SEEDS, draw=st.randoms(use_true_random=False), name=PERSON)
@hypothesis_settings(max_examples=4, deadline=None, phases=PHASES)
def test_events_told_while_a_person_is_being_removed_count_as_ever(seed: int, draw: random.Random, name: str) -> None:
    events = a_peopled_history(seed, disputed=False)
    plain, api = an_organisation(events), an_organisation(events[: len(events) // 2])
    remove(api, name)
    api.queue.messages.clear()
    left = [*events, *draw.choices(events, k=5)]
    with small_pages():
        while renaming.go_on(api.table, api.now, sleep=lambda _: None) or left:
            told, left = left[:3], left[3:]
            api.tell(*told)
            assert is_exact(api)
    assert places_of(api.table, name) == []
    assert everyones_numbers(api) == everyones_numbers(plain)


@given(seed=SEEDS, draw=st.randoms(use_true_random=False), name=PERSON)
@hypothesis_settings(max_examples=4, deadline=None, phases=PHASES)
def test_workers_dying_anywhere_leave_a_removal_to_be_finished(seed: int, draw: random.Random, name: str) -> None:
    with small_pages(), small_transactions(room=10, part_size=1):
        api = an_organisation(a_peopled_history(seed))
        before = everyones_numbers(api)
        remove(api, name)
        api.queue.messages.clear()
        going = True
        while going:
            table = DyingTable(_memory(api), dies_after=draw.choice([0, 1, 1, 2, 3]))
            try:
                going = renaming.go_on(table, api.now, sleep=lambda _: None) is not None
            except WorkerDied:
                assert is_exact(api)
    assert places_of(api.table, name) == []
    assert everyones_numbers(api) == before
    assert is_exact(api)


FACTS = (
    "dep#",
    "line#",
    "change#",
    "node#",
    "ledger#",
    "cell#",
    "point#",
    "pointcell#",
    "wait#",
    "attention#",
    "dashboards",
)


def facts(api: Pipeline) -> dict[Key, Any]:
    stored = everything(api.table)
    kept = {key: item for key, item in stored.items() if key[0].startswith(FACTS)}
    return {**kept, ROSTER_KEY: stored[ROSTER_KEY]}


def named_beside(api: Pipeline) -> list[str]:
    """Where people's names stand beside the list that they are kept apart in, and labels: nobody knows which of those are names."""
    places = [place for name in (ZOE, BOB, CID) for place in places_of(api.table, name, labels=False)]
    return [place for place in places if not place.startswith("people |")]


@given(seed=SEEDS, draw=st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=2, deadline=None, phases=PHASES)
def test_pseudonyms_change_no_number_and_names_come_back_as_they_were(seed: int, draw: random.Random) -> None:
    events = a_peopled_history(seed)
    api = an_organisation(events)
    before, by_name = everyones_numbers(api), facts(api)
    by_pseudonym: list[dict[Key, Any]] = []
    for individuals in ("pseudonyms", "names", "off", "pseudonyms", "off"):
        api.send("PATCH", "/v1/settings", {"individuals": individuals}, if_match="*")
        with small_pages():
            left = draw.sample(events, k=6)
            while renaming.go_on(api.table, api.now, sleep=lambda _: None):
                api.tell(*left[:1])
                left = left[1:]
                assert is_exact(api)
        api.queue.messages.clear()
        api.tell(*events)
        assert everyones_numbers(api) == before
        assert is_exact(api)
        if individuals == "pseudonyms":
            by_pseudonym.append(facts(api))
            assert named_beside(api) == []
        elif individuals == "names":
            assert facts(api) == by_name
    assert by_pseudonym[0] == by_pseudonym[1] == facts(api)
    assert named_beside(api) == []


@given(seed=SEEDS, draw=st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=4, deadline=None, phases=PHASES)
def test_workers_dying_anywhere_leave_no_name_and_lose_none(seed: int, draw: random.Random) -> None:
    with small_pages(), small_transactions(room=10, part_size=1):
        api = an_organisation(a_peopled_history(seed))
        before, by_name = everyones_numbers(api), facts(api)
        for individuals in ("pseudonyms", "names"):
            api.send("PATCH", "/v1/settings", {"individuals": individuals}, if_match="*")
            going = True
            while going:
                table = DyingTable(_memory(api), dies_after=draw.choice([0, 1, 2, 3]))
                try:
                    going = renaming.go_on(table, api.now, sleep=lambda _: None) is not None
                except WorkerDied:
                    assert is_exact(api)
            assert everyones_numbers(api) == before
            assert individuals == "names" or named_beside(api) == []
    assert facts(api) == by_name


def _memory(api: Pipeline) -> MemoryTable:
    assert isinstance(api.table, MemoryTable)
    return api.table


class InterruptedTable(MemoryTable):
    """The same items as `table`; something else happens right before its first write."""

    def __init__(self, table: MemoryTable, between: Callable[[], object]) -> None:
        super().__init__()
        self._partitions = table._partitions
        self._lock = table._lock
        self._between: Callable[[], object] | None = between

    def write(self, writes: Sequence[Write]) -> None:
        between, self._between = self._between, None
        if between is not None:
            between()
        super().write(writes)


@pytest.mark.parametrize("repository", ["github.com/acme/known", "github.com/acme/new"])
def test_what_was_read_before_a_removal_is_not_stored_after_it(repository: str) -> None:
    api = Pipeline()
    api.tell(a_change(1, "m1", at(1), repository="github.com/acme/known", author=BOB))

    def removed() -> None:
        remove(api, ZOE)
        api.settle()

    told = a_change(2, "m2", at(2), repository=repository, author=ZOE)
    fold(InterruptedTable(_memory(api), removed), json.dumps(told), sleep=lambda _: None)
    assert places_of(api.table, ZOE) == []
    assert [item for item in api.table.scan() if item["pk"] == f"change#{repository}#2"]


def test_a_team_sent_while_one_of_it_is_removed_does_not_bring_the_name_back() -> None:
    api = Pipeline()
    assert api.put_team("payments", {"author": ZOE}).status == 200

    class Racing(MemoryTable):
        raced = False

        def write(self, writes: Sequence[Write]) -> None:
            if not self.raced:
                self.raced = True
                remove(api, ZOE)
                api.settle()
            super().write(writes)

    racing = Racing()
    racing._partitions = _memory(api)._partitions
    slow = Pipeline(racing)
    slow.key = api.key
    racing.raced = False
    assert slow.put_team("payments", {"author": ZOE, "to": "2026-10-01"}).status == 200
    assert places_of(api.table, ZOE) == []

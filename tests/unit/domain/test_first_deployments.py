"""A first deployment starts tracking: it never swallows history, and never yields a lead time older than its date rule allows."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.windows import Calendar
from leadline.store.configuration import SETTINGS_KEY
from leadline.store.memory import MemoryTable
from leadline.store.table import Put
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    Event,
    a_change,
    a_deployment,
    a_line,
    at,
    carried,
    commits,
    deployments,
    numbers,
    sha,
    tell,
    the_deployment,
    why,
)


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def in_time_zone(table: MemoryTable, zone: str) -> None:
    table.write([Put({"pk": SETTINGS_KEY[0], "sk": SETTINGS_KEY[1], "timezone": zone, "v": 1})])


def merges(*instants: int, graph: bool = True) -> list[Event]:
    """Change 1, 2, ... merged at these instants as m1, m2, ..., one after the other on main."""
    names = [f"m{number}" for number in range(1, len(instants) + 1)]
    told: Event = commits(*a_line("base", *names), start=at(1, 0), every=MINUTE)
    for commit, instant in zip(told["data"]["commits"][1:], instants, strict=True):
        commit["committed_at"] = instant
    return [*([told] if graph else []), *(a_change(n, f"m{n}", when) for n, when in enumerate(instants, start=1))]


@pytest.mark.parametrize("graph", [True, False])
def test_a_first_deployment_carries_what_was_merged_on_its_own_date_and_nothing_older(
    table: MemoryTable, graph: bool
) -> None:
    told = merges(at(3, 12), at(4, 23.99), at(5, 0), at(5, 9), at(5, 11), graph=graph)
    tell(table, *told, a_deployment("m5", at(5, 12), deployment_id="a"))
    assert carried(table, "a") == {"a": [3, 4, 5]}
    assert why(the_deployment(table, "a")) == ("baseline", "BASELINE")


def test_what_came_before_a_first_deployment_is_in_production_and_never_ships_again(table: MemoryTable) -> None:
    tell(table, *merges(at(1), at(2), at(3), at(4)))
    tell(table, a_deployment("m3", at(5), deployment_id="a"), a_deployment("m4", at(6), deployment_id="b"))
    assert carried(table, "ab") == {"a": [3], "b": [4]}  # 3 is what was deployed: an exact hit counts on any date


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("commit", ["m2", "h2"], ids=["merge", "head"])
def test_an_exact_hit_on_a_merge_or_a_head_counts_however_old_it_is(
    table: MemoryTable, commit: str, told: bool
) -> None:
    if told:
        tell(table, commits("base", "h2 <- base", "m1 <- base", "m2 <- m1", start=at(1, 0)))
    tell(table, a_change(1, "m1", at(1, 2)), a_change(2, "m2", at(1, 3), head_sha=sha("h2")))
    tell(table, a_deployment(commit, at(29), deployment_id="a"))
    assert carried(table, "a") == {"a": [2]}


@pytest.mark.parametrize(
    ("zone", "found"),
    [("UTC", [3]), ("Europe/Berlin", [2, 3]), ("America/Los_Angeles", [1, 2, 3])],
)
def test_the_date_is_that_of_the_organisations_time_zone(table: MemoryTable, zone: str, found: list[int]) -> None:
    in_time_zone(table, zone)  # Berlin is two hours ahead in October, Los Angeles seven behind
    tell(table, *merges(at(4, 21), at(4, 22.5), at(5, 0.5), at(5, 1)))
    tell(table, a_deployment("m3", at(5, 2), deployment_id="a"))
    assert carried(table, "a") == {"a": found}


def test_a_blank_baseline_starts_tracking_and_carries_nothing(table: MemoryTable) -> None:
    tell(table, *merges(at(1), at(3), at(5)))
    tell(table, a_deployment(None, at(4), deployment_id="blank", baseline=True))
    tell(table, a_deployment("m3", at(6), deployment_id="b"))
    assert why(the_deployment(table, "blank")) == ("baseline", "BASELINE")
    assert carried(table, ["blank", "b"]) == {"blank": [], "b": [3]}
    assert why(the_deployment(table, "b")) == ("mapped", "RANGE")


def test_a_baseline_with_a_sha_carries_nothing_and_draws_the_line_there(table: MemoryTable) -> None:
    tell(table, *merges(at(1), at(2), at(2, 13), at(3)))
    tell(table, a_deployment("m2", at(2, 14), deployment_id="a", baseline=True))
    tell(table, a_deployment("m4", at(6), deployment_id="b"))
    found = the_deployment(table, "a")
    assert (numbers(found), why(found), found.to_id) == ([], ("baseline", "BASELINE"), sha("m2"))
    assert carried(table, "b") == {"b": [3, 4]}


def test_a_baseline_in_the_middle_starts_tracking_anew(table: MemoryTable) -> None:
    tell(table, *merges(at(1), at(2), at(3), at(4)))
    tell(table, a_deployment("m1", at(1, 20), deployment_id="a"))
    tell(table, a_deployment("m3", at(5), deployment_id="again", baseline=True))
    tell(table, a_deployment("m4", at(6), deployment_id="b"))
    assert carried(table, ["again", "b"]) == {"again": [], "b": [4]}


def test_a_deployment_before_the_first_takes_its_place_when_it_arrives_late(table: MemoryTable) -> None:
    tell(table, *merges(at(1), at(2), at(3)), a_deployment("m3", at(3, 20), deployment_id="b"))
    assert carried(table, "b") == {"b": [3]}
    tell(table, a_deployment("m1", at(1, 20), deployment_id="a"))
    assert carried(table, "ab") == {"a": [1], "b": [2, 3]}
    assert [why(record)[0] for record in deployments(table)] == ["baseline", "mapped"]


def test_a_first_deployment_that_failed_leaves_the_next_one_the_first(table: MemoryTable) -> None:
    tell(table, *merges(at(1), at(2), at(3)))
    tell(table, a_deployment("m1", at(1, 20), deployment_id="a", status="failure"))
    tell(table, a_deployment("m3", at(3, 20), deployment_id="b"))
    assert carried(table, "ab") == {"a": [], "b": [3]}
    assert why(the_deployment(table, "b")) == ("baseline", "BASELINE")


@given(
    seed=st.integers(0, 10_000_000), graph=st.booleans(), zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"])
)
def test_no_first_deployment_ever_carries_what_was_merged_before_its_date_but_for_an_exact_hit(
    seed: int, graph: bool, zone: str
) -> None:
    draw = random.Random(seed)
    table, calendar = MemoryTable(), Calendar(zone)
    in_time_zone(table, zone)
    instants = sorted(draw.randint(at(1), at(30)) for _ in range(draw.randint(1, 12)))
    told: list[Any] = merges(*instants, graph=graph)
    target = draw.randint(1, len(instants))
    finished = instants[target - 1] + draw.choice([1, HOUR, 12 * HOUR, DAY, 9 * DAY])
    told.append(a_deployment(f"m{target}", finished, deployment_id="a"))
    draw.shuffle(told)
    tell(table, *told)
    today = calendar.start_of(calendar.day_of(finished))
    for number in numbers(the_deployment(table, "a")):
        assert number == target or today <= instants[number - 1] <= finished

"""The breaker of a code host, shared through the table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from compute.vcs.budget import FAILURES, FIRST_PAUSE, LONGEST_LIMIT, LONGEST_PAUSE, PROBE, Breaker, Closed
from leadline.store.memory import MemoryTable
from leadline.store.table import Table
from tests.vcs.asking import Clock

MINUTE = 60_000


def worker(table: Table, clock: Clock, host: str = "github.com") -> Breaker:
    return Breaker(table, host, clock)


def fail(breaker: Breaker, times: int = FAILURES) -> None:
    for _ in range(times):
        breaker.failed(breaker.enter())


def test_single_failures_between_answers_close_nothing() -> None:
    breaker = worker(MemoryTable(), Clock())
    for _ in range(10):
        fail(breaker, FAILURES - 1)
        breaker.succeeded(breaker.enter())


def test_failures_in_a_row_keep_all_workers_away_and_no_other_host() -> None:
    table, clock = MemoryTable(), Clock()
    fail(worker(table, clock))
    with pytest.raises(Closed) as raised:
        worker(table, clock).enter()
    assert raised.value.until == clock.now + FIRST_PAUSE
    assert worker(table, clock, "gitlab.com").enter()


def test_after_the_pause_one_worker_tries_and_the_others_wait_for_what_it_finds() -> None:
    table, clock = MemoryTable(), Clock()
    fail(worker(table, clock))
    clock.now += FIRST_PAUSE

    def try_it(_: int) -> bool:
        try:
            worker(table, clock).enter()
        except Closed:
            return False
        return True

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(try_it, range(40))) == 1


def test_a_try_that_succeeds_lets_all_in_again() -> None:
    table, clock = MemoryTable(), Clock()
    fail(worker(table, clock))
    clock.now += FIRST_PAUSE
    breaker = worker(table, clock)
    breaker.succeeded(breaker.enter())
    assert worker(table, clock).enter()
    assert worker(table, clock).enter()


def test_each_try_that_fails_doubles_the_pause_up_to_a_bound() -> None:
    table, clock = MemoryTable(), Clock()
    breaker = worker(table, clock)
    fail(breaker)
    pauses = []
    for _ in range(8):
        with pytest.raises(Closed) as raised:
            breaker.enter()
        pauses.append(raised.value.until - clock.now)
        clock.now = raised.value.until
        breaker.failed(breaker.enter())
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert max(pauses) == LONGEST_PAUSE


def test_a_first_failure_after_a_rate_limit_keeps_the_breaker_open() -> None:
    table, clock = MemoryTable(), Clock()
    breaker = worker(table, clock)
    clock.now = breaker.limited(clock.now + MINUTE)
    breaker.failed(breaker.enter())
    with pytest.raises(Closed):
        breaker.enter()


def test_a_worker_that_dies_while_it_tries_does_not_close_the_host_for_good() -> None:
    table, clock = MemoryTable(), Clock()
    fail(worker(table, clock))
    clock.now += FIRST_PAUSE
    worker(table, clock).enter()
    clock.now += PROBE
    assert worker(table, clock).enter()


def test_a_late_success_does_not_open_what_a_rate_limit_closed_meanwhile() -> None:
    table, clock = MemoryTable(), Clock()
    breaker = worker(table, clock)
    fail(breaker, 1)
    leave = breaker.enter()
    breaker.limited(clock.now + MINUTE)
    breaker.succeeded(leave)
    with pytest.raises(Closed):
        breaker.enter()


def test_the_later_of_two_resets_holds_and_an_absurd_one_is_not_believed() -> None:
    table, clock = MemoryTable(), Clock()
    breaker = worker(table, clock)
    assert breaker.limited(clock.now + 2 * MINUTE) == clock.now + 2 * MINUTE
    breaker.limited(clock.now + MINUTE)
    clock.now += MINUTE
    with pytest.raises(Closed):
        breaker.enter()
    assert breaker.limited(clock.now * 1000) == clock.now + LONGEST_LIMIT
    assert breaker.limited(0) > clock.now

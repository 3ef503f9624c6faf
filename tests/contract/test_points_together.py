"""Points that follow each other on the queue are counted together, and each is told of as if it had come alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from leadline.domain.errors import Transient
from leadline.store.memory import MemoryTable
from leadline.store.planned_writes import lock_key
from leadline.store.points import point_lock
from leadline.store.table import Write
from tests.builders import Event, at, event
from tests.points import METRIC, a_point, stored_points
from tests.unit.compute.batches import Worker

GROUP = f"metric:{METRIC}"


class CountingTable(MemoryTable):
    """Knows how long each transaction was."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions: list[int] = []

    def write(self, writes: Sequence[Write]) -> None:
        super().write(writes)
        self.transactions.append(len(writes))


class PointsWorker(Worker):
    """Compute whose table knows how long each transaction was."""

    def __init__(self) -> None:
        self.table = CountingTable()
        super().__init__(self.table)
        self.now = at(20)
        self.table.transactions.clear()

    def work(self, *events: Event | str, group: str = GROUP, **more: Any) -> list[int]:
        return super().work(*events, group=group, **more)

    def sums(self, metric: str = METRIC) -> tuple[int, float]:
        metrics = self.api.get(f"/v1/metrics/custom/{metric}", from_="2026-10-01", to="2026-10-31")["metrics"]
        return metrics["n"], metrics["sum"]


def ten(**fields: Any) -> list[Event]:
    return [a_point(2**number, at(10) + number, id=f"id-{number}", service="till", **fields) for number in range(10)]


@pytest.fixture
def worker() -> PointsWorker:
    return PointsWorker()


def test_ten_points_of_a_metric_are_one_transaction_and_their_traces_another(worker: PointsWorker) -> None:
    assert worker.work(*ten()) == []
    # The lock and the settings that it begins with, the metric's name, ten points and ten ids, two cells and a place.
    assert worker.table.transactions == [2 + 1 + 10 + 10 + 2 + 1, 10]
    assert worker.sums() == (10, 1023)


def test_each_of_them_has_a_trace_of_its_own(worker: PointsWorker) -> None:
    told = ten()
    same = a_point(5, at(11), id="id-3", service="till", received=at(12))
    worker.work(*told[:9], same)
    assert {worker.why(each) for each in told[:9]} == {("counted", None)}
    assert worker.why(same) == ("duplicate", "SAME_ID")
    trace = worker.api.get(f"/v1/events/{told[4]['event_id']}")
    assert trace["steps"][-1]["detail"] == f"in 2 cells of 2026-10-10 of the metric {METRIC}"


def test_delivered_again_in_any_order_and_company_they_are_counted_once(worker: PointsWorker) -> None:
    told = ten()
    for seed in range(5):
        again = random.Random(seed).sample(told * 2, 10)
        assert worker.work(*again) == []
    worker.work(*told)
    assert worker.sums() == (10, 1023)
    assert {worker.why(each) for each in told} == {("counted", None)}


def test_a_message_that_is_not_understood_takes_no_neighbour_with_it(worker: PointsWorker) -> None:
    told = ten()
    newer, strange = {**told[3], "v": 2}, {**told[7], "kind": "pointer"}
    assert worker.work(*told[:3], newer, *told[4:7], strange, *told[8:]) == [3, 7]
    assert worker.sums() == (8, 1023 - 8 - 128)
    assert worker.work(newer, strange, receives=40, tried_for=30) == []
    assert worker.deliveries.reasons == ["UNKNOWN_KIND", "UNKNOWN_VERSION"]
    assert worker.why(told[3]) == ("parked", "UNKNOWN_VERSION")
    assert worker.work(told[3]) == []
    assert worker.why(told[3]) == ("counted", None)


def test_a_point_that_fails_goes_back_alone_and_all_others_are_counted(worker: PointsWorker) -> None:
    told = ten()
    broken = event("point", {**told[5]["data"], "labels": ["no", "labels"]}, at(10))
    assert worker.work(*told[:5], broken, *told[6:]) == [5]
    assert worker.sums() == (9, 1023 - 32)


@pytest.mark.parametrize("after", [0, 1], ids=["the points", "the traces"])
def test_what_fails_in_passing_goes_back_whole_and_is_counted_once_when_it_comes_again(
    worker: PointsWorker, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    told = ten()
    write = worker.table.write

    def failing(writes: Sequence[Write]) -> None:
        if len(worker.table.transactions) == after:
            worker.table.transactions.append(0)
            raise Transient("the table can't be reached")
        write(writes)

    monkeypatch.setattr(worker.table, "write", failing)
    assert worker.work(*told) == list(range(10))
    assert len(stored_points(worker.table)) == 10 * after
    assert worker.work(*told[5:], *told[:5], receives=2) == []
    assert worker.sums() == (10, 1023)
    assert {worker.why(each) for each in told} == {("counted", None)}


def test_points_that_were_parked_are_counted_together_and_listed_no_more(worker: PointsWorker) -> None:
    told = ten()
    worker.work(*told, receives=40, tried_for=30)
    assert worker.api.get("/v1/events", status="parked")["items"] == []
    assert {worker.why(each) for each in told} == {("counted", None)}
    assert worker.sums() == (10, 1023)


def test_metrics_in_one_batch_are_counted_each_by_itself(worker: PointsWorker) -> None:
    told = [each for pair in zip(ten(), ten(name="builds"), strict=True) for each in pair]
    assert worker.work(*told) == []
    assert worker.sums() == worker.sums("builds") == (10, 1023)
    locks = [lock_key(point_lock(metric)) for metric in (METRIC, "builds")]
    assert [worker.table.get([lock])[lock]["months"] for lock in locks] == [["202610"], ["202610"]]


def test_what_stands_between_points_is_done_in_its_turn(worker: PointsWorker) -> None:
    told = ten()
    deletion = event("deletion of points", {"metric": METRIC}, at(10) + 4)
    assert worker.work(*told[:5], deletion, *told[5:]) == []
    assert worker.sums() == (5, 1023 - 31)
    assert worker.why(told[0]) == ("superseded", "DELETED")
    assert worker.work(*told[2:8]) == []
    assert worker.sums() == (5, 1023 - 31)

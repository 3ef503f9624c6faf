"""Each message of a batch is finished, tried again soon, or parked, and none takes its neighbours along."""

from __future__ import annotations

from typing import Any

import pytest

from compute import worker as worker_module
from compute.apply import apply_message
from compute.batch import LONGEST_PAUSE, RESERVED, TRY_FOR
from compute.deliveries import MemoryDeliveries
from leadline.domain.errors import Transient
from leadline.queue import MAX_RECEIVES
from leadline.store.events import event_key
from leadline.store.memory import MemoryTable
from tests.builders import MINUTE, Event, a_deployment, at, event
from tests.unit.compute.batches import LittleTime, Worker, a_record, failing_on

TEN = [a_deployment(f"m{day}", at(day), deployment_id=f"d{day}") for day in range(1, 11)]
HALF_AN_HOUR = TRY_FOR // MINUTE


class Killed(BaseException):
    """Stands for whatever ends the process: the time limit, too little memory, a signal."""


@pytest.fixture
def worker() -> Worker:
    return Worker()


def fails(monkeypatch: pytest.MonkeyPatch, sent: Event, error: BaseException) -> None:
    monkeypatch.setattr(worker_module, "apply_message", failing_on(sent, error, apply_message))


def recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "apply_message", apply_message)


def test_nine_neighbours_of_a_message_that_meets_a_bug_are_counted_and_only_it_is_parked(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, TEN[0], KeyError("a bug"))
    assert worker.work(*TEN) == [0]
    assert {worker.why(sent)[0] for sent in TEN[1:]} == {"pending"}  # applied; their commits are not known
    assert worker.listed() == []
    assert worker.work(TEN[0], receives=2) == []
    assert worker.deliveries.reasons == ["UNEXPECTED_ERROR"]
    assert worker.listed() == [(TEN[0]["event_id"], "UNEXPECTED_ERROR")]


def test_a_bug_is_parked_with_its_class_and_place_and_nothing_of_what_was_sent(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, TEN[0], KeyError("what was sent"))
    worker.work(TEN[0], receives=2)
    trace = worker.api.get(f"/v1/events/{TEN[0]['event_id']}")
    (detail,) = [step["detail"] for step in trace["steps"] if step["step"] == "parked"]
    assert detail.startswith("KeyError at batches.py:")
    assert "what was sent" not in str(trace)


def test_a_bug_that_is_fixed_before_the_second_try_leaves_nothing_parked(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, TEN[0], KeyError("a bug"))
    worker.work(TEN[0])
    recovers(monkeypatch)
    assert worker.work(TEN[0], receives=2) == []
    assert worker.deliveries.parked == []


@pytest.mark.parametrize(("receives", "seconds"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (60, 30)])
def test_a_passing_fault_is_tried_again_within_seconds(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, receives: int, seconds: int
) -> None:
    fails(monkeypatch, TEN[0], Transient("the table can't be reached"))
    assert worker.work(*TEN[:3], receives=receives) == [0]
    assert worker.deliveries.pauses == {"m0": seconds}
    assert seconds <= LONGEST_PAUSE


def test_before_its_last_try_nothing_is_listed(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, TEN[0], Transient("the table can't be reached"))
    assert worker.work(TEN[0], receives=40, tried_for=HALF_AN_HOUR - 1) == [0]
    assert worker.listed() == []


def test_what_fails_for_half_an_hour_is_parked_and_listed(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, TEN[0], Transient("the table can't be reached"))
    assert worker.work(*TEN[:2], receives=40, tried_for=HALF_AN_HOUR) == []
    assert worker.deliveries.reasons == ["FAILED_REPEATEDLY"]
    assert worker.listed() == [(TEN[0]["event_id"], "FAILED_REPEATEDLY")]


def test_a_last_try_that_succeeds_leaves_nothing_listed(worker: Worker) -> None:
    assert worker.work(*TEN[:2], receives=40, tried_for=HALF_AN_HOUR) == []
    assert (worker.listed(), worker.deliveries.parked) == ([], [])
    assert worker.why(TEN[1])[0] == "pending"


def test_what_waited_long_for_its_first_try_has_as_many_tries_as_any(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, TEN[0], Transient("the table can't be reached"))
    assert worker.work(TEN[0], receives=1, tried_for=10 * HALF_AN_HOUR) == [0]
    assert worker.deliveries.parked == []


def test_a_last_try_that_kills_the_process_is_listed_and_then_parked_untried(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, TEN[0], Killed())
    with pytest.raises(Killed):
        worker.work(TEN[0], receives=6, tried_for=HALF_AN_HOUR)
    assert worker.listed() == [(TEN[0]["event_id"], "FAILED_REPEATEDLY")]
    assert worker.work(TEN[0], receives=7, tried_for=HALF_AN_HOUR + 6) == []
    assert worker.deliveries.reasons == ["FAILED_REPEATEDLY"]


def test_while_the_table_cannot_be_reached_messages_stay_on_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()

    def breaks_down(*_: Any) -> None:
        raise Transient("the table can't be reached")

    for method in ("get", "write"):
        monkeypatch.setattr(worker.api.table, method, breaks_down)
    assert worker.work(*TEN, receives=60, tried_for=HALF_AN_HOUR) == list(range(10))
    assert worker.deliveries.parked == []
    assert set(worker.deliveries.pauses.values()) == {LONGEST_PAUSE}


@pytest.mark.parametrize("killer", range(10))
def test_a_message_that_kills_the_process_takes_no_neighbour_along(
    monkeypatch: pytest.MonkeyPatch, killer: int
) -> None:
    """Lambda deletes nothing of a batch whose process died, so three deaths must be enough for all nine others."""
    worker = Worker()
    fails(monkeypatch, TEN[killer], Killed())
    left = {f"m{number}": sent for number, sent in enumerate(TEN)}
    for receives in (1, 2, 3):
        waiting = dict(left)
        with pytest.raises(Killed):
            work(worker, waiting, receives)
        left = {name: sent for name, sent in waiting.items() if name not in worker.deliveries.deleted}
    assert list(left) == [f"m{killer}"]


def work(worker: Worker, waiting: dict[str, Event], receives: int) -> None:
    records = [a_record(sent, name, receives=receives, first_received=worker.now) for name, sent in waiting.items()]
    worker.compute.handle({"Records": records}, None)


def test_what_is_new_is_deleted_before_anything_retried_is_begun(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, TEN[0], Killed())
    with pytest.raises(Killed):
        worker.work(*TEN[:4], receives=[2, 1, 1, 1])
    assert worker.deliveries.deleted == ["m1", "m2", "m3"]


def test_a_batch_without_retries_makes_no_request_to_the_queue(worker: Worker) -> None:
    assert worker.work(*TEN) == []
    assert worker.deliveries == MemoryDeliveries()


def test_no_message_is_begun_when_little_time_is_left(worker: Worker) -> None:
    left = [60_000, RESERVED, RESERVED - 1, 0]
    assert worker.work(*TEN[:4], context=LittleTime(left)) == [2, 3]
    assert worker.deliveries.pauses == {"m2": 0, "m3": 0}
    assert worker.why(TEN[1])[0] == "pending"
    assert worker.api.table.get([event_key(TEN[2]["event_id"])]) == {}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"v": 2}, "UNKNOWN_VERSION"), ({"v": 2, "data": None}, "UNKNOWN_VERSION"), ({"kind": "weather"}, "UNKNOWN_KIND")],
)
def test_a_message_of_another_version_waits_for_the_update(
    worker: Worker, changed: dict[str, Any], reason: str
) -> None:
    newer = {**TEN[0], **changed}
    assert worker.work(newer, TEN[1]) == [0]
    assert worker.deliveries.pauses == {"m0": 1}
    assert worker.deliveries.parked == []
    assert worker.work(TEN[0], receives=2) == []  # the update came, and it is understood
    assert worker.why(TEN[0])[0] == "pending"


@pytest.mark.parametrize(("changed", "reason"), [({"v": 2}, "UNKNOWN_VERSION"), ({"kind": "weather"}, "UNKNOWN_KIND")])
def test_a_message_that_no_update_makes_understood_is_parked_with_its_own_reason(
    worker: Worker, changed: dict[str, Any], reason: str
) -> None:
    newer = {**TEN[0], **changed}
    assert worker.work(newer, receives=40, tried_for=HALF_AN_HOUR) == []
    assert worker.deliveries.reasons == [reason]
    assert worker.listed() == [(newer["event_id"], reason)]


def test_what_can_never_work_is_parked_at_once(worker: Worker) -> None:
    assert worker.work("{", '"a string"', event("change", {"repository": "acme/api"}, at(3)), TEN[0]) == []
    assert worker.deliveries.reasons == ["NOT_JSON", "MALFORMED", "MALFORMED"]


def test_what_the_schedule_repeats_anyway_is_given_up_without_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()

    def breaks_down(*_: Any) -> None:
        raise Transient("the table can't be reached")

    monkeypatch.setattr(worker_module.renaming, "go_on", breaks_down)
    renaming = event("renaming", {"number": 1}, at(10))
    assert worker.work(renaming, receives=2) == [0]
    assert worker.work(renaming, receives=40, tried_for=HALF_AN_HOUR) == []
    assert (worker.listed(), worker.deliveries.parked) == ([], [])


def test_sqs_itself_moves_messages_only_long_after_compute_parks_them() -> None:
    assert MAX_RECEIVES * LONGEST_PAUSE * 1000 > 10 * TRY_FOR


def test_the_queue_being_unreachable_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable(MemoryDeliveries):
        def _refuse(self, *_: Any) -> None:
            raise Transient("the queue can't be reached")

        delete = retry_in = park = _refuse

    worker = Worker(MemoryTable())
    worker.deliveries = Unreachable()
    worker.compute = worker_module.Compute(
        worker.api.table, worker.api.queue, worker.deliveries, None, lambda: worker.now
    )
    fails(monkeypatch, TEN[0], KeyError("a bug"))
    assert worker.work(*TEN[:3], "{", receives=2) == [0, 3]
    assert worker.why(TEN[1])[0] == "pending"

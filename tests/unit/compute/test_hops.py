"""A job goes on message by message as long as it must, and a chain that goes in a circle stops with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compute import worker as worker_module
from leadline.contract.messages import RenamingMessage
from tests.builders import Event, at, event
from tests.unit.compute.batches import Worker


def rounds(worker: Worker, first: Event, most: int) -> list[int]:
    """Works what compute sends itself, round after round; the hops of each message."""
    hops, body = [], json.dumps(first)
    for _ in range(most):
        hops.append(json.loads(body).get("hops", 0))
        assert worker.work(body) == []
        if not worker.api.queue.messages:
            break
        body = worker.api.queue.messages.pop().body
    return hops


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Whose renaming never ends."""
    sent: list[int] = []

    def go_on(*_: Any) -> RenamingMessage:
        sent.append(1)
        return RenamingMessage(event_id=f"ren_{len(sent)}", received_at=at(10), number=1)

    monkeypatch.setattr(worker_module.renaming, "go_on", go_on)
    return Worker()


def test_each_message_of_a_job_knows_how_many_led_to_it(worker: Worker) -> None:
    assert rounds(worker, event("renaming", {"number": 1}, at(10)), 40) == list(range(40))


def test_a_chain_that_goes_in_a_circle_is_parked_with_its_reason_and_starts_over_when_retried(worker: Worker) -> None:
    first = event("renaming", {"number": 1}, at(10))
    last = {**first, "hops": worker_module.MAX_HOPS - 1}
    assert rounds(worker, last, 10) == [worker_module.MAX_HOPS - 1, worker_module.MAX_HOPS, worker_module.MAX_HOPS + 1]
    assert worker.deliveries.reasons == ["TOO_MANY_HOPS"]
    ((event_id, reason),) = worker.listed()
    assert reason == "TOO_MANY_HOPS"
    assert worker.api.request("POST", f"/v1/events/{event_id}/retry").status == 202
    assert "hops" not in json.loads(worker.api.queue.messages[-1].body)


def test_what_a_sender_posts_and_what_the_schedule_sends_starts_a_chain() -> None:
    worker = Worker()
    assert worker.compute.handle({"leadline": "sweep"}, None) == {"sent": 0}
    assert worker.work(event("renaming", {"number": 1}, at(10))) == []
    assert worker.api.queue.messages == []

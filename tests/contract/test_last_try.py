"""What the queue hands out for the last time is on the list of the parked, whatever its last try dies of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compute import app
from leadline.domain.errors import Poison, Transient
from leadline.queue import MAX_RECEIVES
from leadline.store.memory import MemoryTable
from tests.builders import REPOSITORY, Event, a_deployment, at, event
from tests.unit.query.product_api import ProductApi

FIRST, SECOND = (a_deployment(name, at(day), deployment_id=name) for name, day in (("m1", 10), ("m2", 11)))


class Worker:
    """The compute function beside query, on the shipped fakes."""

    def __init__(self) -> None:
        self.api = ProductApi(MemoryTable())
        self.parked: list[str] = []
        self.compute = app.Compute(self.api.table, self.api.queue, self._park, None, lambda: at(12))

    def _park(self, record: Any, poison: Poison) -> None:
        self.parked.append(poison.reason)

    def work(self, *events: Event, receives: int) -> Any:
        return self.compute.handle(a_batch(*events, receives=receives), None)

    def listed(self) -> list[str]:
        """What the list of the parked says of last tries."""
        page = self.api.get("/v1/events", status="parked", reason="FAILED_REPEATEDLY")
        return [item["event_id"] for item in page["items"]]


def a_batch(*events: Event, receives: int) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{position}",
                "receiptHandle": "r",
                "body": json.dumps(event),
                "attributes": {"ApproximateReceiveCount": str(receives), "MessageGroupId": REPOSITORY},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:events.fifo",
                "awsRegion": "eu-west-1",
            }
            for position, event in enumerate(events)
        ]
    }


def breaks_down(*_: Any) -> None:
    raise Transient("the table can't be reached")


def is_killed(*_: Any) -> None:
    raise KeyboardInterrupt


def test_before_its_last_try_nothing_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "apply_message", breaks_down)
    worker = Worker()
    worker.work(FIRST, receives=MAX_RECEIVES - 1)
    assert worker.listed() == []


def test_what_fails_for_the_last_time_is_listed_with_what_waits_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "apply_message", breaks_down)
    worker = Worker()
    answer = worker.work(FIRST, SECOND, receives=MAX_RECEIVES)
    assert len(answer["batchItemFailures"]) == 2
    assert set(worker.listed()) == {FIRST["event_id"], SECOND["event_id"]}


def test_it_is_listed_also_where_the_worker_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "apply_message", is_killed)
    worker = Worker()
    with pytest.raises(KeyboardInterrupt):
        worker.work(FIRST, receives=MAX_RECEIVES)
    assert worker.listed() == [FIRST["event_id"]]


def test_a_last_try_that_succeeds_leaves_nothing_listed() -> None:
    worker = Worker()
    worker.work(FIRST, SECOND, receives=MAX_RECEIVES)
    assert worker.listed() == []
    assert worker.api.get(f"/v1/events/{SECOND['event_id']}")["status"] == "pending"


def test_what_can_never_work_keeps_its_own_reason_on_the_last_try() -> None:
    worker = Worker()
    hopeless = event("weather", {}, at(10))
    worker.work(hopeless, receives=MAX_RECEIVES)
    assert worker.parked == ["UNKNOWN_KIND"]
    (item,) = worker.api.get("/v1/events")["items"]
    assert (item["event_id"], item["reason"]) == (hopeless["event_id"], "UNKNOWN_KIND")


def test_what_the_schedule_asks_for_again_anyway_is_not_listed() -> None:
    worker = Worker()
    worker.work(event("lookup", {"deployment": "0" * 24}, at(10)), receives=MAX_RECEIVES)
    assert worker.listed() == []

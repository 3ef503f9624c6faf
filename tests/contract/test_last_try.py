"""What the queue hands out for the last time is on the list of the parked, whatever its last try dies of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compute import handler as compute
from leadline.domain.errors import Transient
from leadline.queue import MAX_RECEIVES
from leadline.settings import Settings
from leadline.store.memory import MemoryTable
from tests.builders import REPOSITORY, Event, a_deployment, at
from tests.unit.query.product_api import ProductApi

FIRST, SECOND = (a_deployment(name, at(day), deployment_id=name) for name, day in (("m1", 10), ("m2", 11)))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> ProductApi:
    """Query beside a compute function whose AWS is the shipped fakes."""
    made = ProductApi(MemoryTable())
    monkeypatch.setattr(compute, "_settings", lambda: Settings("table", "queue", "dlq", "secret"))
    monkeypatch.setattr(compute, "client", lambda name: None)
    monkeypatch.setattr(compute, "DynamoTable", lambda client, name: made.table)
    return made


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


def parked(api: ProductApi) -> list[str]:
    return [item["event_id"] for item in api.get("/v1/events", status="parked", reason="FAILED_REPEATEDLY")["items"]]


def breaks_down(*_: Any) -> None:
    raise Transient("the table can't be reached")


def is_killed(*_: Any) -> None:
    raise KeyboardInterrupt


def test_before_its_last_try_nothing_is_listed(api: ProductApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "apply_message", breaks_down)
    compute.handler(a_batch(FIRST, receives=MAX_RECEIVES - 1), None)
    assert parked(api) == []


def test_what_fails_for_the_last_time_is_listed_with_what_waits_behind_it(
    api: ProductApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "apply_message", breaks_down)
    answer = compute.handler(a_batch(FIRST, SECOND, receives=MAX_RECEIVES), None)
    assert len(answer["batchItemFailures"]) == 2
    assert set(parked(api)) == {FIRST["event_id"], SECOND["event_id"]}


def test_it_is_listed_also_where_the_worker_is_killed(api: ProductApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "apply_message", is_killed)
    with pytest.raises(KeyboardInterrupt):
        compute.handler(a_batch(FIRST, receives=MAX_RECEIVES), None)
    assert parked(api) == [FIRST["event_id"]]


def test_a_last_try_that_succeeds_leaves_nothing_listed(api: ProductApi) -> None:
    compute.handler(a_batch(FIRST, SECOND, receives=MAX_RECEIVES), None)
    assert parked(api) == []
    assert api.get(f"/v1/events/{SECOND['event_id']}")["status"] == "pending"

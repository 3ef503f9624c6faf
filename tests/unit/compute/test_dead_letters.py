"""Dead letters leave once their events are counted, and no earlier."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from compute import worker as worker_module
from compute.apply import apply_message
from compute.deliveries import Deliveries, MemoryDeliveries, SqsDeliveries
from compute.jobs.dead_letters import clear
from leadline import aws
from leadline.contract.messages import parse
from leadline.domain.errors import Poison, Transient
from leadline.settings import Settings
from leadline.store.memory import MemoryTable
from tests.builders import a_deployment, at, event
from tests.unit.compute.batches import Worker, a_record, failing_on

FIRST, SECOND = (a_deployment(name, at(day), deployment_id=name) for name, day in (("m1", 10), ("m2", 11)))
BUG = Poison("UNEXPECTED_ERROR", "KeyError at somewhere.py:1 somewhere")


@pytest.fixture(params=["memory", "sqs"])
def deliveries(request: pytest.FixtureRequest) -> Deliveries:
    if request.param == "memory":
        return MemoryDeliveries()
    settings: Settings = request.getfixturevalue("aws_env")
    return SqsDeliveries(aws.client("sqs"), settings.queue_url, settings.dlq_url)


def bodies(deliveries: Deliveries) -> list[str]:
    return [letter.body for letters in deliveries.dead_letters(1_000) for letter in letters]


def test_a_parked_event_that_a_retry_has_counted_leaves_the_dead_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()
    for sent in (FIRST, SECOND):
        with monkeypatch.context() as broken:
            broken.setattr(worker_module, "apply_message", failing_on(sent, KeyError("a bug"), apply_message))
            worker.work(sent, receives=2)
    assert [json.loads(body)["event_id"] for body, _ in worker.deliveries.parked] == [
        FIRST["event_id"],
        SECOND["event_id"],
    ]
    worker.compute.handle({"leadline": "sweep"}, None)
    assert len(worker.deliveries.parked) == 2
    assert worker.api.request("POST", f"/v1/events/{FIRST['event_id']}/retry").status == 202
    assert worker.work(FIRST) == []
    worker.compute.handle({"leadline": "sweep"}, None)
    assert [json.loads(body)["event_id"] for body, _ in worker.deliveries.parked] == [SECOND["event_id"]]


def test_of_many_dead_letters_each_is_seen_although_they_share_a_repository(deliveries: Deliveries) -> None:
    """SQS hands out at most ten of one group before they are deleted."""
    table = MemoryTable()
    sent = [a_deployment(f"m{number}", at(number), deployment_id=f"d{number}") for number in range(1, 25)]
    for number, each in enumerate(sent):
        deliveries.park(SQSRecord(a_record(each, f"m{number}")), BUG)
    for each in sent[3:]:
        apply_message(table, parse(json.dumps(each)), at(30))
    assert clear(table, deliveries) == 21


def test_what_names_no_event_and_what_has_no_trace_stay(deliveries: Deliveries) -> None:
    table = MemoryTable()
    for number, body in enumerate(("{", '"text"', json.dumps(FIRST))):
        deliveries.park(SQSRecord(a_record(body, f"m{number}")), BUG)
    assert clear(table, deliveries) == 0


def test_a_dead_letter_carries_its_reason_and_starts_over_when_it_is_sent_back(aws_env: Settings) -> None:
    sqs = aws.client("sqs")
    deliveries = SqsDeliveries(sqs, aws_env.queue_url, aws_env.dlq_url)
    looped = {**event("renaming", {"number": 1}, at(10)), "hops": 50_001}
    deliveries.park(SQSRecord(a_record(looped, "m1")), Poison("TOO_MANY_HOPS", "why"))
    (message,) = sqs.receive_message(QueueUrl=aws_env.dlq_url, MessageAttributeNames=["All"])["Messages"]
    assert {name: value["StringValue"] for name, value in message["MessageAttributes"].items()} == {
        "reason": "TOO_MANY_HOPS",
        "detail": "why",
    }
    assert "hops" not in json.loads(message["Body"])


@pytest.mark.parametrize(
    "call",
    [
        lambda deliveries, record: deliveries.delete([record]),
        lambda deliveries, record: deliveries.retry_in(record, 1),
        lambda deliveries, record: deliveries.park(record, BUG),
        lambda deliveries, record: list(deliveries.dead_letters(10)),
    ],
)
def test_a_queue_that_cannot_be_reached_is_a_passing_fault(
    aws_env: Settings, call: Callable[[Deliveries, SQSRecord], None]
) -> None:
    gone = aws_env.queue_url + "-gone"
    with pytest.raises(Transient):
        call(SqsDeliveries(aws.client("sqs"), gone, gone), SQSRecord(a_record(FIRST, "m1")))

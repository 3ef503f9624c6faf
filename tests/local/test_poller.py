"""The queue poller: what a function is told of messages, and what becomes of those it could not do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from compute import handler as compute
from compute import worker as worker_module
from compute.apply import apply_message
from leadline import aws
from leadline.settings import Settings
from leadline.store.dynamodb import DynamoTable
from leadline.store.events import event_key
from leadline_local.functions import Function
from leadline_local.poller import BadAnswerError, Poller, failed_ids
from tests.builders import a_deployment, at
from tests.unit.compute.batches import failing_on

Handler = Callable[[dict[str, Any], Any], Any]
TEN = [a_deployment(f"m{day}", at(day), deployment_id=f"d{day}") for day in range(1, 11)]


def send(settings: Settings, *bodies: str, group: str = "g") -> None:
    for body in bodies:
        aws.client("sqs").send_message(
            QueueUrl=settings.queue_url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body
        )


def poller(settings: Settings, handler: Handler, *, workers: int = 1, lines: list[str] | None = None) -> Poller:
    report = (lines if lines is not None else []).append
    function = Function("compute", handler)
    return Poller(aws.client("sqs"), settings.queue_url, function, report, workers=workers)


def visible_at_once(settings: Settings, record: dict[str, Any]) -> None:
    aws.client("sqs").change_message_visibility(
        QueueUrl=settings.queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
    )


def left(settings: Settings) -> int:
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=settings.queue_url, AttributeNames=["All"])[
        "Attributes"
    ]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


def dead(settings: Settings) -> list[str]:
    received = aws.client("sqs").receive_message(QueueUrl=settings.dlq_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in received.get("Messages", [])]


def test_a_message_arrives_as_lambda_has_it_and_is_deleted_when_done(aws_env: Settings) -> None:
    events: list[dict[str, Any]] = []
    send(aws_env, "one")
    assert poller(aws_env, lambda event, _: events.append(event)).poll_once() == 1
    (record,) = events[0]["Records"]
    assert record["body"] == "one"
    assert record["eventSource"] == "aws:sqs"
    assert record["attributes"]["MessageGroupId"] == "g"
    assert record["attributes"]["MessageDeduplicationId"] == "one"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["SequenceNumber"]
    assert left(aws_env) == 0


def test_only_what_the_function_names_as_failed_is_tried_again_and_when_the_function_says(aws_env: Settings) -> None:
    seen: list[list[str]] = []

    def handler(event: dict[str, Any], _: Any) -> Any:
        seen.append([record["body"] for record in event["Records"]])
        failed = [record for record in event["Records"] if record["body"] == "bad" and len(seen) == 1]
        for record in failed:
            visible_at_once(aws_env, record)
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    send(aws_env, "good", group="a")
    send(aws_env, "bad", group="b")
    worker = poller(aws_env, handler)
    worker.poll_once()
    worker.poll_once()
    assert seen == [["good", "bad"], ["bad"]]
    assert left(aws_env) == 0


def test_what_the_function_says_nothing_of_stays_hidden_for_the_queues_own_time(aws_env: Settings) -> None:
    """As on AWS: how soon a failed message comes back is the function's business, never the poller's."""
    batches: list[int] = []

    def handler(event: dict[str, Any], _: Any) -> Any:
        batches.append(len(event["Records"]))
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}

    send(aws_env, "bad")
    worker = poller(aws_env, handler)
    worker.poll_once()
    worker.poll_once()
    assert batches == [1]
    assert left(aws_env) == 1


def test_a_function_that_raises_has_failed_on_its_whole_batch(
    aws_env: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []

    def handler(event: dict[str, Any], _: Any) -> Any:
        raise RuntimeError("no")

    send(aws_env, "one", "two")
    poller(aws_env, handler, lines=lines).poll_once()
    assert left(aws_env) == 2
    assert lines == ["compute failed on 2 messages: see the log"]
    assert "RuntimeError" in capsys.readouterr().err


def test_compute_retries_within_seconds_parks_a_bug_after_two_tries_and_holds_nobody_up(
    aws_env: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real function on real queues: what happens here is what happens on AWS."""
    monkeypatch.setattr(worker_module, "apply_message", failing_on(TEN[0], KeyError("a bug"), apply_message))
    compute.build_app.cache_clear()
    send(aws_env, *map(json.dumps, TEN))
    worker = poller(aws_env, compute.handler)
    worker.poll_once()
    table = DynamoTable(aws.client("dynamodb"), aws_env.table)
    applied = table.get([event_key(sent["event_id"]) for sent in TEN])
    assert len(applied) == 9
    end = time.monotonic() + 20
    while not dead(aws_env) and time.monotonic() < end:
        worker.poll_once()
    assert [json.loads(body)["event_id"] for body in dead(aws_env)] == [TEN[0]["event_id"]]
    assert left(aws_env) == 0


def test_groups_go_in_parallel_and_each_in_order(aws_env: Settings) -> None:
    order: dict[str, list[int]] = {}
    at_work: set[str] = set()
    overlaps: list[str] = []
    both = threading.Barrier(2, timeout=20)
    lock = threading.Lock()

    def handler(event: dict[str, Any], _: Any) -> Any:
        groups = {record["attributes"]["MessageGroupId"] for record in event["Records"]}
        with lock:
            overlaps.extend(groups & at_work)
            at_work.update(groups)
        if any(record["body"].endswith("-0") for record in event["Records"]):
            both.wait()  # passes only if two workers have a batch at the same time
        for record in event["Records"]:
            group, number = record["body"].split("-")
            order.setdefault(group, []).append(int(number))
        with lock:
            at_work.difference_update(groups)

    # Ten fill a batch, so that each group's first batch is its own.
    for group in ("a", "b"):
        send(aws_env, *(f"{group}-{number}" for number in range(20)), group=group)
    running = poller(aws_env, handler, workers=3)
    running.start()
    for _ in range(400):
        if sum(map(len, order.values())) == 40:
            break
        time.sleep(0.05)
    running.stop()
    assert order == {"a": list(range(20)), "b": list(range(20))}
    assert overlaps == []


def test_stopping_lets_the_batch_under_way_finish(aws_env: Settings) -> None:
    began = threading.Event()
    finished: list[str] = []

    def handler(event: dict[str, Any], _: Any) -> Any:
        began.set()
        time.sleep(0.3)
        finished.append("yes")

    send(aws_env, "one")
    running = poller(aws_env, handler)
    running.start()
    assert began.wait(10)
    running.stop()
    assert finished == ["yes"]
    assert left(aws_env) == 0


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_naming_nothing_is_success(answer: Any) -> None:
    assert failed_ids(answer, {"a", "b"}) == set()


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        {"other": 1},
        {"batchItemFailures": "a"},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"wrong": "a"}]},
        {"batchItemFailures": ["a"]},
    ],
)
def test_an_answer_that_lambda_would_not_understand_fails_the_whole_batch(answer: Any) -> None:
    with pytest.raises(BadAnswerError):
        failed_ids(answer, {"a", "b"})

"""One contract for the queue's fake and for SQS, and what becomes of messages that SQS will not take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from leadline.domain.errors import Transient
from leadline.queue import BATCH_BYTES, BUDGET_SECONDS, MemoryQueue, Message, Queue, SqsQueue, deliver
from tests.contract.events_api import EventsApi, FlakyQueue, a_change, a_deployment

Sent = Callable[[], list[tuple[str, str]]]


def a_message(name: str, group: str = "acme/api", body: str = "") -> Message:
    return Message(event_id=name, body=body or json.dumps({"name": name}), group=group, deduplication=name)


@pytest.fixture
def sqs() -> Iterator[tuple[Any, str]]:
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        yield client, url


def received(client: Any, url: str) -> list[tuple[str, str]]:
    """Group and body of every message, in the order in which they are handed out."""
    found = []
    while messages := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    ).get("Messages"):
        for message in messages:
            found.append((message["Attributes"]["MessageGroupId"], message["Body"]))
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


@pytest.fixture(params=["memory", "sqs"])
def queue(request: pytest.FixtureRequest) -> tuple[Queue, Sent]:
    if request.param == "memory":
        memory = MemoryQueue()
        return memory, lambda: [(message.group, message.body) for message in memory.messages]
    client, url = request.getfixturevalue("sqs")
    return SqsQueue(client, url), lambda: received(client, url)


class TestAnyQueue:
    def test_takes_a_batch_in_order_with_its_groups(self, queue: tuple[Queue, Sent]) -> None:
        port, sent = queue
        messages = [a_message(f"m{number}", group="acme/api") for number in range(10)]
        assert port.send(messages) == set()
        assert sent() == [("acme/api", message.body) for message in messages]

    def test_takes_a_repeat_and_keeps_the_first_only(self, queue: tuple[Queue, Sent]) -> None:
        port, sent = queue
        assert port.send([a_message("m1"), a_message("m1")]) == set()
        assert port.send([a_message("m1")]) == set()
        assert len(sent()) == 1

    def test_carries_any_text_unchanged(self, queue: tuple[Queue, Sent]) -> None:
        port, sent = queue
        body = json.dumps({"author": "Zoë 🔥 \u202e", "tab": "\t"}, ensure_ascii=False)
        port.send([a_message("m1", group="!#$%&'()*+,-./:;<=>?@[]^_`{|}~", body=body)])
        assert [text for _, text in sent()] == [body]


class TestSqs:
    def test_what_the_answer_does_not_name_as_taken_was_not_taken(self) -> None:
        client = boto3.client("sqs")
        taken = {"Id": "1", "MessageId": "x", "MD5OfMessageBody": "9e107d9d372bb6826bd81d3542a419d6"}
        failed = {"Id": "0", "SenderFault": False, "Code": "InternalError"}
        with Stubber(client) as stub:
            stub.add_response("send_message_batch", {"Successful": [taken], "Failed": [failed]})
            assert SqsQueue(client, "https://queue").send([a_message(name) for name in ("a", "b", "c")]) == {0, 2}

    @pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "AccessDenied", "ServiceUnavailable"])
    def test_an_error_of_the_call_is_transient(self, code: str) -> None:
        client = boto3.client("sqs")
        with Stubber(client) as stub:
            stub.add_client_error("send_message_batch", code)
            with pytest.raises(Transient):
                SqsQueue(client, "https://queue").send([a_message("a")])

    def test_a_queue_that_can_not_be_reached_is_transient(self) -> None:
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
        client = boto3.client("sqs", endpoint_url="http://127.0.0.1:9", config=config)
        with pytest.raises(Transient):
            SqsQueue(client, "http://127.0.0.1:9/queue").send([a_message("a")])


class TestDelivery:
    def test_sends_ten_at_a_time(self) -> None:
        queue = FlakyQueue()
        taken, stopped = deliver(queue, [a_message(f"m{number}") for number in range(25)])
        assert [len(batch) for batch in queue.batches] == [10, 10, 5]
        assert (all(taken), stopped) == (True, None)

    def test_no_batch_is_larger_than_sqs_takes(self) -> None:
        queue = FlakyQueue()
        large = "ü" * 125_000  # 250,000 bytes of UTF-8
        deliver(queue, [a_message(f"m{number}", body=large) for number in range(9)])
        assert [len(batch) for batch in queue.batches] == [4, 4, 1]
        assert BATCH_BYTES == 1024 * 1024

    def test_what_was_not_taken_is_tried_once_more_before_anything_later_goes(self) -> None:
        queue = FlakyQueue(refuse={"m3": 1})
        taken, _ = deliver(queue, [a_message(f"m{number}") for number in range(12)])
        assert all(taken)
        assert queue.batches[1:] == [["m3"], ["m10", "m11"]]

    def test_nothing_later_of_a_group_is_sent_past_one_that_would_not_go(self) -> None:
        queue = FlakyQueue(refuse={"a3": 2})
        messages = [a_message(f"a{number}", "a") for number in range(10)]
        messages += [a_message("a10", "a"), a_message("b1", "b"), a_message("a11", "a")]
        taken, stopped = deliver(queue, messages)
        lost = [message.event_id for message, is_taken in zip(messages, taken, strict=True) if not is_taken]
        assert (lost, stopped) == (["a3", "a10", "a11"], None)
        assert queue.batches[-1] == ["b1"]

    def test_a_broken_connection_ends_the_sending_and_keeps_what_was_taken(self) -> None:
        queue = FlakyQueue(down=2)
        taken, stopped = deliver(queue, [a_message(f"m{number}") for number in range(45)])
        assert taken == [True] * 20 + [False] * 25
        assert isinstance(stopped, Transient)
        assert len(queue.batches) == 2

    def test_a_slow_queue_is_given_up_before_the_gateway_gives_up_on_us(self) -> None:
        seconds = iter([0.0, BUDGET_SECONDS - 1, BUDGET_SECONDS + 1])
        taken, stopped = deliver(FlakyQueue(), [a_message(f"m{n}") for n in range(25)], elapsed=lambda: next(seconds))
        assert taken == [True] * 10 + [False] * 15
        assert isinstance(stopped, Transient)


class TestAnswers:
    """What the sender is told when the queue takes only some, or nothing."""

    def test_each_item_that_was_not_queued_says_so_by_itself(self) -> None:
        probe = EventsApi()
        lost = probe.post("change", a_change(number=2)).json["events"][0]["event_id"]
        api = EventsApi(FlakyQueue(refuse={lost: 2}))
        answer = api.post("change", [a_change(number=1), a_change(number=2), a_change(number=3), {}])
        assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (202, 2, 2)
        events = answer.json["events"]
        assert [event["status"] for event in events] == ["queued", "rejected", "queued", "rejected"]
        assert [(fault["pointer"], fault["code"]) for fault in events[1]["errors"]] == [("/1", "queue_unavailable")]
        assert {queued["event_id"] for queued in api.queued} == {events[0]["event_id"], events[2]["event_id"]}

    @pytest.mark.parametrize("body", [a_deployment(), [a_deployment()], [a_deployment(), {"bad": 1}]])
    def test_a_queue_that_takes_nothing_is_a_503_that_says_when_to_try_again(self, body: Any) -> None:
        answer = EventsApi(FlakyQueue(down=0)).post("deployment", body)
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["accepted"] == 0
        assert answer.json["events"][0]["errors"][0]["code"] == "queue_unavailable"

    def test_a_queue_that_is_down_does_not_hide_that_everything_is_wrong(self) -> None:
        assert EventsApi(FlakyQueue(down=0)).post("deployment", [{}]).status == 422

"""The real handler, build_app from the environment, on AWS as moto plays it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ingest.handler import build_app, handler
from leadline import telemetry
from leadline.access.keys import EVENTS_WRITE, create_key, read_pepper
from leadline.domain.errors import Transient
from leadline.store.dynamodb import DynamoTable
from tests.contract.events_api import GOOD, PEPPER, ROUTES, Answer, a_request


class Stack:
    """Table, queue and secret, and a key."""

    def __init__(self) -> None:
        self.dynamodb, self.sqs, self.secrets = (boto3.client(n) for n in ("dynamodb", "sqs", "secretsmanager"))
        self.dynamodb.create_table(
            TableName="leadline",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        self.url = self.sqs.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        self.secrets.create_secret(Name="pepper", SecretString=PEPPER.decode())
        table = DynamoTable(self.dynamodb, "leadline")
        self.key, _ = create_key(table, PEPPER, name="ci", scopes=[EVENTS_WRITE], now=time.time_ns() // 1_000_000)

    def post(self, kind: str, body: Any, **headers: str) -> Answer:
        every = {"authorization": f"Bearer {self.key}", "content-type": "application/json", **headers}
        return Answer(handler(a_request(ROUTES[kind], json.dumps(body), every), None))

    def received(self) -> list[dict[str, Any]]:
        names = ["MessageGroupId", "MessageDeduplicationId"]
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=names,  # type: ignore[arg-type]
        )
        return [{**message["Attributes"], **json.loads(message["Body"])} for message in answer.get("Messages", [])]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        made = Stack()
        for name, value in {
            "LEADLINE_TABLE": "leadline",
            "LEADLINE_QUEUE_URL": made.url,
            "LEADLINE_DLQ_URL": f"{made.url}-dlq",
            "LEADLINE_KEY_SECRET_ID": "pepper",
        }.items():
            monkeypatch.setenv(name, value)
        build_app.cache_clear()
        yield made
        build_app.cache_clear()


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_an_event_goes_from_the_gateway_to_sqs(stack: Stack, kind: str) -> None:
    answer = stack.post(kind, GOOD[kind]())
    assert answer.status == 202
    (message,) = stack.received()
    event_id = answer.json["events"][0]["event_id"]
    assert message["event_id"] == event_id
    groups = {"incident": "service:checkout", "point": "metric:review.comments"}
    assert message["MessageGroupId"] == groups.get(kind, "acme/api")
    # A deployment without id and time of its own is told from a repeat by compute, not by SQS.
    suffix = f"-{message['received_at']}" if kind == "deployment" else ""
    assert message["MessageDeduplicationId"] == event_id + suffix


def test_an_array_arrives_in_order(stack: Stack) -> None:
    assert stack.post("change", [GOOD["change"](number=n) for n in range(1, 9)]).json["accepted"] == 8
    assert [message["data"]["number"] for message in stack.received()] == list(range(1, 9))


def test_a_wrong_key_is_a_401_and_a_queue_that_is_gone_a_503(stack: Stack) -> None:
    assert stack.post("change", GOOD["change"](), authorization=f"Bearer {stack.key[:-1]}").status == 401
    stack.sqs.delete_queue(QueueUrl=stack.url)
    assert stack.post("change", GOOD["change"]()).status == 503


def test_a_secret_that_is_gone_is_a_503_until_it_is_back(stack: Stack) -> None:
    stack.secrets.delete_secret(SecretId="pepper", ForceDeleteWithoutRecovery=True)
    with pytest.raises(Transient):
        read_pepper(stack.secrets, "pepper")
    assert stack.post("change", GOOD["change"]()).status == 503
    stack.secrets.create_secret(Name="pepper", SecretString=PEPPER.decode())
    assert stack.post("change", GOOD["change"]()).status == 202


def test_nothing_that_was_sent_is_ever_logged(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    log = io.StringIO()
    telemetry.logger("ingest").registered_handler.setStream(log)  # type: ignore[attr-defined]
    canary = "canary-7f3a"
    url = f"https://user:{canary}@github.com/acme/{canary}.git"
    for kind, good in GOOD.items():
        stack.post(kind, good())
        stack.post(kind, {**good(), "author": canary, canary: canary, "repository": url, "url": url})
        stack.post(kind, good(), authorization=f"Bearer {canary}")
        stack.post(kind, good(), authorization=f"Basic {canary}", cookie=canary)
        stack.post(kind, good(), **{"idempotency-key": canary, "user-agent": canary})
        handler(a_request(f"/v1/{canary}", canary, {"authorization": f"Bearer {stack.key}"}), None)
        handler({"rawPath": ROUTES[kind], "body": canary, "headers": {"x": canary}}, None)  # a bug of ours
        handler({"rawPath": ROUTES[kind], "body": canary, "headers": [canary]}, None)
    stack.sqs.delete_queue(QueueUrl=stack.url)
    stack.post("change", GOOD["change"](author=canary))
    stack.secrets.delete_secret(SecretId="pepper", ForceDeleteWithoutRecovery=True)
    build_app.cache_clear()
    stack.post("change", GOOD["change"](author=canary))
    said = log.getvalue() + "".join(capfd.readouterr())
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {"request", "bug", "unavailable", "queue unavailable"} <= {line["message"] for line in lines}
    secret = stack.key[len("ll_000000000000_") :]  # by place: it may hold an underscore itself
    for never in (canary, secret, stack.key, PEPPER.decode(), "acme/api", "203.0.113.9"):
        assert never not in said


def test_importing_the_handler_needs_no_environment_and_no_boto3() -> None:
    code = "import sys, ingest.handler; sys.exit('boto3' in sys.modules or 'botocore.client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={}, check=False).returncode == 0

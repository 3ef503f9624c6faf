"""The product on AWS answered from memory: its three real handlers, invoked with the events that Lambda would bring."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.memory_aws import PEPPER, SETTINGS, MemoryAws
from benchmarks.meter import Bill
from leadline import aws
from leadline.access.keys import ADMIN, create_key
from leadline.store.dynamodb import DynamoTable
from leadline_local.emulator import ACCOUNT, REGION
from leadline_local.functions import TARGETS, Function
from leadline_local.lambda_events import Route, http_event, queue_event

BATCH = 10
"""Messages that Lambda brings to compute at a time."""

_EVENTS = Route("POST /v1/events/{proxy+}", "POST", "/v1/events/")
_EVERYTHING_ELSE = Route("$default")
_QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:bench.fifo"


@dataclass(frozen=True, slots=True)
class Step:
    """What one invocation, or several, asked of AWS, and its seconds of CPU without AWS's own."""

    bill: Bill
    cpu: float
    answer: Any = None


class Product:
    """A stack of its own, empty but for an admin key. Only one at a time: handlers keep what they are build_app with."""

    def __init__(self) -> None:
        self.aws = MemoryAws()
        self.aws.install()
        self._functions = {name: Function.load(f"leadline-{name}", target) for name, target in TARGETS.items()}
        start_afresh()
        self.table = DynamoTable(aws.client("dynamodb"), SETTINGS.table)
        self.key, _ = create_key(self.table, PEPPER.encode(), name="bench", scopes=[ADMIN], now=1)
        self.aws.meter.take()

    def post(self, kind: str, events: Any) -> Step:
        """POST /v1/events/KIND; the messages stay on the queue. Raises ValueError unless everything was accepted."""
        path = f"/v1/events/{kind}"
        step = self._invoke("ingest", self.post_event(path, events))
        if step.answer["statusCode"] != 202 or json.loads(step.answer["body"])["rejected"]:
            raise ValueError(f"{path}: {step.answer['statusCode']} {step.answer['body'][:500]}")
        return step

    def post_event(self, path: str, body: Any) -> dict[str, Any]:
        return self._http_event(_EVENTS, "POST", path, json.dumps(body).encode())

    def get(self, target: str) -> Step:
        """Raises ValueError unless it is answered 200."""
        step = self._invoke("query", self._http_event(_EVERYTHING_ELSE, "GET", target, b""))
        if step.answer["statusCode"] != 200:
            raise ValueError(f"{target}: {step.answer['statusCode']} {step.answer['body'][:500]}")
        return step

    def compute(self) -> Step:
        """Works off the queue in batches. Raises ValueError where a message failed or was parked."""
        bill, cpu = Bill(), 0.0
        while self.aws.messages:
            batch, self.aws.messages[:] = self.aws.messages[:BATCH], self.aws.messages[BATCH:]
            step = self._invoke("compute", queue_event([_received(message) for message in batch], _QUEUE_ARN))
            if step.answer["batchItemFailures"] or self.aws.parked:
                raise ValueError(f"compute: {step.answer}, parked: {self.aws.parked[:1]}")
            bill, cpu = Bill(bill.calls + step.bill.calls), cpu + step.cpu
        return Step(bill, cpu)

    def tell(self, kind: str, events: Any) -> Step:
        """From POST to counted."""
        posted, counted = self.post(kind, events), self.compute()
        return Step(Bill(posted.bill.calls + counted.bill.calls), posted.cpu + counted.cpu)

    def _invoke(self, name: str, event: dict[str, Any]) -> Step:
        meter = self.aws.meter
        answering, began = meter.answering, time.process_time()
        answer = self._functions[name].invoke(event)
        cpu = time.process_time() - began - (meter.answering - answering)
        return Step(meter.take(), cpu, answer)

    def _http_event(self, route: Any, method: str, target: str, body: bytes) -> dict[str, Any]:
        headers = [("Host", "api.example.com"), ("Authorization", f"Bearer {self.key}"), ("User-Agent", "bench")]
        if body:
            headers.append(("Content-Type", "application/json"))
        return http_event(route, method, target, headers, body, "192.0.2.1")


def start_afresh() -> None:
    """Leaves the functions as in fresh Lambda environments: what their modules keep of settings, keys and clients is gone."""
    for target in TARGETS.values():
        for value in vars(importlib.import_module(target.partition(":")[0])).values():
            if getattr(value, "__module__", "").partition(".")[0] in TARGETS and hasattr(value, "cache_clear"):
                value.cache_clear()


def _received(message: dict[str, Any]) -> dict[str, Any]:
    """As ReceiveMessage gives it."""
    return {
        "MessageId": message["MessageId"],
        "ReceiptHandle": "handle",
        "Body": message["MessageBody"],
        "MD5OfBody": "0" * 32,
        "Attributes": {
            "MessageGroupId": message["MessageGroupId"],
            "MessageDeduplicationId": message["MessageDeduplicationId"],
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": "0",
            "SentTimestamp": str(time.time_ns() // 1_000_000),
        },
    }


def add(steps: Sequence[Step]) -> Step:
    return Step(Bill(tuple(call for step in steps for call in step.bill.calls)), sum(step.cpu for step in steps))

"""The three functions in memory, at a fixed time, to take examples from."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode

from apidoc.operations import Json
from compute.deliveries import MemoryDeliveries
from compute.worker import Compute
from ingest.cloudevents.receiver import CDEventReceiver
from ingest.events_api import Ingest
from ingest.webhooks.receiver import WebhookReceiver, stored_sources
from ingest.webhooks.secrets import Secrets
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.access.keys import ADMIN, create_key
from leadline.queue import MemoryQueue, Message
from leadline.store.access import LogEntry
from leadline.store.artifacts import Artifacts
from leadline.store.memory import MemoryTable
from leadline.store.table import Write
from query.product_api import wire

NOW = 1_781_524_800_000
"""2026-06-15T12:00:00Z."""
WEBHOOK_SECRET = "example-webhook-secret"  # noqa: S105
_PEPPER = b"p" * 32
_JSON = "application/json"


@dataclass(slots=True)
class Example:
    """What one operation was sent and answered: parameters by name, bodies by media type."""

    parameters: dict[str, Any] = field(default_factory=dict)
    requests: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)


Examples = Mapping[str, Example]


class ExampleError(Exception):
    """A request of an example was not answered as the document says."""


class _Table(MemoryTable):
    """Fails the next write where it is `broken`."""

    broken = False

    def write(self, writes: Sequence[Write]) -> None:
        if self.broken:
            self.broken = False
            raise RuntimeError("the table is broken")
        super().write(writes)


class World:
    """`call` sends a request and records it as its operation's example."""

    def __init__(self, paths: Mapping[str, Json]) -> None:
        self.examples: dict[str, Example] = {}
        self._operations = {
            operation["operationId"]: (path, method, operation)
            for path, methods in paths.items()
            for method, operation in methods.items()
        }
        self._now = NOW
        self.queue = MemoryQueue()
        self._table = table = _Table()
        self._query = wire(table, lambda: self.queue, lambda: _PEPPER, self._clock)
        access = AccessControl.on(table, self._clock, "ingest")
        secrets = Secrets(lambda: json.dumps({"alertmanager": WEBHOOK_SECRET}))
        sources = stored_sources(table)
        self._ingest = Ingest(
            Authenticator(access.settings, _PEPPER),
            self.queue,
            self._clock,
            WebhookReceiver(secrets, sources, self.queue),
            lambda: CDEventReceiver(Artifacts(table), sources, self.queue),
            access=access,
        )
        self._compute = Compute(table, self.queue, MemoryDeliveries(), None, self._clock)
        self._key, _ = create_key(table, _PEPPER, name="admin", scopes=[ADMIN], now=NOW)

    def call(
        self,
        operation_id: str,
        name: str = "",
        body: Any = None,
        *,
        media: str = _JSON,
        headers: Mapping[str, str] | None = None,
        settle: bool = True,
        **query: Any,
    ) -> Any:
        """The answer. `name` fills the path's parameter; of `query`, a final underscore is cut off the names.

        `settle`: lets compute work on what is queued then.
        """
        path, method, operation = self._operations[operation_id]
        example = self.examples.setdefault(operation_id, Example())
        pairs = {parameter.rstrip("_"): value for parameter, value in query.items()}
        example.parameters |= pairs
        for parameter in re.findall(r"\{(\w+)\}", path):
            example.parameters[parameter] = name
        sent = {"authorization": f"Bearer {self._key}", **(headers or {})}
        example.parameters |= {
            known: value for known, value in sent.items() if known in ("If-Match", "Idempotency-Key")
        }
        if body is not None:
            sent["content-type"] = media
            example.requests[media] = body
        request = _request(method, re.sub(r"\{\w+\}", quote(name), path), urlencode(pairs, doseq=True), sent, body)
        (success,) = [status for status in operation["responses"] if status.startswith("2")]
        answers = [
            self._answer(operation_id, path, request, int(success), accept)
            for accept in (operation["responses"][success].get("content") or {"*/*": None})
        ]
        example.answers |= {kind: answer for kind, answer in answers if kind}
        if settle:
            self.settle()
        return answers[0][1]

    def settle(self) -> None:
        """Lets compute work on what is queued, and on what that queues in turn."""
        while self.queue.messages:
            waiting, self.queue.messages = self.queue.messages, []
            self._now += 1000
            for message in waiting:
                self._compute.handle({"Records": [_record(message, self._now)]}, None)

    def park(self) -> None:
        """Lets compute fail at the one message that is queued, often enough that it is parked."""
        (message,), self.queue.messages = self.queue.messages, []
        self._table.broken = True
        self._compute.handle({"Records": [_record(message, self._now, receives=2)]}, None)

    def _answer(self, operation_id: str, path: str, request: Json, status: int, accept: str) -> tuple[str | None, Any]:
        """The media type of the answer, None where it has no body, and its body."""
        self._now += 1000
        # GET answers several media types, and asking twice changes nothing.
        request = {**request, "headers": {"accept": accept, **request["headers"]}}
        is_event = request["requestContext"]["http"]["method"] == "POST" and (
            path in ("/v1/events", "/v1/webhooks/{source}") or re.fullmatch(r"/v1/events/\w+", path)
        )
        response = (self._ingest if is_event else self._query).handle(request)
        text = response["body"]
        if response["statusCode"] != status:
            raise ExampleError(f"{operation_id}: {response['statusCode']} instead of {status}: {text}")
        if status == 204:
            return None, None
        return accept, json.loads(text) if accept == _JSON else text

    def _clock(self) -> int:
        return self._now


@contextmanager
def reproducible() -> Iterator[None]:
    """Makes generated ids, secrets and durations the same in each run, and keeps the functions from logging."""
    numbers = count()

    def log_entry(*values: Any) -> LogEntry:
        return replace(LogEntry(*values), milliseconds=12)

    def token_bytes(length: int | None = None) -> bytes:
        return hashlib.sha512(str(next(numbers)).encode()).digest()[: length or 32]

    with (
        patch("leadline.http.context.LogEntry", log_entry),
        patch("secrets.token_bytes", token_bytes),
        patch("secrets.token_hex", lambda length=None: token_bytes(length).hex()),
        patch(
            "secrets.token_urlsafe",
            lambda length=None: base64.urlsafe_b64encode(token_bytes(length)).rstrip(b"=").decode(),
        ),
    ):
        logging.disable()
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


def _request(method: str, path: str, query: str, headers: Mapping[str, str], body: Any) -> Json:
    event: Json = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "requestId": "JKJaXmPLvHcESHA=",
            "http": {"method": method.upper(), "path": path, "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
        },
        "isBase64Encoded": False,
    }
    return event if body is None else {**event, "body": json.dumps(body)}


def _record(message: Message, now: int, *, receives: int = 1) -> Json:
    return {
        "messageId": message.event_id,
        "receiptHandle": message.event_id,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "ApproximateFirstReceiveTimestamp": str(now),
            "MessageGroupId": message.group,
        },
    }

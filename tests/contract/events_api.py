"""The Events API in memory, and good events to begin from: shared by the tests of ingest."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

from ingest.events_api import Ingest
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.access.keys import ADMIN, EVENTS_WRITE, create_key
from leadline.domain.errors import Transient
from leadline.queue import MemoryQueue, Message, Queue
from leadline.store.memory import MemoryTable

NOW = 1_790_000_000_000  # 2026-09-21T14:13:20Z
PEPPER = b"p" * 32
SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"

ROUTES = {
    "deployment": "/v1/events/deployments",
    "change": "/v1/events/changes",
    "incident": "/v1/events/incidents",
    "commits": "/v1/events/commits",
    "point": "/v1/events/metrics",
}


def a_deployment(**fields: Any) -> dict[str, Any]:
    return {"id": SHA, "repository": "acme/api", **fields}


def a_change(**fields: Any) -> dict[str, Any]:
    return {"repository": "acme/api", "number": 7, **fields}


def an_incident(**fields: Any) -> dict[str, Any]:
    return {"id": "INC-1", "service": "checkout", "started_at": "2026-09-21T10:00:00Z", **fields}


def a_commits_event(**fields: Any) -> dict[str, Any]:
    commit = {"sha": "a" * 40, "parents": ["b" * 40], "committed_at": "2026-09-20T10:00:00+02:00"}
    return {"repository": "acme/api", "commits": [commit], **fields}


def a_point(**fields: Any) -> dict[str, Any]:
    return {"name": "review.comments", "value": 3, "time": "2026-09-21T10:00:00Z", "service": "checkout", **fields}


GOOD = {
    "deployment": a_deployment,
    "change": a_change,
    "incident": an_incident,
    "commits": a_commits_event,
    "point": a_point,
}


def a_request(
    path: str, body: str | bytes | None, headers: dict[str, str] | None = None, *, method: str = "POST"
) -> dict[str, Any]:
    """An HTTP API event, payload 2.0; bytes come in base64, as API Gateway sends what it does not take for text."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "POST /v1/events/{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers or {},
        "requestContext": {
            "stage": "$default",
            "requestId": "req-1",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


class Answer:
    def __init__(self, response: dict[str, Any]) -> None:
        self.status: int = response["statusCode"]
        self.headers: dict[str, str] = response["headers"]
        self.json: dict[str, Any] = json.loads(response["body"])

    @property
    def faults(self) -> set[tuple[str, str]]:
        return {(fault["pointer"], fault["code"]) for fault in self.json.get("errors", [])}


class EventsApi:
    """Ingest on the shipped fakes, at a fixed time, with a key that may write events."""

    def __init__(self, queue: Queue | None = None) -> None:
        self.table = MemoryTable()
        self.queue = queue or MemoryQueue()
        self.now = NOW
        self.key, _ = create_key(self.table, PEPPER, name="ci", scopes=[EVENTS_WRITE], now=NOW)
        self.admin_key, _ = create_key(self.table, PEPPER, name="root", scopes=[ADMIN], now=NOW)
        access = AccessControl.on(self.table, lambda: self.now, "ingest")
        self.app = Ingest(Authenticator(access.settings, PEPPER), self.queue, lambda: self.now, access=access)
        self.log = io.StringIO()
        self.app._log.registered_handler.setStream(self.log)  # type: ignore[attr-defined]

    def send(self, event: dict[str, Any]) -> Answer:
        return Answer(self.app.handle(event))

    def post(self, kind: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        """Posts `body` as JSON to the route of `kind`."""
        return self.post_raw(kind, json.dumps(body), headers)

    def post_raw(self, kind: str, body: str | bytes, headers: dict[str, str] | None = None) -> Answer:
        every = {"authorization": f"Bearer {self.key}", "content-type": "application/json", **(headers or {})}
        return self.send(a_request(ROUTES[kind], body, every))

    @property
    def queued(self) -> list[dict[str, Any]]:
        """The bodies of the messages on the (memory) queue."""
        assert isinstance(self.queue, MemoryQueue)
        return [json.loads(message.body) for message in self.queue.messages]

    def data_of(self, kind: str, body: Any) -> dict[str, Any]:
        """What is queued for a good event."""
        answer = self.post(kind, body)
        assert answer.status == 202, answer.json
        return dict(self.queued[-1]["data"])


class FlakyQueue(MemoryQueue):
    """Does not take a message as often as told; `down` after so many batches, when the call itself fails."""

    def __init__(self, refuse: dict[str, int] | None = None, down: int | None = None) -> None:
        super().__init__()
        self.refuse = dict(refuse or {})
        self.down = down
        self.batches: list[list[str]] = []

    def send(self, messages: Sequence[Message]) -> set[int]:
        if self.down is not None and len(self.batches) >= self.down:
            raise Transient("the queue can't be reached")
        self.batches.append([message.event_id for message in messages])
        refused: set[int] = set()
        for position, message in enumerate(messages):
            if self.refuse.get(message.event_id, 0) > 0:
                self.refuse[message.event_id] -= 1
                refused.add(position)
        super().send([message for position, message in enumerate(messages) if position not in refused])
        return refused

"""The Product API in memory: shared by the tests of query."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from leadline.access.keys import ADMIN, create_key
from leadline.domain.errors import Transient
from leadline.queue import MemoryQueue, Message
from leadline.store.configuration import ROSTER_KEY
from leadline.store.memory import MemoryTable
from leadline.store.table import Table
from query.product_api import wire
from tests.builders import at

PEPPER = b"p" * 32
NOW = at(30, 18)
"""2026-10-30T18:00:00Z: tomorrow is 31 October, and the last 30 days begin on 1 October."""

Pairs = Sequence[tuple[str, str]]


class Answer:
    def __init__(self, response: dict[str, Any]) -> None:
        self.status: int = response["statusCode"]
        self.headers: dict[str, str] = response["headers"]
        self.text: str = response["body"]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def faults(self) -> set[tuple[str, str]]:
        return {(fault["pointer"], fault["code"]) for fault in self.json.get("errors", [])}


class SwitchedQueue(MemoryQueue):
    """A queue in memory that can be `down`."""

    down = False

    def send(self, messages: Sequence[Message]) -> set[int]:
        if self.down:
            raise Transient("the queue can't be reached")
        return super().send(messages)


def a_request(
    method: str, path: str, query: str = "", headers: dict[str, str] | None = None, body: str | None = None
) -> dict[str, Any]:
    """An HTTP API event, payload 2.0, as it comes by the $default route."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers or {},
        "requestContext": {
            "stage": "$default",
            "requestId": "req-1",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body
    return event


class ProductApi:
    """Query on the shipped fakes, at a fixed time, with an admin key."""

    def __init__(self, table: Table | None = None) -> None:
        self.table = table or MemoryTable()
        self.queue = SwitchedQueue()
        self.now = NOW
        self.app = wire(self.table, lambda: self.queue, lambda: PEPPER, lambda: self.now)
        self.log = io.StringIO()
        self.app._log.registered_handler.setStream(self.log)  # type: ignore[attr-defined]
        self.key = self.a_key(ADMIN)

    def a_key(self, *scopes: str) -> str:
        return create_key(self.table, PEPPER, name="test", scopes=scopes, now=NOW)[0]

    def request(
        self, method: str, path: str, query: str = "", *, key: str | None = "", body: str | None = None, **headers: str
    ) -> Answer:
        """`key` None sends none. Headers are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["authorization"] = f"Bearer {key or self.key}"
        return Answer(self.app.handle(a_request(method, path, query, sent, body)))

    def get(self, path: str, pairs: Pairs = (), **query: str) -> Any:
        """The body of a good answer."""
        answer = self.request("GET", path, urlencode([*pairs, *((name.rstrip("_"), v) for name, v in query.items())]))
        assert answer.status == 200, answer.text
        return answer.json

    def dora(self, pairs: Pairs = (), **query: str) -> Any:
        return self.get("/v1/metrics/dora", pairs, **query)

    def refused(self, path: str, query: str) -> set[tuple[str, str]]:
        """The faults of a query that is refused as a whole."""
        answer = self.request("GET", path, query)
        assert answer.status == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.faults

    def put_team(self, team: str, *members: dict[str, Any]) -> Answer:
        """Whatever the team is now."""
        body = json.dumps({"members": list(members)})
        there = team in self.table.get([ROSTER_KEY]).get(ROSTER_KEY, {}).get("teams", {})
        seen = {"if_match": "*"} if there else {}
        return self.request("PUT", f"/v1/teams/{team}", body=body, content_type="application/json", **seen)

    @property
    def told(self) -> list[dict[str, Any]]:
        """The data of the messages on the queue."""
        return [json.loads(message.body)["data"] for message in self.queue.messages]

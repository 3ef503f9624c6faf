"""An HTTP server on loopback that takes Leadline's events, keeps them, and can be told to behave badly first."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

KEY = "ll_0123456789ab_made-up"


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` 0 hangs up without an answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RecordingApi:
    """`taken`: what was accepted, by route, in order. `first`: replies for the next requests, in place of the usual ones.

    `refuse(route, item)` gives the faults of an item that is to be rejected. `deployments` is what the list will say.
    """

    base_url: str = ""
    taken: list[tuple[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    first: deque[Reply] = field(default_factory=deque)
    refuse: Callable[[str, Any], list[dict[str, str]]] = lambda route, item: []
    deployments: Callable[[dict[str, str]], dict[str, Any]] = lambda query: {"items": [], "next_cursor": None}

    def events(self, kind: str) -> list[Any]:
        return [item for route, item in self.taken if route == f"/v1/events/{kind}"]

    def answer(self, route: str, raw: bytes) -> Reply:
        if self.first:
            return self.first.popleft()
        items = json.loads(raw)
        assert isinstance(items, list)
        assert 1 <= len(items) <= 500
        assert len(raw) <= 1024 * 1024
        events: list[dict[str, Any]] = []
        for index, item in enumerate(items):
            if faults := self.refuse(route, item):
                errors = [{**fault, "pointer": f"/{index}{fault['pointer']}"} for fault in faults]
                events.append({"index": index, "status": "rejected", "errors": errors})
            else:
                self.taken.append((route, item))
                events.append({"index": index, "event_id": f"evt_{len(self.taken)}", "status": "queued"})
        accepted = sum(event["status"] == "queued" for event in events)
        result = {"accepted": accepted, "rejected": len(items) - accepted, "events": events}
        if accepted:
            return Reply(202, result)
        errors = [error for event in events for error in event["errors"]]
        return Reply(422, {"type": "urn:x", "title": "Invalid events", "status": 422, "errors": errors, **result})


@contextmanager
def recording_api() -> Iterator[RecordingApi]:
    """The server, running until the end of the block."""
    api = RecordingApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            self._note(self.path, len(raw))
            self._reply(api.answer(self.path, raw))

        def do_GET(self) -> None:
            route, _, query = self.path.partition("?")
            self._note(route, 0)
            if api.first:
                self._reply(api.first.popleft())
            else:
                self._reply(Reply(200, api.deployments(dict(parse_qsl(query)))))

        def _note(self, route: str, length: int) -> None:
            api.requests.append((route, length))
            api.headers.append({name.lower(): value for name, value in self.headers.items()})

        def _reply(self, reply: Reply) -> None:
            self.close_connection = True
            if reply.status == 0:
                return
            body = json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

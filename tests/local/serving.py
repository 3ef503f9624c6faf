"""A front that serves recording functions, and the ways that tests talk to it."""

from __future__ import annotations

import http.client
import socket
from typing import Any

from leadline_local.front import DEFAULT_LIMITS, Front, Limits
from leadline_local.functions import DEFAULT_ROUTE, EVENT_ROUTES, RETRY_ROUTE, Function
from leadline_local.lambda_events import LambdaContext


class Recorder:
    """A function that keeps the events it gets and answers as it is told to."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.contexts: list[LambdaContext] = []
        self.answer: Any = {"statusCode": 200, "body": "fine"}

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        self.events.append(event)
        self.contexts.append(context)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer() if callable(self.answer) else self.answer


class Served:
    """A front on a free port, with a recorder for each function."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.ingest, self.query = Recorder(), Recorder()
        self.lines: list[str] = []
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        self.port = bound.getsockname()[1]
        ingest, query = Function("ingest", self.ingest), Function("query", self.query)
        routes = [(RETRY_ROUTE, query), *((route, ingest) for route in EVENT_ROUTES), (DEFAULT_ROUTE, query)]
        self.front = Front(bound, routes, self.lines.append, limits)
        self.front.start()

    def ask(
        self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def raw(self, request: bytes) -> bytes:
        with self.connect() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

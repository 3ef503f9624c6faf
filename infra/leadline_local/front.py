"""The HTTP front: does on this machine what API Gateway does on AWS.

Turns each request into a payload 2.0 event, invokes the function of its route and sends its answer back. Like API
Gateway it answers requests that reach no function (413 beyond 10 MiB, 400 if it is not HTTP, 408 if it takes too long to
arrive) and 500 if the function fails, all as `application/problem+json`. Listens on 127.0.0.1 only.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from leadline.http.problems import Problem, internal
from leadline_local.connection import Connection, TooSlowError
from leadline_local.functions import Function
from leadline_local.lambda_events import Route, http_event

MAX_BODY = 10 * 1024 * 1024
"""Bytes; API Gateway's limit for HTTP APIs."""

DRAIN_SECONDS = 10.0

Report = Callable[[str], None]

_PLAIN_SEGMENT = re.compile(r"|v1|openapi\.json|[a-z]{1,20}(?:[-_][a-z]{1,20}){0,3}", re.ASCII)

_UNREADABLE = {
    414: ("URI too long", "The request line has more than 64 KiB."),
    431: ("Headers too large", "The request has more than 100 headers, or one of more than 64 KiB."),
    501: ("Unknown method", "No route has this method."),
    505: ("HTTP version not supported", "Send HTTP/1.1."),
}
_MAX_TRAILERS = 100

_CONTENT_LENGTH = re.compile(r"[0-9]+", re.ASCII)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;.*)?\r?\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many resources clients can hold, and for how long."""

    connections: int = 512
    """Open at a time; further ones wait until one ends."""
    idle_seconds: float = 65
    """Until a connection that sends no request is closed."""
    request_seconds: float = 30
    """For a whole request to arrive, from its first byte."""
    answer_seconds: float = 30
    """For a whole answer to be read."""
    discard_seconds: float = 10
    discard_bytes: int = 256 * 1024 * 1024
    """How much a rejected client may still send before it reads the answer."""


DEFAULT_LIMITS = Limits()


class Front:
    """Serves `routes` (the first that matches) on a socket that is already bound; `report` gets a line per request."""

    def __init__(
        self,
        bound: socket.socket,
        routes: Sequence[tuple[Route, Function]],
        report: Report,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._server = _Server(bound, routes, report, limits)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="front", daemon=True)

    def start(self) -> None:
        self._server.socket.listen(128)
        self._thread.start()

    def stop(self) -> None:
        """Stops accepting requests, drops those still arriving, and gives running ones 10 seconds to finish."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.drain(DRAIN_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # No thread is waited for; requests under way are, by `drain`.
    block_on_close = False

    def __init__(
        self, bound: socket.socket, routes: Sequence[tuple[Route, Function]], report: Report, limits: Limits
    ) -> None:
        super().__init__(bound.getsockname(), _Exchange, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.routes = routes
        self.report = report
        self.limits = limits
        self.draining = False
        self._room = threading.Semaphore(limits.connections)
        self._changed = threading.Condition()
        self._connections: set[socket.socket] = set()
        self._under_way = 0

    def get_request(self) -> tuple[socket.socket, Any]:
        # An OSError means "none now": the caller looks whether to stop, and asks again.
        if not self._room.acquire(timeout=0.1):
            raise BlockingIOError
        try:
            connected, address = super().get_request()
        except OSError:
            self._room.release()
            raise
        with self._changed:
            self._connections.add(connected)
        return connected, address

    def close_request(self, request: Any) -> None:
        with self._changed:
            self._connections.discard(request)
        super().close_request(request)
        self._room.release()

    def begin(self) -> bool:
        """Whether a request that has arrived may be answered; if so, `end` must follow."""
        with self._changed:
            if self.draining:
                return False
            self._under_way += 1
            return True

    def end(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def drain(self, seconds: float) -> None:
        """Disconnects clients that are still sending, and waits for running requests."""
        with self._changed:
            self.draining = True
            for connected in self._connections:
                with contextlib.suppress(OSError):  # the client was faster
                    connected.shutdown(socket.SHUT_RD)
            self._changed.wait_for(lambda: self._under_way == 0, seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that disconnects is normal
            print_place_of_failure()


class _Exchange(BaseHTTPRequestHandler):
    """One connection: reads requests, one after the other, and answers each."""

    server: _Server
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"  # so that a request line that makes no sense is answered with a status line
    server_version = "leadline-local"
    sys_version = ""

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._connection = Connection(self.request)
        self._reader = io.BufferedReader(self._connection)
        self.rfile = self._reader
        # Head and body leave in one packet.
        self.wfile = io.BufferedWriter(self._connection)

    def handle_one_request(self) -> None:
        self.requestline = self.command = self.path = ""
        self.request_version = self.default_request_version
        self._waits_for_100 = False
        self._began = time.monotonic()
        try:
            if not self._request_begins():
                self.close_connection = True
                return
            self._began = time.monotonic()
            self._connection.allow(self.server.limits.request_seconds)
            super().handle_one_request()
        except TooSlowError:
            self._refuse(Problem(408, "Request timeout", "The request took too long to arrive; send it again."))
        except Problem as problem:
            self._refuse(problem)

    def _request_begins(self) -> bool:
        self._connection.allow(self.server.limits.idle_seconds)
        try:
            return bool(self._reader.peek(1))
        except TooSlowError:
            return False

    def do_any(self) -> None:
        body = self._body()
        if not self.server.begin():
            self.close_connection = True
            return
        try:
            self._reply(*self._answered(body))
        finally:
            self.server.end()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = do_any  # noqa: N815  the names are http.server's

    def _answered(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        target = self.path if self.path.startswith("/") else "/"
        path = target.partition("?")[0]
        route, function = next(pair for pair in self.server.routes if pair[0].matches(self.command, path))
        event = http_event(route, self.command, target, self.headers.items(), body, self.client_address[0])
        try:
            answer = answer_of(function.invoke(event))
        except Exception:  # a function may fail in any way, and API Gateway answers the same to all
            print_place_of_failure()
            self.server.report(f"{function.name} failed: see the log")
            answer = answer_of(internal().response())
        status, headers, content = answer
        return status, [*headers, ("apigw-requestid", event["requestContext"]["requestId"])], content

    def _body(self) -> bytes:
        """Raises Problem: 400, 413."""
        lengths = self.headers.get_all("Content-Length", [])
        encodings = self.headers.get_all("Transfer-Encoding", [])
        if encodings:
            # With a length beside it, two readers could take different parts of it for the body.
            if lengths or [encoding.strip().lower() for encoding in encodings] != ["chunked"]:
                raise _bad_request("Send Content-Length, or Transfer-Encoding: chunked alone.")
            self._say_continue()
            return self._chunks()
        length = lengths[0].strip() if lengths else "0"
        if len(lengths) > 1 or not _CONTENT_LENGTH.fullmatch(length):
            raise _bad_request("Content-Length must be one whole number.")
        # Python refuses to read numbers of thousands of digits.
        if len(length) > 18 or int(length) > MAX_BODY:
            raise _too_large()
        self._say_continue()
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _bad_request("The body ended before its Content-Length.")
        return body

    def _chunks(self) -> bytes:
        malformed = _bad_request("The chunks of the body can't be read.")
        body = bytearray()
        while True:
            size_line = _CHUNK_SIZE.fullmatch(self.rfile.readline(1000))
            if size_line is None:
                raise malformed
            size = int(size_line[1], 16)
            if len(body) + size > MAX_BODY:
                raise _too_large()
            if size == 0:
                break
            body += self.rfile.read(size)
            if self.rfile.readline(1000) not in (b"\r\n", b"\n"):
                raise malformed
        for _ in range(_MAX_TRAILERS):
            if self.rfile.readline(10_000) in (b"\r\n", b"\n"):
                return bytes(body)
        raise malformed

    def handle_expect_100(self) -> bool:
        # Not yet: a body that is refused need not be sent at all.
        self._waits_for_100 = True
        return True

    def _say_continue(self) -> None:
        if self._waits_for_100:
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """http.server's refusals of what it can't read. Its messages are left out: they repeat what was sent."""
        title, detail = _UNREADABLE.get(code, ("Bad request", "The request can't be read as HTTP/1.1."))
        raise Problem(int(code), title, detail)

    def _refuse(self, problem: Problem) -> None:
        """Answers, and ends the connection: where its next request would begin is not known."""
        self.close_connection = True
        if self.server.draining:
            return
        self._reply(*answer_of(problem.response()))
        self._connection.discard_rest(self.server.limits.discard_seconds, self.server.limits.discard_bytes)

    def _reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        took = (time.monotonic() - self._began) * 1000
        self.server.report(f"{self.command or '?'} {shown_path(self.path)} {status} {took:.0f} ms")
        self._connection.allow(self.server.limits.answer_seconds)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        bodiless = status in (204, 304) or status < 200
        # The function may have left out the body of an answer to HEAD; the length of what GET would give is then not known.
        if not bodiless and (body or self.command != "HEAD"):
            self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        """Nothing: `report` has a line for each request."""


def _bad_request(detail: str) -> Problem:
    return Problem(400, "Bad request", detail)


def _too_large() -> Problem:
    most = MAX_BODY // (1024 * 1024)
    return Problem(413, "Body too large", f"The body has more than {most} MiB; send less at a time.")


def shown_path(target: str) -> str:
    """A path as it may be printed: no query, and only segments that are plain words; a strange one may be a pasted key."""
    path = target.partition("?")[0]
    return "/".join(segment if _PLAIN_SEGMENT.fullmatch(segment) else "…" for segment in path.split("/"))


def print_place_of_failure() -> None:
    """The traceback of the exception that is being handled, without its message: that may repeat what was sent."""
    failure = sys.exception()
    if failure is not None:
        frames = "".join(traceback.format_tb(failure.__traceback__))
        print(f"Traceback (most recent call last):\n{frames}{type(failure).__name__}", file=sys.stderr)


def answer_of(returned: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    """What API Gateway makes of a function's return value: status, headers, body. Raises ValueError if it can't."""
    if not isinstance(returned, Mapping) or "statusCode" not in returned:
        # Format 2.0 takes anything else for the body of a 200.
        whole = returned if isinstance(returned, str) else json.dumps(returned)
        return 200, [("content-type", "application/json")], whole.encode()
    headers = [(str(name).lower(), str(value)) for name, value in (returned.get("headers") or {}).items()]
    headers = [(name, value) for name, value in headers if name not in ("content-length", "connection")]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", str(cookie)) for cookie in returned.get("cookies") or ()]
    text = returned.get("body") or ""
    body = base64.b64decode(text, validate=True) if returned.get("isBase64Encoded") else text.encode()
    return int(returned["statusCode"]), headers, body

"""The HTTP front: stands where API Gateway stands on AWS, and does as it does.

Turns each request into a payload 2.0 event, invokes the function of its route and sends its answer back. Like API
Gateway it answers 413 itself beyond 10 MB and 500 when the function fails. Listens on 127.0.0.1 only.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.functions import Function
from infra.local.lambda_events import Route, http_event

MAX_BODY = 10 * 1024 * 1024
"""Bytes; API Gateway's limit for HTTP APIs."""

DRAIN_SECONDS = 10.0

Report = Callable[[str], None]


_PLAIN_SEGMENT = re.compile(r"|v1|openapi\.json|[a-z]{1,20}(?:[-_][a-z]{1,20}){0,3}", re.ASCII)


class BadRequestError(Exception):
    """The request can't be read as HTTP."""


class TooLargeError(Exception):
    """The body is larger than API Gateway lets through."""


class Front:
    """Serves `routes` (the first that matches) on a socket that is already bound; `report` gets a line a request."""

    def __init__(self, bound: socket.socket, routes: Sequence[tuple[Route, Function]], report: Report) -> None:
        self._server = _Server(bound, routes, report)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="front", daemon=True)

    def start(self) -> None:
        self._server.socket.listen(128)
        self._thread.start()

    def stop(self) -> None:
        """Takes no more requests and lets those under way finish, for at most 10 seconds."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        end = time.monotonic() + DRAIN_SECONDS
        while self._server.busy and time.monotonic() < end:
            time.sleep(0.02)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Connections that are kept alive but idle are not waited for; requests under way are, by Front.stop.
    block_on_close = False

    def __init__(self, bound: socket.socket, routes: Sequence[tuple[Route, Function]], report: Report) -> None:
        super().__init__(bound.getsockname(), _Exchange, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.routes = routes
        self.report = report
        self.busy = 0
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):  # a client that has gone is no news
            print_place_of_failure()


class _Exchange(BaseHTTPRequestHandler):
    """One connection: reads requests, one after the other, and answers each."""

    server: _Server
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.1"  # so that a request line that makes no sense is answered with a status line
    server_version = "leadline-local"
    sys_version = ""
    timeout = 65
    # Head and body leave in one packet, and at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_any(self) -> None:
        began = time.monotonic()
        with self.server.lock:
            self.server.busy += 1
        try:
            status, headers, body = self._answered()
            took = (time.monotonic() - began) * 1000
            self.server.report(f"{self.command} {shown_path(self.path)} {status} {took:.0f} ms")
            self._reply(status, headers, body)
        finally:
            with self.server.lock:
                self.server.busy -= 1

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = do_any  # noqa: N815  the names are http.server's

    def _answered(self) -> tuple[int, list[tuple[str, str]], bytes]:
        try:
            body = self._body()
        except TooLargeError:
            self.close_connection = True
            return _message(413, "Request Entity Too Large")
        except BadRequestError:
            self.close_connection = True
            return _message(400, "Bad Request")
        target = self.path if self.path.startswith("/") else "/"
        path = target.partition("?")[0]
        route, function = next(pair for pair in self.server.routes if pair[0].matches(self.command, path))
        event = http_event(route, self.command, target, self.headers.items(), body, self.client_address[0])
        try:
            answer = answer_of(function.invoke(event))
        except Exception:  # a function may fail in any way, and API Gateway answers the same to all
            print_place_of_failure()
            self.server.report(f"{function.name} failed: see the log")
            answer = _message(500, "Internal Server Error")
        status, headers, content = answer
        return status, [*headers, ("apigw-requestid", event["requestContext"]["requestId"])], content

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            raise BadRequestError
        if int(length) > MAX_BODY:
            raise TooLargeError
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise BadRequestError
        return body

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            line = self.rfile.readline(1000)
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError:
                raise BadRequestError from None
            if size < 0 or len(body) + size > MAX_BODY:
                raise TooLargeError
            if size == 0:
                break
            body += self.rfile.read(size)
            if self.rfile.readline(1000) not in (b"\r\n", b"\n"):
                raise BadRequestError
        while self.rfile.readline(10_000) not in (b"\r\n", b"\n", b""):
            pass  # trailers
        return bytes(body)

    def _reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
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

    def handle_expect_100(self) -> bool:
        good = super().handle_expect_100()
        self.wfile.flush()
        return good

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        """Nothing: `report` has a line for each request."""


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


def _message(status: int, text: str) -> tuple[int, list[tuple[str, str]], bytes]:
    return status, [("content-type", "application/json")], json.dumps({"message": text}).encode()

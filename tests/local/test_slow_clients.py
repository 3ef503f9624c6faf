"""The front and clients that send or read slowly, or not at all: none holds a thread, or the end of the stack, for long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from leadline_local.front import Limits
from tests.local.serving import Served

HEAD = b"POST /v1/events/x HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    fronts: list[Served] = []

    def start(**limits: Any) -> Served:
        fronts.append(Served(Limits(**limits)))
        return fronts[-1]

    yield start
    for each in fronts:
        each.front.stop()


def drip(connection: socket.socket) -> bytes:
    """Sends a byte now and then, until something comes back, and returns that; b"" if nothing does in 500 bytes."""
    connection.settimeout(0.02)
    for _ in range(500):
        connection.sendall(b"x")
        try:
            return connection.recv(1000)
        except TimeoutError:
            pass
    return b""


def ended(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection without a further byte. Waits for that."""
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


def answered(connection: socket.socket) -> None:
    """One whole request and its answer."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"", id="request line"),
        pytest.param(HEAD + b"A: ", id="headers"),
        pytest.param(HEAD + b"Content-Length: 1000000\r\n\r\n", id="body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n", id="chunk"),
    ],
)
def test_a_request_that_drips_is_given_up_with_a_408(serve: Callable[..., Served], begun: bytes) -> None:
    served = serve(request_seconds=0.1, discard_seconds=0.1)
    with served.connect() as connection:
        connection.sendall(begun)
        answer = drip(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"content-type: application/problem+json" in answer
        connection.settimeout(10)
        assert ended(connection)
    assert served.ingest.events == []


def test_a_connection_without_requests_is_closed(serve: Callable[..., Served]) -> None:
    served = serve(idle_seconds=0.1)
    with served.connect() as unused, served.connect() as used:
        answered(used)
        assert ended(unused)
        assert ended(used)


def test_a_client_that_does_not_read_its_answer_gives_way_to_the_next(serve: Callable[..., Served]) -> None:
    served = serve(connections=1, answer_seconds=0.1)
    # More than the system takes on behalf of the client.
    size = 32 * 1024 * 1024
    served.query.answer = {"statusCode": 200, "body": "x" * size}
    with served.connect() as deaf:
        deaf.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert served.ask("POST", "/v1/events/x")[0] == 200
        assert sum(map(len, iter(lambda: deaf.recv(1024 * 1024), b""))) < size


def test_a_refused_client_that_goes_on_sending_gives_way_to_the_next(serve: Callable[..., Served]) -> None:
    served = serve(connections=1, discard_bytes=1000)
    with served.connect() as deaf:
        deaf.sendall(HEAD + b"Content-Length: 99999999\r\n\r\n" + b"x" * 100_000)
        assert served.ask("GET", "/")[0] == 200


def test_more_connections_than_allowed_wait_for_their_turn(serve: Callable[..., Served]) -> None:
    served = serve(connections=1)
    with served.connect() as first, served.connect() as second:
        second.sendall(HEAD + b"\r\n")
        for _ in range(50):
            answered(first)
        assert served.ingest.events == []
        first.close()
        assert second.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_stop_waits_for_requests_under_way_and_for_none_that_is_still_being_sent(
    serve: Callable[..., Served],
) -> None:
    served = serve()
    entered, finish = threading.Event(), threading.Event()

    def answer() -> Any:
        entered.set()
        finish.wait(10)
        return {"statusCode": 200, "body": "fine"}

    with (
        served.connect() as under_way,
        served.connect() as in_head,
        served.connect() as in_body,
        served.connect() as idle,
    ):
        for each in (in_head, in_body, idle):
            answered(each)
        in_head.sendall(HEAD)
        in_body.sendall(HEAD + b"Content-Length: 2\r\n\r\n{")
        served.ingest.answer = answer
        under_way.sendall(HEAD + b"\r\n")
        assert entered.wait(10)
        stopping = threading.Thread(target=served.front.stop)
        stopping.start()
        for each in (in_head, in_body, idle):
            assert ended(each)
        finish.set()
        assert under_way.recv(1000).startswith(b"HTTP/1.1 200 ")
        stopping.join()
    assert len(served.ingest.events) == 1

"""A client's connection with deadlines: a client that sends or reads a byte now and then can't hold a thread."""

from __future__ import annotations

import contextlib
import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class TooSlowError(Exception):
    """The client did not send the expected bytes in time."""


class Connection(io.RawIOBase):
    """The bytes of a connected socket. Reads and writes must end within `seconds` after the last call of `allow`.

    A socket's own timeout is no such limit: it restarts with each byte.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._deadline = time.monotonic()

    def allow(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Raises TooSlowError."""
        try:
            self._limit_wait()
            return self._socket.recv_into(buffer)
        except TimeoutError:
            raise TooSlowError from None

    def write(self, data: ReadableBuffer) -> int:
        """Raises ConnectionAbortedError if the client does not read in time: no answer will reach it."""
        try:
            self._limit_wait()
            return self._socket.send(data)
        except TimeoutError:
            raise ConnectionAbortedError from None

    def discard_rest(self, seconds: float, most: int) -> None:
        """Ends our side, then reads and drops what the client still sends: at most `most` bytes, for at most `seconds`.

        Closing with bytes unread would reset the connection, and the client would lose an answer it has not read yet.
        """
        self.allow(seconds)
        buffer = bytearray(256 * 1024)
        with contextlib.suppress(OSError, TooSlowError):
            self._socket.shutdown(socket.SHUT_WR)
            while most > 0 and (received := self.readinto(buffer)):
                most -= received

    def _limit_wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

"""What a TLS-terminating proxy in front of the emulator would say to it: this request came over TLS.

The stack's queues and the CDK's bucket refuse plain HTTP. The emulator speaks nothing else, but believes
`X-Forwarded-Proto`, so everything that talks to it in these tests goes through here and meets the real policies.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from types import TracebackType

from leadline_local.emulator import Emulator


class TlsFront(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1 from the start; forwards one request a connection to `emulator`, once set."""

    daemon_threads = True
    block_on_close = False
    emulator: Emulator

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Forward)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client_environment(self) -> dict[str, str]:
        """What a process sets to talk to the emulator through here."""
        return {**self.emulator.client_environment, "AWS_ENDPOINT_URL": self.endpoint}

    def __enter__(self) -> TlsFront:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Forward(socketserver.StreamRequestHandler):
    server: TlsFront

    def handle(self) -> None:
        head = []
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            if not line.lower().startswith((b"connection:", b"x-forwarded-proto:")):
                head.append(line)
        if not head:
            return
        head += [b"X-Forwarded-Proto: https\r\n", b"Connection: close\r\n", b"\r\n"]
        with socket.create_connection(("127.0.0.1", self.server.emulator.port)) as upstream:
            upstream.sendall(b"".join(head))
            body = threading.Thread(target=self._send_body, args=(upstream,), daemon=True)
            body.start()
            with contextlib.suppress(ConnectionError):  # a caller that hung up needs no answer
                while chunk := upstream.recv(65536):
                    self.wfile.write(chunk)
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            body.join()

    def _send_body(self, upstream: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the answer may come, and the connection end, before the body does
            while chunk := self.rfile.read1(65536):
                upstream.sendall(chunk)

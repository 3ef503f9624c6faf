"""Keeps what the emulator has answered: a journal of writes beside snapshots of its state.

    CURRENT            the number N of the newest complete snapshot
    snapshot-N/        the emulator's own state files
    journal-N.jsonl    every write answered since snapshot N was begun, one request a line

A write is in the journal before its answer is sent, so killing every process at any moment loses nothing that was
answered. (The file is written, not synced: a power cut may lose the last seconds.) Coming back is: load snapshot N,
then repeat every journal from N on. DynamoDB writes repeat exactly, as they are done one at a time and in the order
written. Of the queue only sends are repeated, so a message may be delivered again, as SQS itself may: Leadline counts
it once.

A new snapshot is written by a forked child, while writes go on into the next journal; only when the child has ended
well does CURRENT move on. This module runs in the emulator's own environment and imports the standard library only.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SMALLEST_CHECKPOINT = 4 * 1024 * 1024
"""Bytes of journal before a new snapshot is worth its work; beyond that, half the size of the last one."""

_SQS_WRITES = {"CreateQueue", "DeleteQueue", "SetQueueAttributes", "SendMessage", "SendMessageBatch", "PurgeQueue"}
_READS = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List")
_KEPT_HEADERS = {b"x-amz-target", b"authorization", b"content-type", b"host"}

log = logging.getLogger("leadline.journal")


def is_write(target: str) -> bool:
    """Whether the operation (an `X-Amz-Target` such as `DynamoDB_20120810.PutItem`) changes what must be kept."""
    service, _, operation = target.partition(".")
    if service == "AmazonSQS":
        return operation in _SQS_WRITES
    if service.startswith("DynamoDB_") or service == "secretsmanager":
        return not operation.startswith(_READS)
    return False


class Journal:
    """ASGI middleware around the emulator. `save(folder)` writes its whole state, `load(folder)` reads it back.

    `end(error)` ends the process, when a write can't be kept.
    """

    def __init__(
        self,
        app: App,
        folder: Path,
        save: Callable[[Path], None],
        load: Callable[[Path], None],
        end: Callable[[Exception], NoReturn],
        smallest: int = SMALLEST_CHECKPOINT,
    ) -> None:
        self._app = app
        self._folder = folder
        self._save = save
        self._load = load
        self._end = end
        self._one_at_a_time = asyncio.Lock()
        self._written = 0
        self._smallest = smallest
        self._threshold = smallest
        self._child: int | None = None
        # Journal N holds what came after snapshot N was begun; the newest may have no snapshot yet.
        self._number = 0
        self._file = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._around_lifespan(send))
        elif scope["type"] == "http" and is_write(_target(scope)):
            body = await _read(receive)
            async with self._one_at_a_time:
                answer = await self._answer(scope, body)
                if _succeeded(answer):
                    self._append_or_end(scope, body)
            for message in answer:
                await send(message)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, body: bytes) -> list[Message]:
        answer: list[Message] = []
        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def collect(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, collect)
        return answer

    def _around_lifespan(self, send: Send) -> Send:
        async def forward(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await self._recover()
            elif message["type"] == "lifespan.shutdown.complete":
                self.close()
            await send(message)

        return forward

    async def _recover(self) -> None:
        number = self._current()
        if number:
            self._load(self._snapshot(number))
        repeated = refused = 0
        while (path := self._journal(number)).exists():
            for entry in _entries(path):
                repeated += 1
                refused += not _succeeded(await self._answer(_scope(entry), entry["body"].encode()))
            number += 1
        self._number = number
        self._open()
        if refused:
            log.error("%d of %d journalled writes were refused when repeated", refused, repeated)
        if repeated:
            log.warning("repeated %d writes that the last snapshot did not hold", repeated)
            self._checkpoint_now()

    def _open(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self._journal(self._number), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._written = 0

    def _append_or_end(self, scope: Scope, body: bytes) -> None:
        try:
            self._append(scope, body)
        except OSError as error:
            # Done, but not kept (the disk is full, say): going on would answer for what the next start won't know of.
            self._end(error)

    def _append(self, scope: Scope, body: bytes) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name.lower() in _KEPT_HEADERS]
        entry = {
            "path": scope["path"],
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers],
            "body": body.decode(),
        }
        line = json.dumps(entry).encode() + b"\n"
        view = memoryview(line)
        while view:
            view = view[os.write(self._file, view) :]
        self._written += len(line)
        if self._written >= self._threshold:
            self._begin_checkpoint()

    def _begin_checkpoint(self) -> None:
        """Starts a snapshot in a child, which has this moment's memory, and sends later writes to the next journal."""
        if self._child is not None:
            return
        self._number += 1
        self._open()
        number = self._number
        child = os.fork()
        if child == 0:
            code = 1
            try:
                # Should we be killed, neither the port nor the lock on the folder may live on in this child.
                os.closerange(3, 4096)
                self._write_snapshot(number)
                code = 0
            except BaseException:  # whatever it is, this child must end here
                log.exception("snapshot %d failed", number)
            finally:
                os._exit(code)
        self._child = child
        asyncio.get_running_loop().run_in_executor(None, os.waitpid, child, 0).add_done_callback(
            lambda ended: self._end_checkpoint(number, ended.result()[1])
        )

    def _end_checkpoint(self, number: int, status: int) -> None:
        self._child = None
        if status == 0:
            self._move_on_to(number)
        else:
            log.error("snapshot %d was not written; the journals since %d hold everything", number, self._current())

    def _checkpoint_now(self) -> None:
        self._number += 1
        self._open()
        self._write_snapshot(self._number)
        self._move_on_to(self._number)

    def _write_snapshot(self, number: int) -> None:
        folder = self._snapshot(number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            self._save(folder)
            for path in folder.iterdir():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        except Exception:
            # Half of it is of no use, and each further try would leave another on a disk that is full already.
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _move_on_to(self, number: int) -> None:
        pointer = self._folder / "CURRENT"
        fresh = self._folder / "CURRENT.new"
        fresh.write_text(f"{number}\n")
        fresh.replace(pointer)
        size = sum(path.stat().st_size for path in self._snapshot(number).iterdir())
        self._threshold = max(self._smallest, size // 2)
        for path in self._folder.glob("snapshot-*"):
            if _number(path) < number:
                shutil.rmtree(path, ignore_errors=True)
        for path in self._folder.glob("journal-*"):
            if _number(path) < number:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leaves a snapshot of everything behind, so that the next start repeats nothing."""
        if self._child is not None:
            os.kill(self._child, 9)  # a snapshot of everything follows; this one would only be older
        self._checkpoint_now()

    def _current(self) -> int:
        try:
            return int((self._folder / "CURRENT").read_text())
        except FileNotFoundError:
            return 0

    def _snapshot(self, number: int) -> Path:
        return self._folder / f"snapshot-{number:06d}"

    def _journal(self, number: int) -> Path:
        return self._folder / f"journal-{number:06d}.jsonl"


def _number(path: Path) -> int:
    return int(path.name.split("-")[1].split(".")[0])


def _target(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name.lower() == b"x-amz-target":
            return str(value.decode("latin-1"))
    return ""


def _succeeded(answer: list[Message]) -> bool:
    return any(message["type"] == "http.response.start" and message["status"] == 200 for message in answer)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return  # the process died while writing it, so its answer was never sent
            yield json.loads(line)


def _scope(entry: dict[str, Any]) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": entry["path"],
        "raw_path": entry["path"].encode(),
        "query_string": b"",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in entry["headers"]],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)

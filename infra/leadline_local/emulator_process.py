"""The emulator's process: ministack, on one address of this machine, with everything it answers kept.

Runs as a script in the emulator's own environment (`.venv/emulator`), started by `leadline_local.emulator`:

    python emulator_process.py HOME PORT WHETHER_TO_PERSIST

Writes `port N` to its standard output when it is ready, and `errno N` before it ends because of a file that can't be
written: on a full disk its log can't say so. Ends, state saved, on SIGTERM or as soon as its standard input closes:
its starter has ended, however suddenly.

Uses five names of ministack that are not its public interface (`_state_map`, `_get_module`, `persistence.logger`,
`_build_persistence_save_dict`, `persistence.STATE_DIR`); its version is pinned and a test exercises them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import IO, Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent))

PATIENCE = float(os.environ.get("LEADLINE_PATIENCE", "20"))
"""Seconds that the process of an earlier, killed run gets to save its state and end."""

CHECKPOINT_BYTES = int(os.environ.get("LEADLINE_CHECKPOINT_BYTES", "0"))
"""Journal bytes that make a snapshot worth its work; 0 for the journal's own measure. Both are for tests."""


class Starter:
    """The process that started this one, at the other end of our standard output. Other output goes to the log."""

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)

    def report(self, word: str, number: int) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended
            os.write(self._pipe, f"{word} {number}\n".encode())

    def end(self, error: Exception) -> NoReturn:
        """Ends this process at once: continuing would confirm writes that are not saved."""
        with contextlib.suppress(OSError):
            traceback.print_exception(error)
        if isinstance(error, OSError) and error.errno:
            self.report("errno", error.errno)
        os._exit(1)


def main() -> None:
    home, port, persist = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "persist"
    os.umask(0o077)
    starter = Starter()
    try:
        lock = take_over(home)
    except OSError as error:
        starter.end(error)
    listener = listen(port)
    os.environ["GATEWAY_PORT"] = str(listener.getsockname()[1])
    # Imported late: ministack reads its settings from the environment when it is imported.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.graceful_timeout = 2
    config.loglevel = "WARNING"
    wrapped: Any = with_journal(app, home, starter) if persist else app
    asyncio.run(run(serve, announced(wrapped, listener, starter), config))
    lock.close()


def take_over(home: Path) -> IO[str]:
    """Locks the folder for this process. If a process of an earlier run still holds it, waits for that one, then kills it.

    The starter holds its own lock on `home`, so a process that still holds this one has lost its starter. As the lock is
    held, the process id in it is the holder's and not that of a later process with the same number.
    """
    lock = (home / "lock").open("a+")
    end = time.monotonic() + PATIENCE
    killed = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end and not killed:
                lock.seek(0)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(lock.read()), signal.SIGKILL)
                killed = True
            time.sleep(0.05)
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1: on `port`, or on a free one if that is 0 or taken."""
    for candidate in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
        except OSError:
            listener.close()
            continue
        listener.listen(128)
        return listener
    raise SystemExit("no free port on 127.0.0.1")


def with_journal(app: Any, home: Path, starter: Starter) -> Any:
    from journal import SMALLEST_CHECKPOINT, Journal
    from ministack import app as emulator
    from ministack.core import persistence

    # ministack's own saving at exit stays off: it would change the state without the journal.
    persistence.PERSIST_STATE = True
    persistence.logger.addFilter(raise_os_error)

    def save(folder: Path) -> None:
        persistence.STATE_DIR = str(folder)
        for name, get_state in emulator._build_persistence_save_dict().items():
            state = get_state()
            if state is None:
                continue
            persistence.save_state(name, state)
            if not (folder / f"{name}.json").exists():
                raise RuntimeError(f"the state of {name} was not saved")

    def load(folder: Path) -> None:
        persistence.STATE_DIR = str(folder)
        for name, module in emulator._state_map.items():
            if (folder / f"{name}.json").exists():
                state = persistence.load_state(name)
                if state is None:
                    raise RuntimeError(f"the state of {name} in {folder} can't be read")
                emulator._get_module(module).load_persisted_state(state)

    return Journal(app, home, save, load, starter.end, CHECKPOINT_BYTES or SMALLEST_CHECKPOINT)


def raise_os_error(_: logging.LogRecord) -> bool:
    """A filter for the log of ministack's saving, which otherwise only logs what goes wrong."""
    error = sys.exception()
    if isinstance(error, OSError):
        raise error
    return True


def announced(app: Any, listener: socket.socket, starter: Starter) -> Any:
    """Reports the port to the starter as soon as requests are answered."""

    async def wrapper(scope: Any, receive: Any, send: Any) -> None:
        async def send_on(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                starter.report("port", listener.getsockname()[1])

        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        try:
            await app(scope, receive, send_on)
        except Exception as error:  # the server would continue without the state
            starter.end(error)

    return wrapper


async def run(serve: Any, app: Any, config: Any) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def starter_said() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            stop.set()

    loop.add_reader(0, starter_said)
    await serve(app, config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    main()

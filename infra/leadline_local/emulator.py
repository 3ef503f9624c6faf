"""The embedded AWS emulator: starts and stops its process."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

REGION = "eu-west-1"
ACCOUNT = "000000000000"

READY_WITHIN = 60.0
STOPPED_WITHIN = 60.0

_QUIET = {
    "MINISTACK_REGION": REGION,
    "LOG_LEVEL": "WARNING",
    # Not needed; each opens a port or slows the start.
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    # It would remove containers that it takes for its own; nothing here uses containers.
    "DOCKER_HOST": "unix:///nonexistent",
}


class EmulatorError(Exception):
    """The emulator can't be started; the message says why."""


class Emulator:
    """ministack on 127.0.0.1, keeping its state in `home` (unless `persist` is false).

    With `port` 0 it takes the port it had last time if that is free, else any. Usable as a context manager. What it has
    answered survives a kill of this process, of its own or of both (see `leadline_local.journal`).
    """

    def __init__(
        self, home: Path, port: int = 0, *, persist: bool = True, environment: Mapping[str, str] | None = None
    ) -> None:
        self.home = home
        self.persist = persist
        self._port = port
        self._environment = environment or {}
        self._owner: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | EmulatorError | None = None

    @property
    def port(self) -> int:
        if self._process is None:
            raise EmulatorError("the emulator is not running")
        return self._port

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EmulatorError("the emulator is not running")
        return self._process.pid

    @property
    def client_environment(self) -> dict[str, str]:
        """What a process sets to talk to it with boto3, and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def start(self) -> None:
        """Returns when it answers.

        Raises EmulatorError if another process uses `home`, or it does not come up; OSError if `home` can't be written.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._owner = self._own()
        try:
            self._process = self._spawn()
            self._port = self._await_port(self._process)
            (self.home / "port").write_text(f"{self._port}\n")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends it, its state saved. Does nothing if it does not run."""
        process, self._process = self._process, None
        self._failure = None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if self._owner is not None:
            self._owner.close()
            self._owner = None

    def failure(self) -> OSError | EmulatorError | None:
        """Why it ended, if nobody stopped it: an OSError if `home` can't be written."""
        process = self._process
        if process is not None and process.poll() is not None and self._failure is None:
            word, number = _read_report(process)
            ended = EmulatorError(f"the emulator ended by itself; see {self.home / 'emulator.log'}.")
            self._failure = _os_error(number) if word == "errno" else ended
        return self._failure

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _own(self) -> IO[str]:
        owner = (self.home / "owner").open("a+")
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner.seek(0)
            pid = owner.read().strip()
            owner.close()
            raise EmulatorError(f"{self.home} is in use by another run (process {pid}).") from None
        owner.seek(0)
        owner.truncate()
        owner.write(str(os.getpid()))
        owner.flush()
        return owner

    def _spawn(self) -> subprocess.Popen[bytes]:
        python = Path(sys.prefix) / "emulator" / "bin" / "python"
        if not python.exists():
            raise EmulatorError(f"the emulator is not installed in {python.parent.parent}; `make setup` does that.")
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        with (self.home / "emulator.log").open("wb") as log:
            return subprocess.Popen(
                [
                    str(python),
                    str(Path(__file__).with_name("emulator_process.py")),
                    str(self.home.resolve()),
                    str(self._port or self._last_port()),
                    "persist" if self.persist else "forget",
                ],
                # The pipe closes when we end; the emulator then ends, too.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**inherited, **_QUIET, **self._environment},
                # Ctrl-C in the terminal is for us: we end the emulator.
                start_new_session=True,
            )

    def _last_port(self) -> int:
        try:
            return int((self.home / "port").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _await_port(self, process: subprocess.Popen[bytes]) -> int:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN)
        word, number = _read_report(process) if readable else ("", 0)
        if word == "errno":
            raise _os_error(number)
        if word != "port":
            lines = (self.home / "emulator.log").read_text(errors="replace").splitlines()
            raise EmulatorError("\n".join(["the emulator did not start:", *lines[-15:]]))
        return number


def _read_report(process: subprocess.Popen[bytes]) -> tuple[str, int]:
    """The next line that the process has written for us; the word is empty if it ended without one."""
    assert process.stdout is not None
    word, _, number = process.stdout.readline().decode().partition(" ")
    return word, int(number or 0)


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))

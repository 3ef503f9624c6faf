"""The local stack as its user has it: one command, its files, its restarts, its refusals."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

COMMAND = (
    "import sys; from leadline_local import functions; from leadline_local.__main__ import main\n"
    "from tests.local.small_functions import TARGETS; functions.TARGETS.update(TARGETS); sys.exit(main())"
)


class Run:
    """One run of the command in the folder of the test, after the statements of `first`."""

    def __init__(self, folder: Path, first: str = "", **environment: str) -> None:
        self.home = folder / ".leadline"
        left = self.home / "local.json"
        self.left_behind = left.stat().st_mtime_ns if left.exists() else None
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{first}\n{COMMAND}"],
            cwd=folder,
            env={**os.environ, "LEADLINE_PORT": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def announced(self) -> dict[str, str]:
        """The content of local.json, once it is there and this run's own (a killed run leaves its behind)."""
        file = self.home / "local.json"
        for _ in range(600):
            if file.exists() and file.stat().st_mtime_ns != self.left_behind:
                found: dict[str, str] = json.loads(file.read_text())
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.process.kill()
        pytest.fail(f"it did not start: {self.process.communicate()}")

    def failed(self) -> str:
        """What it says on standard error when it ends by itself, without success."""
        _, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 1
        return str(err)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=60)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(first: str = "", **environment: str) -> Run:
        runs.append(Run(tmp_path, first, **environment))
        return runs[-1]

    yield start
    for each in runs:
        each.end()


def ask(url: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status, json.loads(response.read())


def counted(base_url: str, expected: list[str]) -> list[str]:
    """What the stack has counted, as soon as all that is expected is among it, else after 40 seconds."""
    found: list[str] = []
    for _ in range(800):
        found = ask(f"{base_url}/")[1]
        if set(expected) <= set(found):
            break
        time.sleep(0.05)
    return found


def test_an_event_goes_all_the_way_from_post_to_get(run: Callable[..., Run]) -> None:
    base_url = run().announced()["base_url"]
    status, _ = ask(f"{base_url}/v1/events/notes", {"id": "a", "group": "g"})
    assert status == 202
    assert counted(base_url, ["a"]) == ["a"]


def test_the_key_and_what_was_answered_outlive_a_restart(run: Callable[..., Run]) -> None:
    first = run()
    before = first.announced()
    ask(f"{before['base_url']}/v1/events/notes", {"id": "a", "group": "g"})
    code, _, _ = first.stop()
    assert code == 0
    after = run().announced()
    assert after["api_key"] == before["api_key"]
    assert counted(after["base_url"], ["a"]) == ["a"]


def test_what_was_answered_202_is_counted_though_everything_is_killed_at_once(run: Callable[..., Run]) -> None:
    sent: list[str] = []
    for round_ in range(3):
        running = run()
        base_url = running.announced()["base_url"]
        for number in range(5):
            sent.append(f"{round_}-{number}")
            ask(f"{base_url}/v1/events/notes", {"id": sent[-1], "group": f"g{number}"})
        os.kill(int((running.home / "emulator" / "lock").read_text()), signal.SIGKILL)
        running.stop(signal.SIGKILL)
    base_url = run().announced()["base_url"]
    assert counted(base_url, sent) == sent


def test_the_announcement_is_there_only_while_requests_are_taken(run: Callable[..., Run]) -> None:
    running = run()
    running.announced()
    running.stop()
    assert not (running.home / "local.json").exists()


def test_nobody_else_can_read_the_key_or_the_state(run: Callable[..., Run]) -> None:
    running = run()
    running.announced()
    assert stat.S_IMODE(running.home.stat().st_mode) == 0o700
    for name in ("local.json", "stack.json", "admin_key"):
        assert stat.S_IMODE((running.home / name).stat().st_mode) == 0o600, name


def test_it_prints_the_address_the_key_and_a_line_to_paste(run: Callable[..., Run]) -> None:
    running = run()
    told = running.announced()
    # The announcement comes first; the text follows at once.
    assert running.process.stdout is not None
    text = ""
    while "Ctrl-C" not in text:
        text += running.process.stdout.readline()
    assert f"URL   {told['base_url']}\n" in text
    assert f"Key   {told['api_key']}\n" in text
    (line,) = re.findall(r"^curl .*$", text, re.MULTILINE)
    assert line.startswith(f"curl -sS --fail-with-body --retry 3 {told['base_url']}/v1/events/deployments ")
    assert f"Bearer {told['api_key']}" in line
    json.loads(re.findall(r"-d '(.*)'$", line)[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_told_to(run: Callable[..., Run], number: int) -> None:
    running = run()
    running.announced()
    emulator = int((running.home / "emulator" / "lock").read_text())
    code, out, err = running.stop(number)
    assert (code, err) == (0, "")
    assert out.rstrip().endswith("All data is kept; `make up` continues from here.")
    with pytest.raises(ProcessLookupError):
        os.kill(emulator, 0)


def test_a_stop_asked_for_during_the_start_is_heard(run: Callable[..., Run]) -> None:
    running = run()
    for _ in range(400):
        if (running.home / "emulator").exists():
            break
        time.sleep(0.02)
    assert running.stop()[0] == 0


def test_a_port_that_is_taken_is_said_so(run: Callable[..., Run]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = run(LEADLINE_PORT=str(port))
        err = running.failed()
    assert f"port {port} on 127.0.0.1 is taken" in err
    assert f"LEADLINE_PORT={port + 1} make up" in err
    assert "Traceback" not in err
    assert not running.home.exists()


def test_a_second_run_on_the_same_state_is_refused_and_does_the_first_no_harm(run: Callable[..., Run]) -> None:
    first = run()
    base_url = first.announced()["base_url"]
    assert f"in use by another run (process {first.process.pid})" in run().failed()
    assert first.announced()["base_url"] == base_url
    assert ask(f"{base_url}/")[0] == 200


@pytest.mark.parametrize("port", ["abc", "70000", "-1", "1.5"])
def test_a_port_that_is_none_is_said_so(run: Callable[..., Run], port: str) -> None:
    assert "LEADLINE_PORT must be a port number" in run(LEADLINE_PORT=port).failed()


def test_state_and_port_go_where_they_are_told_to(run: Callable[..., Run], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = run(LEADLINE_HOME=str(tmp_path / "else" / "where"), LEADLINE_PORT=str(port))
    running.home = tmp_path / "else" / "where"
    assert running.announced()["base_url"] == f"http://127.0.0.1:{port}"


def test_it_ends_with_word_of_it_when_the_emulator_dies(run: Callable[..., Run]) -> None:
    running = run()
    running.announced()
    os.kill(int((running.home / "emulator" / "lock").read_text()), signal.SIGKILL)
    log = running.home.name + "/emulator/emulator.log"
    assert running.failed() == f"Leadline had to stop: the emulator ended by itself; see {log}.\n"


def test_a_port_that_may_not_be_used_is_said_so(run: Callable[..., Run]) -> None:
    # Ports below 1024 are for administrators, on some systems, and a test may be one.
    refuse = f"import socket\ndef bind(self, address): {os_error('EACCES')}\nsocket.socket.bind = bind"
    assert run(refuse, LEADLINE_PORT="80").failed() == (
        "Leadline can't run: port 80 on 127.0.0.1 can't be used: Permission denied; set LEADLINE_PORT to another one.\n"
    )


def os_error(name: str) -> str:
    """A statement that raises the system's error of that name, as the system call would."""
    return f"import errno, os; raise OSError(errno.{name}, os.strerror(errno.{name}))"


def at_most(size: int) -> str:
    """Statements that let this process and those it starts write files of at most `size` bytes, as a full disk would."""
    return (
        "import resource; hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, hard))"
    )


ELSEWHERE = "set LEADLINE_HOME to a folder elsewhere."


@pytest.mark.parametrize("below", ["", "below"])
def test_a_home_that_is_a_file_is_said_so_in_one_sentence(run: Callable[..., Run], tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    home = tmp_path / "file" / below
    assert run(LEADLINE_HOME=str(home)).failed() == (
        f"Leadline can't run: nothing can be kept in {home}, as a file is in its place; {ELSEWHERE}\n"
    )
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ENOSPC", f"the disk is full; free some space, or {ELSEWHERE}"),
        ("EROFS", f"the disk is read-only; {ELSEWHERE}"),
        ("EACCES", f"you may not write there; {ELSEWHERE}"),
        ("EIO", f"the system says: {os.strerror(errno.EIO)}; {ELSEWHERE}"),
    ],
)
def test_a_home_that_can_not_be_made_is_said_so_in_one_sentence(
    run: Callable[..., Run], name: str, reason: str
) -> None:
    running = run(f"import os\ndef mkdir(*_, **__): {os_error(name)}\nos.mkdir = mkdir")
    assert running.failed() == f"Leadline can't run: nothing can be kept in {running.home}, as {reason}\n"


@pytest.mark.parametrize("place", ["emulator", "emulator/owner", "emulator/lock", "functions.log", "admin_key"])
def test_whatever_can_not_be_written_is_said_in_one_sentence(
    run: Callable[..., Run], place: str, tmp_path: Path
) -> None:
    in_the_way = tmp_path / ".leadline" / place
    if place == "emulator":
        in_the_way.parent.mkdir()
        in_the_way.touch()
    else:
        in_the_way.mkdir(parents=True)
    err = run().failed()
    assert err.startswith(f"Leadline can't run: nothing can be kept in {tmp_path / '.leadline'}, as ")
    assert err.endswith(f"; {ELSEWHERE}\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("size", [0, 2000])
def test_a_disk_that_is_full_when_it_starts_is_said_so_in_one_sentence(run: Callable[..., Run], size: int) -> None:
    running = run(at_most(size))
    assert running.failed() == (
        f"Leadline can't run: nothing can be kept in {running.home}, as the system says: File too large; {ELSEWHERE}\n"
    )


def test_a_disk_that_fills_up_ends_it_in_one_sentence_and_loses_nothing_that_was_answered(
    run: Callable[..., Run],
) -> None:
    running = run(at_most(40_000))
    base_url = running.announced()["base_url"]
    answered: list[str] = []
    with contextlib.suppress(OSError):  # HTTP errors are such, too
        for number in range(100):
            ask(f"{base_url}/v1/events/notes", {"id": f"{number:02}", "group": "g", "text": "x" * 1000})
            answered.append(f"{number:02}")
    assert running.failed() == (
        f"Leadline had to stop: nothing can be kept in {running.home}, "
        f"as the system says: File too large; {ELSEWHERE}\n"
    )
    assert answered
    assert not (running.home / "local.json").exists()
    base_url = run().announced()["base_url"]
    # The one after them may have been kept, too, and its answer lost.
    assert set(answered) <= set(counted(base_url, answered))


def test_a_log_that_can_not_be_written_keeps_no_request_from_its_answer(run: Callable[..., Run]) -> None:
    running = run(at_most(40_000))
    base_url = running.announced()["base_url"]
    for _ in range(20):
        assert ask(f"{base_url}/?{'x' * 4000}") == (200, [])
    assert (running.home / "functions.log").stat().st_size == 40_000
    assert running.stop()[0] == 0


def test_a_terminal_that_is_gone_keeps_no_request_from_its_answer(run: Callable[..., Run]) -> None:
    running = run()
    base_url = running.announced()["base_url"]
    assert running.process.stdout is not None
    running.process.stdout.close()
    for _ in range(2):
        assert ask(f"{base_url}/") == (200, [])
    code, _, err = running.stop()
    assert (code, err) == (0, "")

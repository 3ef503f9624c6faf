"""The emulator's process: what it has answered stays answered."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from leadline import aws
from leadline.settings import Settings
from leadline.store.dynamodb import DynamoTable
from leadline.store.table import ABSENT, Add, Item, Put
from leadline_local.emulator import Emulator, EmulatorError
from leadline_local.resources import create_resources


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "emulator"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[[Emulator, str], Any]:
    return lambda running, service: boto3.client(service, endpoint_url=running.endpoint)


def write(running: Emulator, client: Callable[[Emulator, str], Any], number: int) -> None:
    """Adds `number` to a total, unguarded (repeated twice, it would show), and queues it."""
    client(running, "dynamodb").update_item(
        TableName="leadline",
        Key={"pk": {"S": "total"}, "sk": {"S": "total"}},
        UpdateExpression="ADD amount :n",
        ExpressionAttributeValues={":n": {"N": str(number)}},
    )
    queue = client(running, "sqs").get_queue_url(QueueName="leadline-events.fifo")["QueueUrl"]
    client(running, "sqs").send_message(
        QueueUrl=queue, MessageBody=str(number), MessageGroupId=str(number), MessageDeduplicationId=str(number)
    )


def kept(running: Emulator, client: Callable[[Emulator, str], Any]) -> tuple[int, list[str]]:
    item = client(running, "dynamodb").get_item(
        TableName="leadline", Key={"pk": {"S": "total"}, "sk": {"S": "total"}}, ConsistentRead=True
    )["Item"]
    sqs = client(running, "sqs")
    queue = sqs.get_queue_url(QueueName="leadline-events.fifo")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
    return int(item["amount"]["N"]), sorted(message["Body"] for message in messages)


def made(running: Emulator) -> Settings:
    return create_resources(boto3.Session(), endpoint=running.endpoint)


def test_a_clean_stop_keeps_everything(home: Path, client: Callable[[Emulator, str], Any]) -> None:
    with Emulator(home) as first:
        made(first)
        write(first, client, 1)
    with Emulator(home) as second:
        assert kept(second, client) == (1, ["1"])


def test_what_was_answered_survives_kills_each_time_exactly_once(
    home: Path, client: Callable[[Emulator, str], Any]
) -> None:
    total, bodies = 0, []
    for number in range(1, 6):
        running = Emulator(home)
        running.start()
        made(running)
        write(running, client, number)
        os.kill(running.pid, signal.SIGKILL)
        running.stop()
        total, bodies = total + number, [*bodies, str(number)]
    with Emulator(home) as last:
        assert kept(last, client) == (total, bodies)


def test_a_write_cut_short_by_a_kill_is_left_out(home: Path, client: Callable[[Emulator, str], Any]) -> None:
    running = Emulator(home)
    running.start()
    made(running)
    write(running, client, 1)
    os.kill(running.pid, signal.SIGKILL)
    running.stop()
    newest = max(home.glob("journal-*"))
    whole = newest.read_bytes()
    newest.write_bytes(whole + whole[:-20].splitlines()[-1])
    with Emulator(home) as again:
        assert kept(again, client) == (1, ["1"])


def test_a_snapshot_taken_while_writes_go_on_loses_and_doubles_nothing(
    home: Path, client: Callable[[Emulator, str], Any]
) -> None:
    # Enough to make it snapshot by itself, several times.
    running = Emulator(home, environment={"LEADLINE_CHECKPOINT_BYTES": "20000"})
    running.start()
    made(running)
    for number in range(150):
        write(running, client, number)
    assert snapshots(home)
    os.kill(running.pid, signal.SIGKILL)
    running.stop()
    with Emulator(home) as again:
        assert kept(again, client)[0] == sum(range(150))


def snapshots(home: Path) -> list[Path]:
    """The snapshots there are, once there is one; empty after ten seconds without."""
    for _ in range(200):
        if (home / "CURRENT").exists():
            return list(home.glob("snapshot-*"))
        time.sleep(0.05)
    return []


def test_state_that_can_not_be_read_is_never_taken_for_none(home: Path) -> None:
    with Emulator(home) as running:
        made(running)
    (snapshot,) = home.glob("snapshot-*")
    (snapshot / "dynamodb.json").write_text("{")
    with pytest.raises(EmulatorError, match="dynamodb"):
        Emulator(home).start()
    assert (snapshot / "dynamodb.json").exists()


def test_a_start_that_can_not_save_says_why_and_leaves_everything_as_it_was(
    home: Path, client: Callable[[Emulator, str], Any]
) -> None:
    running = Emulator(home)
    running.start()
    made(running)
    write(running, client, 1)
    os.kill(running.pid, signal.SIGKILL)
    running.stop()
    script = (
        "import resource, sys; from pathlib import Path; from leadline_local.emulator import Emulator\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
        "try: Emulator(Path(sys.argv[1])).start()\n"
        "except OSError as error: print(error.errno)"
    )
    for _ in range(2):
        tried = subprocess.run([sys.executable, "-c", script, str(home)], capture_output=True, check=False)
        assert tried.stdout.decode().strip() == str(errno.EFBIG)
    assert list(home.glob("snapshot-*")) == []
    with Emulator(home) as again:
        assert kept(again, client) == (1, ["1"])


def test_two_runs_do_not_share_a_folder(home: Path) -> None:
    with Emulator(home), pytest.raises(EmulatorError, match=f"process {os.getpid()}"):
        Emulator(home).start()


@pytest.fixture
def orphan(home: Path) -> Iterator[int]:
    """Process id of an emulator that its starter, killed at once, has left behind stopped, so that it can't end."""
    script = (
        "import os, signal, sys; from pathlib import Path; from leadline_local.emulator import Emulator\n"
        "running = Emulator(Path(sys.argv[1])); running.start(); os.kill(running.pid, signal.SIGSTOP)\n"
        "print(running.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    left = subprocess.run([sys.executable, "-c", script, str(home)], capture_output=True, check=False)
    pid = int(left.stdout)
    yield pid
    if alive(pid):
        os.kill(pid, signal.SIGKILL)


def test_a_process_left_behind_that_does_not_end_is_killed(home: Path, orphan: int) -> None:
    with Emulator(home, environment={"LEADLINE_PATIENCE": "0.5"}) as running:
        assert running.pid != orphan
        assert not alive(orphan)


def test_it_ends_by_itself_when_its_starter_is_killed(home: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from leadline_local.emulator import Emulator\n"
        "running = Emulator(Path(sys.argv[1])); running.start()\n"
        "print(running.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    left = subprocess.run([sys.executable, "-c", script, str(home)], capture_output=True, check=False)
    pid = int(left.stdout)
    for _ in range(200):
        if not alive(pid):
            break
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Where nobody collects orphans, an ended one stays in the list.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_it_listens_on_this_machine_only(emulator: Emulator) -> None:
    # The whole of 127.0.0.0/8 leads here, so whoever listens on every address answers on this one too.
    with pytest.raises(OSError, match=r"refused|assign"):
        socket.create_connection(("127.0.0.2", emulator.port), timeout=1)


def test_transactions_from_many_threads_lose_nothing(aws_env: Settings) -> None:
    # What the other emulator for tests, moto in this process, does not promise: 8 threads, each adding with a guard.
    table = DynamoTable(aws.client("dynamodb"), aws_env.table)

    def add(worker: int) -> None:
        for number in range(25):
            mine: Item = {"pk": f"worker-{worker}", "sk": f"{number}"}
            table.write([Put(mine, ABSENT), Add(("total", "total"), {"amount": 1})])

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(add, range(8)))
    assert table.get([("total", "total")])["total", "total"]["amount"] == 200

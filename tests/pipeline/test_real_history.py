"""A whole delivery history, posted: each deployment carries what git says it carries, whatever the order, however often.

In memory: ingest's routes and compute's fold, with nothing dropped in between. On the emulator: requests to the local stack, the
real handlers behind its front and its queue.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from compute.apply import fold
from leadline.domain.cells import CellKey
from leadline.queue import MemoryQueue, Message
from leadline.store.deployments import Record
from leadline.store.dynamodb import DynamoTable
from leadline.store.memory import MemoryTable
from leadline.store.table import Table
from leadline_local.emulator import REGION
from tests.contract.events_api import EventsApi
from tests.pipeline.made_up_history import History, Posted, batches, histories
from tests.stored import folded_cells, records, stored_cells

HISTORIES = {history.name: history for history in histories()}
ORDERS = ("in order", "reversed", "shuffled")
KINDS = {"commits": "commits", "changes": "change", "deployments": "deployment"}

Outcome = tuple[dict[str, Record], dict[CellKey, dict[str, int]]]
"""Facts and cells."""


def outcome(table: Table) -> Outcome:
    return {record.key: _timeless(record) for record in records(table)}, stored_cells(table)


def _timeless(record: Record) -> Record:
    """Without the times of receipt, which are those of the run."""
    reports = tuple(replace(report, received_at=0) for report in record.deployment.reports)
    return replace(record, deployment=replace(record.deployment, reports=reports))


def carried(facts: dict[str, Record], history: History) -> dict[str, list[int]]:
    """Per deployed SHA the changes, the first deployment left out."""
    found = {
        record.deployment.report.id or "": sorted(change.number for change in record.changes)
        for record in facts.values()
    }
    return {sha: numbers for sha, numbers in found.items() if sha in history.expected}


# --- in memory ---------------------------------------------------------------------------------------------------------


class KeepingQueue(MemoryQueue):
    """Drops no repeats, unlike SQS: compute gets each event as often as it was posted."""

    def send(self, messages: Sequence[Message]) -> set[int]:
        self.messages.extend(messages)
        return set()


@cache
def in_memory(name: str, order: str) -> Outcome:
    queue = KeepingQueue()
    api = EventsApi(queue)
    table = MemoryTable()
    for kind, array in batches(HISTORIES[name].in_order(order)):
        answer = api.post(KINDS[kind], array)
        assert (answer.status, answer.json["rejected"]) == (202, 0), answer.json
    for message in queue.messages:
        fold(table, message.body, sleep=lambda _: None)
    assert stored_cells(table) == folded_cells(table)
    return outcome(table)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", HISTORIES)
def test_each_deployment_carries_what_git_says(name: str, order: str) -> None:
    history = HISTORIES[name]
    facts, _ = in_memory(name, order)
    assert carried(facts, history) == history.expected
    assert len(facts) == len(history.deployments)


@pytest.mark.parametrize("order", ORDERS[1:])
@pytest.mark.parametrize("name", HISTORIES)
def test_facts_and_cells_are_the_same_in_any_order(name: str, order: str) -> None:
    assert in_memory(name, order) == in_memory(name, "in order")


# --- on the emulator ---------------------------------------------------------------------------------------------------

SETTLED_WITHIN = 400.0


@contextmanager
def local_stack(home: Path) -> Iterator[Path]:
    """The local stack as `make up` runs it, in a process of its own; gives its home once it takes requests."""
    process = subprocess.Popen(
        [sys.executable, "-m", "leadline_local"],
        env={**os.environ, "LEADLINE_PORT": "0", "LEADLINE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (home / "local.json").exists():
            assert process.poll() is None, "the local stack did not start"
            time.sleep(0.05)
        yield home
    finally:
        process.terminate()
        process.wait(60)


def post(home: Path, events: list[Posted]) -> None:
    local = json.loads((home / "local.json").read_text())
    connection = http.client.HTTPConnection(urlsplit(local["base_url"]).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {local['api_key']}", "Content-Type": "application/json"}
    for kind, array in batches(events):
        connection.request("POST", f"/v1/events/{kind}", json.dumps(array), headers)
        answer = connection.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
        assert (answer.status, told.get("rejected")) == (202, 0), told
    connection.close()


def stored_on(home: Path) -> DynamoTable:
    """The stack's table, once its queue is empty and nothing is being worked on."""
    found = json.loads((home / "stack.json").read_text())
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    sqs = session.client("sqs", endpoint_url=found["endpoint"])
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    ends, quiet = time.monotonic() + SETTLED_WITHIN, 0
    while quiet < 3:
        assert time.monotonic() < ends, "the queue did not empty"
        time.sleep(0.2)
        told = sqs.get_queue_attributes(QueueUrl=found["LEADLINE_QUEUE_URL"], AttributeNames=[*counts])["Attributes"]
        quiet = 0 if any(told[name] != "0" for name in counts) else quiet + 1
    dead = sqs.get_queue_attributes(QueueUrl=found["LEADLINE_DLQ_URL"], AttributeNames=[*counts])["Attributes"]
    assert dead[counts[0]] == "0", "events were parked"
    return DynamoTable(session.client("dynamodb", endpoint_url=found["endpoint"]), found["LEADLINE_TABLE"])


# Told from its end, the real history is attributed again and again: minutes on the emulator, and the same code as in memory.
ON_THE_STACK = [*((name, "in order") for name in HISTORIES), *((list(HISTORIES)[-1], order) for order in ORDERS[1:])]


@pytest.mark.parametrize(("name", "order"), ON_THE_STACK)
def test_posted_to_the_stack_a_history_gives_the_same_facts_and_cells(name: str, order: str, tmp_path: Path) -> None:
    history = HISTORIES[name]
    with local_stack(tmp_path / "home") as home:
        post(home, history.in_order(order))
        table = stored_on(home)
        facts, cells = outcome(table)
        assert cells == folded_cells(table)
    assert carried(facts, history) == history.expected
    assert (facts, cells) == in_memory(name, "in order")

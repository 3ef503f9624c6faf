"""Many workers at a time, deliveries repeated and out of order, workers killed at any point: each event counts exactly once.

On the emulator, over real sockets, with processes of their own (`tests.pipeline.workers`). The same run with a writer that
checks and then writes is the negative control: it must miscount, or the test would prove nothing.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from compute.apply import fold
from leadline import aws
from leadline.settings import Settings
from leadline.store.attention import PARKED, attention_partition
from leadline.store.configuration import ROSTER_KEY
from leadline.store.dynamodb import DynamoTable
from leadline.store.events import Trace, event_key
from leadline.store.memory import MemoryTable
from leadline.store.table import Key, Put, Table
from leadline_local.emulator import Emulator
from tests.histories import REPOSITORY, a_history
from tests.pipeline.workers.crowd import empty_the_queue
from tests.pipeline.workers.worker import Death, Job, Where
from tests.stored import everything, folded_cells, records, stored_cells

VISIBILITY_SECONDS = 3
"""A killed worker's messages are hidden for so long. Far more than a batch takes, and if not, then two work on it: fine too."""

WITHIN_SECONDS = 240.0

ROSTER = {
    "teams": {
        "web": {"members": [{"author": "ann"}, {"author": "bob", "to": "2026-06-01"}]},
        "core": {"members": [{"author": "bob"}, {"author": "cid", "from": "2026-05-30"}]},
    }
}

POISON = {
    "{": "NOT_JSON",
    '"a string"': "MALFORMED",
    '{"kind": "change", "event_id": "poison", "received_at": 1}': "MALFORMED",
    '{"v": 1, "kind": "change", "event_id": "poison", "received_at": 1, "data": {"repository": "acme/api"}}': "MALFORMED",
    '{"v": 1, "kind": "deployment", "event_id": "poison", "received_at": 1, "data": {"environment": "e", "status": "success"}}':
        "NO_SERVICE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    group: str
    body: str


def history_of(number: int, size: int) -> list[Delivery]:
    """One repository's events. Those with even numbers deploy two services, each event naming its own."""
    repository = f"{REPOSITORY}-{number}"
    deliveries: list[Delivery] = []
    for text in a_history(number, graph=number % 2 == 0, size=size).messages:
        message: dict[str, Any] = json.loads(text.replace(REPOSITORY, repository))
        message["event_id"] += f"_{number}"
        several = number % 2 == 0 and message["kind"] in ("deployment", "incident")
        for service in ("web", "worker") if several else (None,):
            if service is not None:
                message["data"]["service"] = f"{service}-{number}"
                message["event_id"] = f"{service}_{message['event_id']}"
            deliveries.append(Delivery(repository, json.dumps(message)))
    return deliveries


def delivered(events: list[Delivery], seed: int) -> list[Delivery]:
    """Every event one to three times, all in any order."""
    draw = random.Random(seed)
    sent = [event for event in events for _ in range(draw.randint(1, 3))]
    draw.shuffle(sent)
    return sent


def some_deaths(before_delete: int, after_write: int, seed: int) -> list[Death]:
    draw = random.Random(seed)
    deaths = [Death(Where.BEFORE_DELETE, draw.randint(1, 2)) for _ in range(before_delete)]
    deaths += [Death(Where.AFTER_WRITE, draw.randint(1, 12)) for _ in range(after_write)]
    draw.shuffle(deaths)
    return deaths


@dataclass
class Run:
    """One queue of its own and what the workers make of it."""

    settings: Settings
    environment: dict[str, str]
    log: Path
    naive: bool = False

    def __post_init__(self) -> None:
        self.sqs = aws.client("sqs")
        self.table = DynamoTable(aws.client("dynamodb"), self.settings.table)
        self.table.write([roster()])
        self.queue_url = self.settings.queue_url

    def ordered(self) -> None:
        """The stack's own FIFO queue. Deaths are not the messages' fault: none is given up for having been received often."""
        redrive = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["RedrivePolicy"])
        policy = json.loads(redrive["Attributes"]["RedrivePolicy"]) | {"maxReceiveCount": 1000}
        self.sqs.set_queue_attributes(
            QueueUrl=self.queue_url,
            Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": json.dumps(policy)},
        )

    def unordered(self) -> None:
        """A queue without groups: any number of workers on the same repository, so that only the lock's guard keeps order."""
        made = self.sqs.create_queue(
            QueueName=f"{self.settings.table}-standard", Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)}
        )
        self.queue_url = made["QueueUrl"]

    def send(self, deliveries: list[Delivery]) -> None:
        fifo = self.queue_url.endswith(".fifo")
        for start in range(0, len(deliveries), 10):
            entries: list[Any] = []
            for number, delivery in enumerate(deliveries[start : start + 10], start=start):
                entry = {"Id": str(number), "MessageBody": delivery.body}
                # Another deduplication id each time, as if it came again after SQS has forgotten the first.
                grouped = {"MessageGroupId": delivery.group, "MessageDeduplicationId": f"d{number}"}
                entries.append(entry | (grouped if fifo else {}))
            answer = self.sqs.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            assert len(answer["Successful"]) == len(entries)

    def work(self, deaths: list[Death]) -> Counter[Where]:
        job = Job(self.environment | self.settings.to_env(), self.queue_url, self.log, self.naive)
        return empty_the_queue(self.sqs, job, deaths, WITHIN_SECONDS)

    def stored(self) -> MemoryTable:
        """A copy of what is stored: quicker to look through."""
        copy = MemoryTable()
        for item in self.table.scan():
            copy.write([Put(item)])
        return copy

    def parked(self) -> Counter[tuple[str, str]]:
        """Body and reason of everything in the dead-letter queue."""
        found: Counter[tuple[str, str]] = Counter()
        while messages := self.sqs.receive_message(
            QueueUrl=self.settings.dlq_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                found[message["Body"], message["MessageAttributes"]["reason"]["StringValue"]] += 1
                self.sqs.delete_message(QueueUrl=self.settings.dlq_url, ReceiptHandle=message["ReceiptHandle"])
        return found


def roster() -> Put:
    return Put({"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1], **ROSTER})


def one_after_the_other(events: list[Delivery]) -> Table:
    """What a single worker makes of the events in the order in which they happened, each once."""
    table = MemoryTable()
    table.write([roster()])
    for event in events:
        fold(table, event.body)
    return table


def assert_counted_exactly_once(stored: Table, events: list[Delivery]) -> None:
    assert stored_cells(stored) == folded_cells(stored), "the numbers are not those of the facts"
    facts, expected = untraced(stored), untraced(one_after_the_other(events))
    differing = sorted(key for key in facts.keys() | expected.keys() if facts.get(key) != expected.get(key))
    assert not differing, "the facts are not those of the events"
    told = {json.loads(event.body)["event_id"] for event in events}
    assert {trace.event_id for trace in traces(stored) if trace.applied_at} == told, "not every event left its trace"


def untraced(table: Table) -> dict[Key, Any]:
    """What is stored, without what says when each event was applied or parked."""
    beside = (event_key("")[0], attention_partition(PARKED))
    return {key: item for key, item in everything(table).items() if not key[0].startswith(beside)}


def traces(table: Table) -> list[Trace]:
    return [Trace.from_item(item) for item in table.scan() if item["pk"].startswith(event_key("")[0])]


@pytest.fixture
def run(aws_env: Settings, emulator: Emulator, tmp_path: Path) -> Run:
    return Run(aws_env, emulator.client_environment, tmp_path / "workers.log")


def test_eight_workers_of_which_many_are_killed_count_every_event_once_and_park_the_poison(run: Run) -> None:
    events = [delivery for number in range(8) for delivery in history_of(number, size=7)]
    repositories = cycle(sorted({event.group for event in events}))
    poison = [Delivery(next(repositories), body) for body in POISON]
    sent = delivered([*events, *poison], seed=1)
    run.ordered()
    run.send(sent)

    killed = run.work(some_deaths(before_delete=44, after_write=16, seed=1))

    assert killed[Where.BEFORE_DELETE] >= 40
    assert killed[Where.AFTER_WRITE] >= 10
    stored = run.stored()
    assert_counted_exactly_once(stored, events)
    assert len(records(stored)) > 40
    assert run.parked() == Counter((each.body, POISON[each.body]) for each in sent if each.body in POISON)
    listed = {item["event_id"] for item in stored.query(attention_partition(PARKED))}
    assert listed == {"poison"}, "the list of the parked holds another event"


def test_eight_workers_on_the_same_repositories_at_a_time_count_every_event_once(run: Run) -> None:
    events = [delivery for number in range(3) for delivery in history_of(number, size=7)]
    run.unordered()
    run.send(delivered(events, seed=2))

    killed = run.work(some_deaths(before_delete=8, after_write=8, seed=2))

    assert sum(killed.values()) >= 10
    assert_counted_exactly_once(run.stored(), events)
    assert not run.parked()


@pytest.mark.parametrize("ordered", [True, False], ids=["a group at a time", "any order"])
def test_a_writer_that_checks_and_then_writes_miscounts(run: Run, ordered: bool) -> None:
    """The negative control: what the tests above would say of it."""
    run.naive = True
    events = [delivery for number in range(4) for delivery in history_of(number, size=4)]
    if ordered:
        run.ordered()
    else:
        run.unordered()
    run.send(delivered(events, seed=3))

    run.work(some_deaths(before_delete=2, after_write=18, seed=3))

    with pytest.raises(AssertionError, match="the numbers are not those of the facts"):
        assert_counted_exactly_once(run.stored(), events)

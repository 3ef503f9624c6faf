"""The sweep looks after deployments whose SHA is not known: asks again at growing intervals, gives up after two days."""

import itertools
import json

from compute.apply import fold
from compute.jobs.sweep import GIVE_UP, HOUR, LOOK_AFTER, MINUTE, PERIOD, due, send
from leadline.queue import MemoryQueue
from leadline.store.memory import MemoryTable
from tests.stored import records, stored_cells

RECEIVED = 1_790_000_000_000
SHA = "9f" * 20


def told(table: MemoryTable, kind: str, data: dict[str, object], received_at: int = RECEIVED) -> None:
    message = {"v": 1, "kind": kind, "event_id": f"{kind}-1", "received_at": received_at, "data": data}
    fold(table, json.dumps(message), sleep=lambda _: None)


def a_table_with_a_pending_deployment() -> MemoryTable:
    table = MemoryTable()
    deployment = {"id": SHA, "repository": "github.com/acme/shop", "environment": "production", "status": "success"}
    told(table, "deployment", {**deployment, "finished_at": RECEIVED - HOUR})
    assert [record.status for record in records(table)] == ["pending"]
    return table


def swept(table: MemoryTable, now: int, *, lookups: bool = True) -> list[str]:
    """The kinds of the messages that are due; they are folded, too."""
    queue = MemoryQueue()
    send(queue, due(table, now, lookups=lookups))
    kinds = [json.loads(message.body)["kind"] for message in queue.messages]
    for message in queue.messages:
        if json.loads(message.body)["kind"] == "settlement":
            fold(table, message.body, sleep=lambda _: None)
    return kinds


def test_a_vcs_is_asked_once_an_interval_and_ever_more_seldom() -> None:
    table = a_table_with_a_pending_deployment()
    asked = [now for now in range(RECEIVED, RECEIVED + GIVE_UP, PERIOD) if swept(table, now) == ["lookup"]]
    assert len(asked) == len(LOOK_AFTER)
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert gaps[:-1] == sorted(gaps[:-1])
    assert asked[0] - RECEIVED <= 10 * MINUTE


def test_without_a_vcs_nothing_is_asked() -> None:
    table = a_table_with_a_pending_deployment()
    assert not any(swept(table, now, lookups=False) for now in range(RECEIVED, RECEIVED + GIVE_UP, PERIOD))


def test_after_two_days_a_deployment_is_unmatched_visible_and_counted_for_frequency() -> None:
    table = a_table_with_a_pending_deployment()
    assert swept(table, RECEIVED + GIVE_UP) == ["settlement"]
    (record,) = records(table)
    assert (record.status, record.reason, record.live) == ("unmatched", "SHA_NOT_FOUND", True)
    everything = next(numbers for key, numbers in stored_cells(table).items() if key.scope.service is None)
    assert everything == {"d": 1, "u": 1}
    assert [item["sk"] for item in table.query("attention#unmatched")] == [record.place]
    assert swept(table, RECEIVED + 2 * GIVE_UP) == []


def test_an_unmatched_deployment_is_still_completed_when_its_sha_arrives() -> None:
    table = a_table_with_a_pending_deployment()
    swept(table, RECEIVED + GIVE_UP)
    change = {"repository": "github.com/acme/shop", "number": 7, "author": "ann", "merge_sha": SHA}
    told(table, "change", {**change, "merged_at": RECEIVED - 2 * HOUR}, RECEIVED + 2 * GIVE_UP)
    (record,) = records(table)
    assert record.status == "baseline"
    assert [change.number for change in record.changes] == [7]
    assert not list(table.query("attention#unmatched"))

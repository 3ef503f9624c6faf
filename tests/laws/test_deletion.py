"""Deleting is the exact inverse of telling, and what was deleted stays so however often it is delivered again."""

import json
import random
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from compute.apply import fold
from leadline.domain.deployments import StatusReport, deployment_key
from leadline.store.memory import MemoryTable
from tests.histories import START, a_history
from tests.stored import folded_cells, records, stored_cells

SEEDS = st.integers(min_value=0, max_value=10_000_000)
LATER = START * 2


def told(table: MemoryTable, messages: list[str]) -> None:
    for message in messages:
        fold(table, message, sleep=lambda _: None)


def facts(table: MemoryTable) -> dict[str, Any]:
    """What is counted; what a deployment waits for may keep out a change that it saw and did not carry."""
    return {record.key: replace(record, waits_for=()) for record in records(table) if record.deleted_at is None}


def the_deletion_of(message: dict[str, Any]) -> str:
    data = message["data"]
    if message["kind"] == "deployment":
        report = StatusReport.from_data({**data, "received_at": message["received_at"]})
        deletion: dict[str, Any] = {"deployment": deployment_key("shop", data["environment"], report)}
    elif message["kind"] == "change":
        deletion = {"repository": data["repository"], "number": data["number"]}
    else:
        deletion = {"service": "shop", "incident": data["id"]}
    kind = f"deletion of {message['kind']}"
    return json.dumps({"v": 1, "kind": kind, "event_id": "del", "received_at": LATER, "data": deletion})


@given(seed=SEEDS, order=SEEDS)
@hypothesis_settings(max_examples=60)
def test_telling_and_then_deleting_restores_every_number(seed: int, order: int) -> None:
    draw = random.Random(order)
    parsed = [json.loads(message) for message in a_history(seed).messages]
    victim = draw.choice([message for message in parsed if message["kind"] != "commits"])
    alike = [message for message in parsed if the_same_thing(message, victim)]
    rest = [json.dumps(message) for message in parsed if message not in alike]
    draw.shuffle(rest)
    without, table = MemoryTable(), MemoryTable()
    told(without, rest)
    everything = rest + [json.dumps(message) for message in alike]
    draw.shuffle(everything)
    told(table, everything)

    told(table, [the_deletion_of(victim), json.dumps(victim), the_deletion_of(victim)])

    assert stored_cells(table) == folded_cells(table)
    assert stored_cells(table) == stored_cells(without)
    assert facts(table) == facts(without)


def the_same_thing(message: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two messages tell of one deployment, change or incident."""
    return message["kind"] == other["kind"] != "commits" and the_deletion_of(message) == the_deletion_of(other)

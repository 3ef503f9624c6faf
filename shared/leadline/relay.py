"""Sends what is in the outbox (`leadline.store.outbox`) to the queue: a bounded number of messages at a time, from a stored cursor.

Sending again is harmless: SQS drops repeats within five minutes, and compute applies and counts a message once.

    kind "service", data {"service": "api", "locks": ["github.com/acme/api"]}
    kind "roster",  data {"lock": "github.com/acme/api", "services": ["api"], "authors": ["dev-1"], "from": "2026-01-01"}
    kind "points",  data {"metric": "review.comments"}, with "authors", "from" and "to" where a team changed
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from leadline.domain.errors import Conflict, Transient
from leadline.queue import Message, Queue, addressed, deliver
from leadline.store.outbox import ROSTER, FanOut, OutboxMessage, OutboxRecord, Position, moved
from leadline.store.points import METRICS, point_lock
from leadline.store.services import SERVICES, Service
from leadline.store.table import Delete, Put, Table, Write, at_version

AUTHORS = 100
"""In one message, so that compute applies it well within its time."""


def relay(table: Table, queue: Queue, record: OutboxRecord, now: int, most: int) -> int:
    """Sends up to `most` of the record's messages and returns how many. `now` in epoch milliseconds.

    Then the record is deleted or, where messages are left, the cursor is stored. Raises Transient where the queue did not take all.
    """
    found = list(islice(_messages(table, record), most + 1))
    sending = found[:most]
    taken, stopped = deliver(queue, [message for _, message in sending])
    sent = taken.index(False) if False in taken else len(taken)
    after = sending[sent - 1][0] if sent else record.after
    advanced = replace(record, after=after, sent=record.sent + sent)
    guard = at_version(record.version)
    writes: list[Write] = []
    if sent == len(found):
        writes = [Delete(record.key, guard), moved(record.job, now, open=-1, total=advanced.sent)]
    elif sent:
        writes = [Put(advanced.to_item(), guard)]
    if writes:
        with suppress(Conflict):  # somebody else sent it at the same time
            table.write(writes)
    if sent < len(sending):
        raise Transient("the queue did not take all messages") from stopped
    return sent


def _messages(table: Table, record: OutboxRecord) -> Iterator[tuple[Position, Message]]:
    """The record's messages that are still to be sent, in order of position."""
    from leadline.contract.messages import KINDS, Envelope  # slow to import, and few requests change anything

    for position, content in _contents(table, record):
        if record.after is None or position > record.after:
            name = record.event_id(content.kind, position)
            envelope = Envelope(
                kind=content.kind,
                event_id=name,
                received_at=record.received_at,
                data=content.data,
                source="product_api",
                job=record.job,
            )
            yield position, addressed(KINDS[content.kind].from_envelope(envelope), content.lock)


def _contents(table: Table, record: OutboxRecord) -> Iterator[tuple[Position, OutboxMessage]]:
    for index, message in enumerate(record.messages):
        yield (0, "", index), message
    fan_out = record.fan_out
    if fan_out is None:
        return
    # Read only after the change was stored: what is deployed to any other service is counted by the change already.
    services = [Service.from_item(item) for item in table.query(SERVICES)]
    deployed = [service for service in services if any(service.years.values())]
    if fan_out.to == ROSTER:
        yield from _to_locks(deployed, fan_out)
    else:
        for service in deployed:
            data = {"service": service.name, "locks": [service.lock]}
            yield (1, service.name, 0), OutboxMessage("service", service.lock, data)
    yield from _to_metrics(table, fan_out)


def _to_locks(services: Sequence[Service], fan_out: FanOut) -> Iterator[tuple[Position, OutboxMessage]]:
    locks: dict[str, list[str]] = {}
    for service in services:
        locks.setdefault(service.lock, []).append(service.name)
    for lock, names in sorted(locks.items()):
        for start, some in _authors(fan_out):
            yield (1, lock, start), OutboxMessage("roster", lock, {"lock": lock, "services": sorted(names), **some})


def _to_metrics(table: Table, fan_out: FanOut) -> Iterator[tuple[Position, OutboxMessage]]:
    for item in table.query(METRICS):
        metric = item["sk"]
        if fan_out.to == ROSTER:
            for start, some in _authors(fan_out):
                yield (2, metric, start), OutboxMessage("points", point_lock(metric), {"metric": metric, **some})
        else:
            yield (2, metric, 0), OutboxMessage("points", point_lock(metric), {"metric": metric})


def _authors(fan_out: FanOut) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for start in range(0, len(fan_out.authors), AUTHORS):
        yield start, {"authors": list(fan_out.authors[start : start + AUTHORS]), **(fan_out.days or {})}

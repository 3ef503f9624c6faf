"""Remembering what became of each event, and keeping the list of those that were parked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from leadline.contract.messages import Envelope, QueueMessage
from leadline.domain.errors import Conflict, Poison
from leadline.store.attention import PARKED, attention_key
from leadline.store.events import Trace, event_key
from leadline.store.outbox import moved
from leadline.store.table import ABSENT, ANY, Delete, Item, Put, Table, Write

KEEP_DAYS = 90
_DAY = 24 * 3600

About = dict[str, Any]
"""What an event turned out to be about, by the names of `Trace`."""


def remember_applied(table: Table, message: QueueMessage | Envelope, about: About, now: int) -> None:
    """Remembers that the event is counted in what it is about. `now` in epoch milliseconds. Mostly one write.

    A repeated delivery leaves what was remembered first; an event that is sent again replaces it, and one that was parked is listed
    no longer.
    """
    remember_all_applied(table, [(message, about)], now)


def remember_all_applied(table: Table, applied: Sequence[tuple[QueueMessage | Envelope, About]], now: int) -> None:
    """The same for several events, no more than fit a transaction: mostly one write for all, where each is new.

    A message of a job is counted in the transaction that stores its trace, so only once, however often it is delivered.
    """
    traces = [_trace(message, now, applied_at=now, **about) for message, about in applied]
    jobs = Counter(message.job for message, _ in applied if message.job is not None)
    try:
        if len({trace.event_id for trace in traces}) == len(traces):
            counted = [moved(job, now, done=number) for job, number in jobs.items()]
            table.write([*(Put(trace.to_item(), ABSENT) for trace in traces), *counted])
            return
    except Conflict:
        pass  # some are remembered
    stored = table.get([event_key(trace.event_id) for trace in traces])
    for trace, (message, _) in zip(traces, applied, strict=True):
        item = stored.get(event_key(trace.event_id))
        old = Trace.from_item(item) if item else None
        if old is None or old.parked_at is not None or old.received_at < trace.received_at:
            was_parked = old is not None and old.parked_at is not None
            counted = [moved(message.job, now, done=1, failed=-was_parked)] if message.job is not None else []
            table.write([Put(trace.to_item()), *_unlisted(old), *counted])
            stored[event_key(trace.event_id)] = trace.to_item()


def remember_parked(
    table: Table, message: Envelope, body: str, poison: Poison, now: int, group: str | None = None
) -> None:
    """Remembers that the event could not be applied, why, and which message to send again, in which group, for a retry."""
    old = _stored(table, message.event_id)
    if message.job is not None and old is not None and old.parked_at is None:
        return  # it was applied, and is counted as done
    trace = replace(
        _trace(message, now, parked_at=now, reason=poison.reason, detail=poison.detail), message=body, group=group
    )
    pk, sk = _parked_key(trace)
    service, environment = message.data.get("service"), message.data.get("environment")
    listed: Item = {
        "pk": pk,
        "sk": sk,
        "kind": trace.kind,
        "event_id": trace.event_id,
        "reason": trace.reason,
        "since": trace.received_at,
        "service": service if isinstance(service, str) else None,
        "environment": environment if isinstance(environment, str) else None,
        "repository": trace.repository,
        "ttl": trace.ttl,
    }
    kept = {name: value for name, value in listed.items() if value is not None}
    gone = [write for write in _unlisted(old) if write.key != (pk, sk)]
    counted = [moved(message.job, now, failed=1)] if message.job is not None and old is None else []
    table.write([Put(trace.to_item(), ABSENT if counted else ANY), Put(kept), *gone, *counted])


def _stored(table: Table, event_id: str) -> Trace | None:
    item = table.get([event_key(event_id)]).get(event_key(event_id))
    return Trace.from_item(item) if item else None


def _unlisted(old: Trace | None) -> Sequence[Write]:
    return [Delete(_parked_key(old))] if old is not None and old.parked_at is not None else []


def _parked_key(trace: Trace) -> tuple[str, str]:
    return attention_key(PARKED, f"{trace.received_at:013d}#{trace.event_id}")


def _trace(message: QueueMessage | Envelope, now: int, **values: Any) -> Trace:
    known = {**message.subject(), **values}
    return Trace(message.event_id, message.kind, message.received_at, ttl=now // 1000 + KEEP_DAYS * _DAY, **known)

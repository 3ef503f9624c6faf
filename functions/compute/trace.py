"""Remembering what became of each event, and keeping the list of those that were parked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from leadline.domain.errors import Conflict, Poison
from leadline.store.attention import PARKED, attention_key
from leadline.store.events import Trace, event_key
from leadline.store.outbox import moved
from leadline.store.table import ABSENT, ANY, Delete, Item, Put, Table, Write

KEEP_DAYS = 90
_DAY = 24 * 3600

About = dict[str, Any]
"""What an event turned out to be about, by the names of `Trace`."""


def remember_applied(table: Table, message: dict[str, Any], about: About, now: int) -> None:
    """Says that the event is counted in what it is about. `now` in epoch milliseconds. One write, mostly.

    Delivered again it stands as it was remembered first; sent again it is remembered anew. One that was parked is so no longer.
    """
    remember_all_applied(table, [(message, about)], now)


def remember_all_applied(table: Table, applied: Sequence[tuple[dict[str, Any], About]], now: int) -> None:
    """The same of several events, no more than fit a transaction: one write for all where each is new, mostly.

    A message of a job is counted in the transaction that stores its trace, so once only, however often it is delivered.
    """
    traces = [_trace(message, now, applied_at=now, **about) for message, about in applied]
    jobs = Counter(message["job"] for message, _ in applied if "job" in message)
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
            counted = [moved(message["job"], now, done=1, failed=-was_parked)] if "job" in message else []
            table.write([Put(trace.to_item()), *_unlisted(old), *counted])
            stored[event_key(trace.event_id)] = trace.to_item()


def remember_parked(
    table: Table, message: dict[str, Any], body: str, poison: Poison, now: int, group: str | None = None
) -> None:
    """Says that the event could not be applied, why, and what to send again, in which group, for a retry."""
    old = _stored(table, message["event_id"])
    job = message.get("job")
    if job is not None and old is not None and old.parked_at is None:
        return  # it was applied, and is counted as done
    trace = replace(
        _trace(message, now, parked_at=now, reason=poison.reason, detail=poison.detail), message=body, group=group
    )
    pk, sk = _parked_key(trace)
    data = message["data"]
    listed: Item = {
        "pk": pk,
        "sk": sk,
        "kind": trace.kind,
        "event_id": trace.event_id,
        "reason": trace.reason,
        "since": trace.received_at,
        "service": _text(data.get("service")),
        "environment": _text(data.get("environment")),
        "repository": trace.repository,
        "ttl": trace.ttl,
    }
    kept = {name: value for name, value in listed.items() if value is not None}
    gone = [write for write in _unlisted(old) if write.key != (pk, sk)]
    counted = [moved(job, now, failed=1)] if job is not None and old is None else []
    table.write([Put(trace.to_item(), ABSENT if counted else ANY), Put(kept), *gone, *counted])


def _stored(table: Table, event_id: str) -> Trace | None:
    item = table.get([event_key(event_id)]).get(event_key(event_id))
    return Trace.from_item(item) if item else None


def _unlisted(old: Trace | None) -> Sequence[Write]:
    return [Delete(_parked_key(old))] if old is not None and old.parked_at is not None else []


def _parked_key(trace: Trace) -> tuple[str, str]:
    return attention_key(PARKED, f"{trace.received_at:013d}#{trace.event_id}")


def _trace(message: dict[str, Any], now: int, **values: Any) -> Trace:
    told = {"repository": _text(message["data"].get("repository")), **_named(message), **values}
    return Trace(
        message["event_id"], message["kind"], message["received_at"], ttl=now // 1000 + KEEP_DAYS * _DAY, **told
    )


def _text(value: object) -> str | None:
    """The value where it is a text: a parked message may hold anything."""
    return value if isinstance(value, str) else None


def _named(message: dict[str, Any]) -> About:
    """What a message of the organisation's own is about: it says so itself."""
    data = message["data"]
    match message["kind"]:
        case "correction" | "settlement" | "lookup" | "deletion of deployment":
            return {"deployment": _text(data.get("deployment"))}
        case "deletion of change":
            return {"change": data["number"] if isinstance(data.get("number"), int) else None}
        case "deletion of incident":
            return {"service": _text(data.get("service")), "incident": _text(data.get("incident"))}
        case "point":
            return {"metric": _text(data.get("name"))}
        case "points" | "deletion of points":
            return {"metric": _text(data.get("metric"))}
        case "service":
            return {"service": _text(data.get("service"))}
    return {}

"""Remembering what became of each event, and keeping the list of those that were parked."""

from dataclasses import replace
from typing import Any

from leadline.domain.errors import Poison
from leadline.store.attention import PARKED, attention_key
from leadline.store.events import Trace
from leadline.store.table import Delete, Put, Table, Write

KEEP_DAYS = 90
_DAY = 24 * 3600

About = dict[str, Any]
"""What an event turned out to be about: `service`, `environment`, `repository`, `deployment`, `change`, `incident`."""


def remember_applied(table: Table, message: dict[str, Any], about: About, now: int) -> None:
    """Says that the event is counted in what it is about. `now` in epoch milliseconds. One write."""
    table.write([Put(_trace(message, now, applied_at=now, **about).to_item())])


def remember_parked(table: Table, message: dict[str, Any], body: str, poison: Poison, now: int) -> None:
    """Says that the event could not be applied, why, and what to send again for a retry."""
    trace = replace(_trace(message, now, parked_at=now, reason=poison.reason, detail=poison.detail), message=body)
    pk, sk = _parked_key(trace)
    about = {"kind": trace.kind, "event_id": trace.event_id, "reason": trace.reason, "ttl": trace.ttl}
    table.write([Put(trace.to_item()), Put({"pk": pk, "sk": sk, **about})])


def forget_parked(table: Table, message: dict[str, Any], about: About, now: int) -> None:
    """A parked event was retried and applied."""
    trace = _trace(message, now, applied_at=now, **about)
    writes: list[Write] = [Put(trace.to_item()), Delete(_parked_key(trace))]
    table.write(writes)


def _parked_key(trace: Trace) -> tuple[str, str]:
    return attention_key(PARKED, f"{trace.received_at:013d}#{trace.event_id}")


def _trace(message: dict[str, Any], now: int, **values: Any) -> Trace:
    repository = message["data"].get("repository")
    ttl = now // 1000 + KEEP_DAYS * _DAY
    return Trace(message["event_id"], message["kind"], message["received_at"], ttl=ttl, repository=repository, **values)

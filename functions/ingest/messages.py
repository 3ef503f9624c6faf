"""From an event to its message on the FIFO queue (`leadline.queue`)."""

from __future__ import annotations

import hashlib
from typing import Any

from ingest.models import Event
from leadline.queue import Message, canonical, compose, group_of

MAX_BYTES = 256 * 1024
"""Of one event's message: an event becomes facts of one table item each, and those end at 400 KB."""


def message(event: Event, *, received_at: int) -> Message:
    """`received_at` in epoch ms. The same event always gets the same id, whenever it comes."""
    data = event.data()
    event_id = f"{event.prefix}_{_digest(event.kind, data)}"
    body = compose(event.kind, event_id, received_at, data)
    return Message(event_id, body, _group(data), _deduplication(event, event_id, received_at))


def _deduplication(event: Event, event_id: str, received_at: int) -> str:
    # A deployment with neither id nor time of its own gets its time from its receipt. Deploying the same SHA again is
    # then a message that looks the same, and whether it is a repeat is compute's to decide, not SQS's.
    if event.kind == "deployment" and not event.model_fields_set & {"deployment_id", "started_at", "finished_at"}:
        return f"{event_id}-{received_at}"
    return event_id


def _group(data: dict[str, Any]) -> str:
    return group_of(str(data["repository"]) if "repository" in data else f"service:{data['service']}")


def _digest(kind: str, data: dict[str, Any]) -> str:
    return hashlib.sha256(f"{kind}\n{canonical(data)}".encode()).hexdigest()[:24]

"""From an event to its message on the FIFO queue (`leadline.queue`)."""

from __future__ import annotations

from typing import Any

from leadline.contract.event_ids import event_id
from leadline.contract.events import DEPLOYMENT, POINT
from leadline.contract.fields import Event
from leadline.queue import Message, canonical, compose, group_of

MAX_BYTES = 256 * 1024
"""Of one event's message: an event becomes facts of one table item each, and those end at 400 KB."""


def message(event: Event, *, received_at: int) -> Message:
    """`received_at` in epoch ms. The same event always gets the same id, whenever it comes."""
    data = dict(event.data)
    if event.type is POINT and "service" in data:
        data.pop("repository", None)  # it says where a point belongs only where no service does
    name = event_id(event.type.prefix, f"{event.type.kind}\n{canonical(data)}")
    body = compose(event.type.kind, name, received_at, data)
    return Message(name, body, _group(event, data), _deduplication(event, name, received_at))


def _deduplication(event: Event, name: str, received_at: int) -> str:
    # A deployment with neither id nor time of its own gets its time from its receipt. Deploying the same SHA again is
    # then a message that looks the same, and whether it is a repeat is compute's to decide, not SQS's.
    if event.type is DEPLOYMENT and not event.sent & {"deployment_id", "started_at", "finished_at"}:
        return f"{name}-{received_at}"
    return name


def _group(event: Event, data: dict[str, Any]) -> str:
    if event.type is POINT:
        return group_of(f"metric:{data['name']}")
    return group_of(str(data["repository"]) if "repository" in data else f"service:{data['service']}")

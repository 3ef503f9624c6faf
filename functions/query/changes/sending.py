"""Sends compute a message for somebody: a correction, a deletion, a retry of a parked event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.contract.event_ids import canonical, event_id
from leadline.http.problems import unavailable
from leadline.queue import Message, addressed, deliver
from query.http.request import Request
from query.schemas import QueuedEvent


def send(request: Request, message: Message) -> QueuedEvent:
    """Answers once the queue has the message. Raises Problem (503) where the queue can't be reached."""
    taken, stopped = deliver(request.reach.queue(), [message])
    if not all(taken):
        raise unavailable("The queue can't be reached at the moment; try again.") from stopped
    return {"event_id": message.event_id, "status": "queued"}


def message_of(request: Request, kind: str, prefix: str, lock: str, data: Mapping[str, Any]) -> Message:
    """A message that compute applies in order with all others under this lock. Sent again later, it is another message."""
    from leadline.contract.messages import KINDS, Envelope  # slow to import, and few requests change anything

    name = event_id(prefix, canonical([kind, request.now, data]))
    envelope = Envelope(kind=kind, event_id=name, received_at=request.now, data=data, source="product_api")
    return addressed(KINDS[kind].from_envelope(envelope), lock)

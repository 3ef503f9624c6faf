"""Sending compute one message on a person's behalf: a correction, a deletion, something parked once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.contract.event_ids import event_id
from leadline.domain.errors import Transient
from leadline.http.problems import unavailable
from leadline.queue import Message, canonical, compose, group_of
from query.config.publish import tell
from query.schemas import Accepted
from query.web.request import Request


def send(request: Request, message: Message) -> Accepted:
    """Answers when the queue has taken it. Raises Problem (503) where it has not."""
    try:
        tell(request.reach.queue(), [message])
    except Transient as transient:
        raise unavailable("The queue can't be reached at the moment; send it again.") from transient
    return {"event_id": message.event_id, "status": "queued"}


def message_of(request: Request, kind: str, prefix: str, lock: str, data: Mapping[str, Any]) -> Message:
    """A message to be folded in turn with all that is written under this lock. Told twice is told on purpose: the time is in it."""
    name = event_id(prefix, canonical([kind, request.now, data]))
    return Message(name, compose(kind, name, request.now, data), group_of(lock), name)

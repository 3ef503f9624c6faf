"""From what a payload tells to messages on the queue, through the models of the Events API.

What only decorates an event (a label too long, an address that is none) is left out rather than losing the event for it;
what says which event it is, where it belongs or how it ended is never guessed at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingest.messages import MAX_BYTES, message
from ingest.webhooks.delivery import Malformed, ReportedEvent
from leadline.contract.invalid_value import InvalidValue
from leadline.queue import Message

_DECORATIONS = frozenset(
    {
        *("url", "labels", "version", "severity", "author", "head_branch", "title"),
        *("first_commit_at", "opened_at", "first_review_at", "approved_at"),
        *("paths", "commit_shas"),  # a VCS can still tell them; too many of them are no reason to lose a change
    }
)
_BULKY = ("paths", "commit_shas")


def message_of(told: ReportedEvent, *, now: int, delivery_id: str) -> Message:
    """The message for the queue. `now` in epoch ms; `delivery_id` is unique to the delivery, or "".

    Raises Malformed naming the first field that makes the event impossible.
    """
    fields = {name: value for name, value in told.fields.items() if value is not None}
    made = _read(told, fields, now)
    if made.size > MAX_BYTES:
        made = _read(told, {name: value for name, value in fields.items() if name not in _BULKY}, now)
    if made.size > MAX_BYTES:
        raise Malformed(f"the {told.type.kind} is larger than {MAX_BYTES // 1024} KiB")
    if not delivery_id:
        return made
    # The same delivery, sent again, is one message; the same content in another delivery is folded again, which changes
    # nothing. Where an event has no time of its own, the delivery also stands in for the time of receipt.
    digest = hashlib.sha256(delivery_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return replace(made, deduplication=f"{made.event_id}-{digest}")


def _read(told: ReportedEvent, fields: Mapping[str, Any], now: int) -> Message:
    try:
        event = told.type.read(dict(fields), now)
    except InvalidValue as invalid:
        faulty = {fault["pointer"].split("/")[1] for fault in invalid.faults if "/" in fault["pointer"]}
        if not faulty or faulty - _DECORATIONS:
            raise _malformed(told, invalid) from None
        plain = {name: value for name, value in fields.items() if name not in faulty}
        try:
            event = told.type.read(plain, now)
        except InvalidValue as still:
            raise _malformed(told, still) from None
    return message(event, received_at=now)


def _malformed(told: ReportedEvent, invalid: InvalidValue) -> Malformed:
    fault = next((fault for fault in invalid.faults if _name(fault["pointer"]) not in _DECORATIONS), invalid.faults[0])
    return Malformed(f"{told.type.kind}: {_name(fault['pointer'])} {fault['detail']}".replace("  ", " "))


def _name(pointer: str) -> str:
    return pointer.removeprefix("/").partition("/")[0]

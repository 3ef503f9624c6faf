"""From an event to its message on the FIFO queue (`leadline.contract.messages`).

`message` takes a valid event. `to_message` takes what another system reported (`ReportedEvent`), which is validated here
as if it had been posted to the Events API. Optional details that are invalid (an overlong label, a broken URL) are left
out rather than losing the event; what identifies it, places it or says how it ended is never guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from leadline.contract.event_ids import canonical, event_id
from leadline.contract.events import DEPLOYMENT, POINT
from leadline.contract.fields import Event, EventType
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.messages import Envelope
from leadline.queue import Message, group_of

MAX_BYTES = 256 * 1024
"""Of one event's message: an event becomes facts of one table item each, and those end at 400 KB."""

_OPTIONAL_DETAILS = frozenset(
    {
        *("url", "labels", "version", "severity", "author", "head_branch", "title"),
        *("first_commit_at", "opened_at", "first_review_at", "approved_at"),
        *("paths", "commit_shas"),  # the code host can still supply them
    }
)
_BULKY = ("paths", "commit_shas")


class Malformed(Exception):
    """A payload lacks what its event needs. The message names the field, never a value."""


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """An event that another system reported, as fields of the Events API; a field that is None is absent.

    `source_time`: when that system says the event's state was last updated, epoch ms; None where it does not say.
    """

    type: EventType
    fields: Mapping[str, Any]
    source_time: int | None = None


def message(event: Event, *, received_at: int, source: str = "api", source_time: int | None = None) -> Message:
    """`received_at` and `source_time` in epoch ms. The same event always gets the same id, whenever it arrives.

    `source`: "api", "cdevents", "eventbridge" or "webhook:NAME".
    """
    data = dict(event.data)
    if event.type is POINT and "service" in data:
        data.pop("repository", None)  # only places a point that has no service
    name = event_id(event.type.prefix, f"{event.type.kind}\n{canonical(data)}")
    envelope = Envelope(
        kind=event.type.kind,
        event_id=name,
        received_at=received_at,
        data=data,
        source=source,
        source_time=source_time,
    )
    return Message(name, envelope.to_json(), _group(event, data), _deduplication_id(event, name, received_at))


def to_message(reported: ReportedEvent, *, now: int, source: str, delivery_id: str) -> Message:
    """The queue message. `now` in epoch ms; `delivery_id` is unique to the delivery, or "".

    Raises Malformed naming the first field that makes the event invalid.
    """
    fields = {name: value for name, value in reported.fields.items() if value is not None}
    made = _read(reported, fields, now, source)
    if made.size > MAX_BYTES:
        made = _read(reported, {name: value for name, value in fields.items() if name not in _BULKY}, now, source)
    if made.size > MAX_BYTES:
        raise Malformed(f"the {reported.type.kind} is larger than {MAX_BYTES // 1024} KiB")
    if not delivery_id:
        return made
    # A redelivery is one message. The same content in another delivery is processed again, which changes nothing. Where
    # an event has no time of its own, the delivery also stands in for the time of receipt.
    digest = hashlib.sha256(delivery_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return replace(made, deduplication=f"{made.event_id}-{digest}")


def _deduplication_id(event: Event, name: str, received_at: int) -> str:
    # A deployment without an id or time of its own gets its time from its receipt. Deploying the same SHA again then
    # makes an equal message, and whether it is a repeat is compute's to decide, not SQS's.
    if event.type is DEPLOYMENT and not event.sent & {"deployment_id", "started_at", "finished_at"}:
        return f"{name}-{received_at}"
    return name


def _group(event: Event, data: Mapping[str, Any]) -> str:
    if event.type is POINT:
        return group_of(f"metric:{data['name']}")
    return group_of(str(data["repository"]) if "repository" in data else f"service:{data['service']}")


def _read(reported: ReportedEvent, fields: Mapping[str, Any], now: int, source: str) -> Message:
    try:
        event = reported.type.read(dict(fields), now)
    except InvalidValue as invalid:
        faulty = {fault["pointer"].split("/")[1] for fault in invalid.faults if "/" in fault["pointer"]}
        if not faulty or faulty - _OPTIONAL_DETAILS:
            raise _malformed(reported, invalid) from None
        essential = {name: value for name, value in fields.items() if name not in faulty}
        try:
            event = reported.type.read(essential, now)
        except InvalidValue as still_invalid:
            raise _malformed(reported, still_invalid) from None
    return message(event, received_at=now, source=source, source_time=reported.source_time)


def _malformed(reported: ReportedEvent, invalid: InvalidValue) -> Malformed:
    essential = (fault for fault in invalid.faults if _first_name(fault["pointer"]) not in _OPTIONAL_DETAILS)
    fault = next(essential, invalid.faults[0])
    return Malformed(f"{reported.type.kind}: {_first_name(fault['pointer'])} {fault['detail']}".replace("  ", " "))


def _first_name(pointer: str) -> str:
    return pointer.removeprefix("/").partition("/")[0]

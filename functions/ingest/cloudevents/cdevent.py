"""One event of CDEvents: its document, validated and parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.cloudevents.http_binding import CloudEvent
from ingest.cloudevents.schema import fault
from ingest.cloudevents.vocabulary import EVENTS, validate
from leadline.contract.invalid_value import Fault, InvalidValue

_TYPE = re.compile(r"dev\.cdevents\.([a-z]+\.[a-z]+)\.(\d{1,4})\.(\d{1,4})\.\d{1,6}(?:[-+][0-9A-Za-z.+-]*)?", re.ASCII)
_CUSTOM = "dev.cdeventsx."


class UnknownEvent(Exception):
    """Not an event of CDEvents, as far as this vocabulary knows. The message says why."""


@dataclass(frozen=True, slots=True)
class CDEvent:
    """`name` is subject and predicate, such as "service.deployed"; `at` is its timestamp, as sent."""

    name: str
    id: str
    at: str
    subject: str
    """The subject's own id."""
    subject_source: str
    content: Mapping[str, Any]
    custom: Mapping[str, Any]
    pointer: str


def read_cdevent(envelope: CloudEvent) -> CDEvent:
    """The event in a CloudEvent. Raises UnknownEvent, or InvalidValue with every fault."""
    document, at = envelope.data, envelope.pointer
    context = document.get("context") if isinstance(document, dict) else None
    kind = context.get("type") if isinstance(context, dict) else None
    kind = kind if isinstance(kind, str) else envelope.attributes.get("type")
    if not isinstance(kind, str):
        raise InvalidValue.of(
            [fault(f"{at}/context/type", "missing", "is required, such as dev.cdevents.service.deployed.0.3.0")]
        )
    name, minor = _parse_type(kind)
    faults: Sequence[Fault] = list(validate(document, name, minor, at))
    if faults:
        raise InvalidValue.of(faults)
    subject, custom = document["subject"], document.get("customData")
    source = subject.get("source", document["context"]["source"])
    return CDEvent(
        name=name,
        id=document["context"]["id"],
        at=document["context"]["timestamp"],
        subject=subject["id"],
        subject_source=source,
        content=subject["content"],
        custom=custom if isinstance(custom, dict) else {},
        pointer=at,
    )


def _parse_type(kind: str) -> tuple[str, int | None]:
    """The event's name, and the minor version of its schema (None where the major version is not 0)."""
    if kind.startswith(_CUSTOM):
        raise UnknownEvent("a custom event: only those that CDEvents itself defines are supported")
    match = _TYPE.fullmatch(kind)
    if match is None:
        raise UnknownEvent("not a type of CDEvents: they have the form dev.cdevents.<subject>.<predicate>.<version>")
    name, major, minor = match[1], int(match[2]), int(match[3])
    if name not in EVENTS:
        raise UnknownEvent("not an event that CDEvents 0.4.0 to 0.5.1 define")
    return name, minor if major == 0 else None

"""One event of CDEvents: its document, checked and taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.cdevents.bindings import Carried
from ingest.cdevents.schema import fault
from ingest.cdevents.vocabulary import EVENTS, check
from leadline.contract.invalid_value import Fault, InvalidValue

_TYPE = re.compile(r"dev\.cdevents\.([a-z]+\.[a-z]+)\.(\d{1,4})\.(\d{1,4})\.\d{1,6}(?:[-+][0-9A-Za-z.+-]*)?", re.ASCII)
_CUSTOM = "dev.cdeventsx."


class NotOurs(Exception):
    """An event that is none of CDEvents', or one that this vocabulary does not have. The message says why."""


@dataclass(frozen=True, slots=True)
class CDEvent:
    """`name` is subject and predicate, such as "service.deployed"; `at` is when it happened, as sent."""

    name: str
    id: str
    at: str
    subject: str
    """The subject's own id."""
    subject_source: str
    content: Mapping[str, Any]
    custom: Mapping[str, Any]
    pointer: str


def read_cdevent(carried: Carried) -> CDEvent:
    """The event in what was carried. Raises NotOurs, or InvalidValue with every fault."""
    document, at = carried.data, carried.pointer
    context = document.get("context") if isinstance(document, dict) else None
    kind = context.get("type") if isinstance(context, dict) else None
    kind = kind if isinstance(kind, str) else carried.attributes.get("type")
    if not isinstance(kind, str):
        raise InvalidValue.of(
            [fault(f"{at}/context/type", "missing", "is required: such as dev.cdevents.service.deployed.0.3.0")]
        )
    name, minor = _name(kind)
    faults: Sequence[Fault] = list(check(document, name, minor, at))
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


def _name(kind: str) -> tuple[str, int | None]:
    if kind.startswith(_CUSTOM):
        raise NotOurs("a custom event: only those that CDEvents itself defines are understood")
    match = _TYPE.fullmatch(kind)
    if match is None:
        raise NotOurs("no type of CDEvents: they read dev.cdevents.<subject>.<predicate>.<version>")
    name, major, minor = match[1], int(match[2]), int(match[3])
    if name not in EVENTS:
        raise NotOurs("no event of CDEvents that is known here")
    return name, minor if major == 0 else None

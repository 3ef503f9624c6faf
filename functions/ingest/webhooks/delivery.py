"""What a source is made of: one request in, what it tells out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.contract.fields import EventType
from leadline.store.sources import Sources


class Unsigned(Exception):
    """The request does not carry a signature made with one of our secrets. The message is for the sender."""


class Malformed(Exception):
    """The payload lacks what it must have to tell anything. The message names the field, never a value."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came. Header names in lower case; `now` is the receipt in epoch milliseconds."""

    headers: Mapping[str, str]
    body: bytes
    now: int

    def header(self, name: str) -> str:
        """The header's value without white space around it; "" where it was not sent."""
        return self.headers.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """One event in the words of the Events API. Fields that are None were not told."""

    type: EventType
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Translation:
    """What a payload tells; with no events, `ignored` says why in a few words for whoever reads the sender's log."""

    events: Sequence[ReportedEvent] = field(default=())
    ignored: str | None = None


def read_json(delivery: Delivery) -> Any:
    """The payload of a body that is JSON. Raises ValueError or RecursionError where it is not."""
    import json

    return json.loads(delivery.body)


@dataclass(frozen=True, slots=True)
class Source:
    """One system that sends webhooks. `read` gets the payload out of the body, after the signature was found good."""

    verify: Callable[[Delivery, Sequence[str]], None]
    translate: Callable[[Delivery, Any, Sources], Translation]
    delivery_header: str = ""
    read: Callable[[Delivery], Any] = read_json

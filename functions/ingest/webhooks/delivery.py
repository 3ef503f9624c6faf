"""A webhook request, and what the module of each source provides to read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.messages import ReportedEvent
from leadline.store.sources import Sources


class Unsigned(Exception):
    """The request carries no signature made with one of our secrets. The message is for the sender."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request. Header names in lower case; `now` is the receipt in epoch milliseconds."""

    headers: Mapping[str, str]
    body: bytes
    now: int

    def header(self, name: str) -> str:
        """The header's value without surrounding white space; "" where it was not sent."""
        return self.headers.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Translation:
    """The events in a payload; without any, `ignored` says why, in a few words for the sender's delivery log."""

    events: Sequence[ReportedEvent] = field(default=())
    ignored: str | None = None


def read_json(delivery: Delivery) -> Any:
    """The payload of a JSON body. Raises ValueError or RecursionError where it is not JSON."""
    return json.loads(delivery.body)


@dataclass(frozen=True, slots=True)
class Source:
    """One system that sends webhooks. `read` parses the body, after the signature was verified."""

    verify: Callable[[Delivery, Sequence[str]], None]
    translate: Callable[[Delivery, Any, Sources], Translation]
    delivery_header: str = ""
    """The header with the sender's own id of the delivery."""
    read: Callable[[Delivery], Any] = read_json

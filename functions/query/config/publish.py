"""Telling compute that a team changed: a message for each repository's lock and each hundred authors.

kind "roster", data {"lock": "github.com/acme/api", "services": ["api"], "authors": ["dev-1"], "from": "2026-01-01", "to": …}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from leadline.domain.errors import Transient
from leadline.queue import Message, Queue, canonical, compose, deliver, group_of
from leadline.store.services import Service
from query.config.roster_change import RosterChange

AUTHORS = 100
"""In one message, so that folding it stays well within compute's time."""


def tell(queue: Queue, messages: Sequence[Message]) -> None:
    """Sends them all. Raises Transient unless the queue has said yes to every one."""
    taken, stopped = deliver(queue, messages)
    if not all(taken):
        raise Transient("the queue did not take all messages") from stopped


def roster_messages(
    services: Iterable[Service], untold: RosterChange, version: int, received_at: int
) -> Iterator[Message]:
    """What compute must be told. `version` is the roster's that holds the change."""
    locks: dict[str, list[str]] = {}
    for service in services:
        if any(service.years.values()):  # else nothing of it was ever counted
            locks.setdefault(service.lock, []).append(service.name)
    authors = sorted(untold.authors)
    for lock, names in sorted(locks.items()):
        for start in range(0, len(authors), AUTHORS):
            some = authors[start : start + AUTHORS]
            data = {"lock": lock, "services": sorted(names), "authors": some, **untold.days()}
            yield _message(data, version, received_at)


def _message(data: dict[str, Any], version: int, received_at: int) -> Message:
    # Whoever repeats a PUT wants it counted again: it has raised the roster's version, so it is no repeat to SQS.
    identity = canonical([version, data])
    event_id = f"ros_{hashlib.sha256(identity.encode()).hexdigest()[:24]}"
    return Message(event_id, compose("roster", event_id, received_at, data), group_of(data["lock"]), event_id)

"""A change of the configuration that facts are derived from: stored, told, and neither without the other.

    1. stored with a note of what is to be told, and put on record, in one transaction
    2. told: a message for each service that is to be counted anew
    3. the note is removed

Dies anything in between, the note stays, and the next change, or the same one repeated, tells it again: harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadline.domain.errors import Transient
from leadline.http.problems import Problem, unavailable
from leadline.queue import Message
from leadline.store.services import Service
from leadline.store.table import Item, Put, Write, at_version
from query.config.history import entry
from query.config.publish import tell
from query.events.sending import message_of
from query.web.request import Request

TRIES = 5


def store(
    request: Request,
    item: Item,
    kind: str,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    event_id: str | None = None,
    along: Sequence[Write] = (),
) -> None:
    """Stores the item's next version and, with what goes `along`, puts the change on record. Raises Conflict where somebody else
    was first."""
    action = "changed" if before is not None else "created"
    made = entry(request, kind, name, action, f"{kind}.{name}.v{item['v']}", event_id, before, after)
    request.table.write([Put(item, at_version(item["v"] - 1)), Put(made.to_item()), *along])


def service_message(request: Request, service: Service, locks: Iterable[str]) -> Message:
    """Has a service counted anew. `locks`: all that it was written under before."""
    data = {"service": service.name, "locks": sorted({*locks, service.lock})}
    return message_of(request, "service", "svc", service.lock, data)


def tell_and_forget(request: Request, item: Item, messages: list[Message]) -> None:
    """Tells compute and removes the note from the item. Raises Problem (503) where the queue has not taken everything."""
    try:
        tell(request.reach.queue(), messages)
    except Transient as transient:
        raise unavailable(
            "The change is stored, but counting by it could not be set off; read it again and send the change once more."
        ) from transient
    told = {name: value for name, value in item.items() if name != "untold"}
    try:
        request.table.write([Put({**told, "v": item["v"] + 1}, at_version(item["v"]))])
    except Transient:
        return  # the note stays, or whoever changed it meanwhile has it: it is told twice, which changes nothing


def crowded() -> Problem:
    return unavailable("Others kept changing this at the same time; send it again.", retry_after=1)

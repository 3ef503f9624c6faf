"""What became of an event: enough to answer "why isn't my deployment there?", and nothing that a sender sent but names and ids.

event#dep_3f9a… | event
"""

from dataclasses import dataclass, fields
from typing import Any

from leadline.store.table import Item, Key


def event_key(event_id: str) -> Key:
    return (f"event#{event_id}", "event")


@dataclass(frozen=True, slots=True)
class Trace:
    """Times in epoch milliseconds. What it was about leads to the fact that now holds the answer.

    `point` is its place among those of its day in UTC. `resolved` says how its service was found: it was "known", "created" for it
    or "tied" to its repository by it, or is another repository's ("mismatch"). `told` is the status that a deployment event told.
    `reason` and `detail` are set where the event was parked; `message` is then the queued message and `group` its group on the
    queue, kept to be retried.
    """

    event_id: str
    kind: str
    received_at: int
    applied_at: int | None = None
    parked_at: int | None = None
    service: str | None = None
    environment: str | None = None
    repository: str | None = None
    deployment: str | None = None
    change: int | None = None
    incident: str | None = None
    metric: str | None = None
    point: str | None = None
    resolved: str | None = None
    told: str | None = None
    reason: str | None = None
    detail: str | None = None
    message: str | None = None
    group: str | None = None
    ttl: int | None = None

    def to_item(self) -> Item:
        pk, sk = event_key(self.event_id)
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        del values["event_id"]
        return {"pk": pk, "sk": sk, **{name: value for name, value in values.items() if value is not None}}

    @classmethod
    def from_item(cls, item: Item) -> "Trace":
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in item.items() if name in known}
        return cls(event_id=item["pk"].partition("#")[2], **values)

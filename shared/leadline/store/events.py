"""The trace of an event: enough to answer "why isn't my deployment there?". Of what was sent it holds only names and ids.

event#dep_3f9a… | event
"""

from dataclasses import dataclass, fields
from typing import Any

from leadline.store.table import Item, Key


def event_key(event_id: str) -> Key:
    return (f"event#{event_id}", "event")


@dataclass(frozen=True, slots=True)
class Trace:
    """Times in epoch milliseconds. `service`, `deployment` etc. lead to the fact that the event became part of.

    `point`: the sort key of its point. `resolved`: how its service was found: "known", "created" by the event, "tied" to its
    repository by the event, or of another repository ("mismatch"). `reported_status`: that of a deployment event.
    `reason` and `detail`: why it was parked; `message` and `group` are then the queued message and its group, kept for a retry.
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
    reported_status: str | None = None
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

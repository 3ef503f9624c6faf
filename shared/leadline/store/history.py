"""The audit log: one item for each change that somebody made to the configuration or to stored data.

history | 1790000000000#svc_3f9a…       who (a key's id), what, before and after; in order of time
"""

from dataclasses import dataclass, fields
from typing import Any

from leadline.store.table import Item

HISTORY = "history"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`at` in epoch milliseconds. `who`: the id of the key that made the change. `kind` and `name`: what was changed.

    `mark` tells it from other entries of the same time. `event_id`: the event that updates the numbers, if there is one.
    """

    at: int
    mark: str
    who: str
    kind: str
    name: str
    action: str
    event_id: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    @property
    def place(self) -> str:
        return f"{self.at:013d}#{self.mark}"

    def to_item(self) -> Item:
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("at", "mark")}
        return {"pk": HISTORY, "sk": self.place, **{name: value for name, value in values.items() if value is not None}}

    @classmethod
    def from_item(cls, item: Item) -> "AuditEntry":
        at, _, mark = item["sk"].partition("#")
        known = {field.name for field in fields(cls)} - {"at", "mark"}
        return cls(int(at), mark, **{name: value for name, value in item.items() if name in known})

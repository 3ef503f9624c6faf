"""Who changed what: one item for each change that a person made to the configuration or to what is stored.

history | 1790000000000#svc_3f9a…       who (a key's id), what, before and after; in order of time
"""

from dataclasses import dataclass
from typing import Any

from leadline.store.table import Item

HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Entry:
    """`at` in epoch milliseconds; `who` the id of the key it was made with; `kind` and `name` what was changed.

    `event_id`: the event that makes the numbers follow, where there is one; it sets the entry apart from others of its time.
    """

    at: int
    who: str
    kind: str
    name: str
    action: str
    event_id: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    @property
    def place(self) -> str:
        return f"{self.at:013d}#{self.event_id}"

    def to_item(self) -> Item:
        values = {
            "who": self.who,
            "kind": self.kind,
            "name": self.name,
            "action": self.action,
            "before": self.before,
            "after": self.after,
        }
        return {"pk": HISTORY, "sk": self.place, **{name: value for name, value in values.items() if value is not None}}

    @classmethod
    def from_item(cls, item: Item) -> "Entry":
        at, _, event_id = item["sk"].partition("#")
        return cls(
            int(at),
            item["who"],
            item["kind"],
            item["name"],
            item["action"],
            event_id,
            item.get("before"),
            item.get("after"),
        )

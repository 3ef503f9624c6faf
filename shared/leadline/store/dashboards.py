"""Dashboards in the table.

dashboards | checkout      one item per dashboard, all in one partition: there are few, and lists need all of them
"""

from dataclasses import dataclass
from typing import Any

from leadline.store.table import Item, Key

DASHBOARDS = "dashboards"


def dashboard_key(name: str) -> Key:
    return (DASHBOARDS, name)


@dataclass(frozen=True, slots=True)
class StoredDashboard:
    """`definition`: what the Product API shows and takes. `version`: that of the stored item, 0 for none.

    Versions start at the time of creation (epoch milliseconds), so a dashboard that is deleted and created again never repeats one.
    `request`: a digest of the request that created it, if that had an Idempotency-Key.
    """

    id: str
    definition: dict[str, Any]
    version: int = 0
    request: str | None = None

    def to_item(self) -> Item:
        pk, sk = dashboard_key(self.id)
        return {"pk": pk, "sk": sk, "definition": self.definition, "request": self.request, "v": self.version}

    @classmethod
    def from_item(cls, item: Item) -> "StoredDashboard":
        return cls(item["sk"], item["definition"], item["v"], item.get("request"))

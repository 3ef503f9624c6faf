"""Dashboards in the table.

dashboards | checkout      one item a dashboard, all of them in one partition: lists need them, and there are few
"""

from dataclasses import dataclass
from typing import Any

from leadline.store.table import Item, Key

DASHBOARDS = "dashboards"


def dashboard_key(name: str) -> Key:
    return (DASHBOARDS, name)


@dataclass(frozen=True, slots=True)
class StoredDashboard:
    """`definition`: all that a person said of it, as the Product API shows it. `version`: that of the stored item, 0 for none.

    A version begins at the time of creation (epoch ms), so that one that was deleted and made anew has none of the old ones.
    `request`: a digest of what it was made from, where that came with an Idempotency-Key.
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

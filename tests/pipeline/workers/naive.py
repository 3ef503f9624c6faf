"""How one must not write: look first, then write, one item after the other, and count by reading, adding and putting back."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.domain.errors import Conflict
from leadline.store.dynamodb import DynamoTable
from leadline.store.table import Add, Check, Delete, Item, Put, Write


class NaiveTable(DynamoTable):
    """Keeps the table's contract as long as nobody else is there and nothing dies."""

    def write(self, writes: Sequence[Write]) -> None:
        found = self.get([write.key for write in writes])
        for write in writes:
            if not isinstance(write, Add) and write.guard.version is not None:
                version = found.get(write.key, {}).get("v", 0)
                if version != write.guard.version:
                    raise Conflict(f"{write.key[0]} changed meanwhile")
        for write in writes:
            if isinstance(write, Put):
                self._put(write.item)
            elif isinstance(write, Add):
                item = found.get(write.key, {"pk": write.key[0], "sk": write.key[1]})
                self._put({**item, **{name: item.get(name, 0) + number for name, number in write.numbers.items()}})
            elif isinstance(write, Delete):
                super().write([Delete(write.key)])
            else:
                assert isinstance(write, Check)

    def _put(self, item: Item) -> None:
        super().write([Put(item)])

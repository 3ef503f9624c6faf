"""Writes being planned for one repository: read your own writes, then apply them in guarded transactions.

Everything that is written for a repository is written under its lock item, whose version goes up with each transaction:

    read lock (v = 7) ── read what the plan needs ── transaction: lock is still 7 → 8, facts, cells
    another worker wrote meanwhile (lock is 8 now)  → Conflict: nothing was written, read again, plan again

A plan may be longer than one transaction. Then the lock item lists what is left to do (`todo`), and the next worker finishes that
first, also after a crash. Each transaction leaves cells equal to the fold of the facts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from leadline.store.table import ANY, LAST, Add, Check, Delete, Guard, Item, Key, Put, Table, Write, at_version

ROOM = 96
"""Writes that fit into one transaction beside the lock."""


def lock_key(repository: str) -> Key:
    """repo#github.com/acme/api | repo"""
    return (f"repo#{repository}", "repo")


class PlannedWrites:
    """The writes planned for one repository, and reads that see them. Not for sharing between threads."""

    def __init__(
        self, table: Table, repository: str, read: Mapping[Key, Item | None], *, begins_with: Key | None = None
    ) -> None:
        """`read`: items read together with the lock item, at one moment.

        `begins_with`: an item that must be unchanged when the lock item is created. Whoever changes it raises all existing locks,
        which cannot reach a lock that does not exist yet.
        """
        self._table = table
        self._read: dict[Key, Item | None] = dict(read)
        self._planned: dict[Key, Item | None] = {}
        self._guards: dict[Key, Guard] = {}
        self._sums: dict[Key, Counter[str]] = {}
        self._lock = lock_key(repository)
        self._begins_with = begins_with
        self.repository = repository
        self.todo: set[str] = set()

    def prefetch(self, keys: Iterable[Key]) -> None:
        """Reads these items in one request; `get` then answers from memory."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._read]
        if missing:
            found = self._table.get(missing)
            self._read.update({key: found.get(key) for key in missing})

    def get(self, key: Key) -> Item | None:
        if key in self._planned:
            planned = self._planned[key]
            return dict(planned) if planned is not None else None
        self.prefetch([key])
        item = self._read[key]
        return dict(item) if item is not None else None

    def query(
        self, pk: str, first: str = "", last: str = LAST, *, reverse: bool = False, limit: int | None = None
    ) -> Iterator[Item]:
        """The stored items, with planned writes applied."""
        planned = sorted((key[1] for key in self._planned if key[0] == pk and first <= key[1] <= last), reverse=reverse)
        stored_limit = None if limit is None else limit + len(planned)
        left = limit
        for item in self._merged(pk, planned, first, last, reverse, stored_limit):
            if left == 0:
                return
            yield item
            left = None if left is None else left - 1

    def _merged(
        self, pk: str, planned: list[str], first: str, last: str, reverse: bool, limit: int | None
    ) -> Iterator[Item]:
        waiting = list(reversed(planned))
        for item in self._table.query(pk, first, last, reverse=reverse, limit=limit):
            sk: str = item["sk"]
            self._read.setdefault((pk, sk), item)
            while waiting and (waiting[-1] > sk if reverse else waiting[-1] < sk):
                yield from self._known(pk, waiting.pop())
            if waiting and waiting[-1] == sk:
                waiting.pop()
            yield from self._known(pk, sk)
        while waiting:
            yield from self._known(pk, waiting.pop())

    def _known(self, pk: str, sk: str) -> Iterator[Item]:
        """The item as it is now: planned writes may have been flushed between two steps of a query."""
        key = (pk, sk)
        item = self._planned[key] if key in self._planned else self._read.get(key)
        if item is not None:
            yield dict(item)

    def put(self, item: Item, guard: Guard = ANY) -> None:
        """Plans to store the item. If it is planned twice before a flush, the first guard stays: that is what was read."""
        key = (item["pk"], item["sk"])
        self._planned[key] = {name: value for name, value in item.items() if value is not None}
        self._guards.setdefault(key, guard)

    def delete(self, key: Key) -> None:
        self._planned[key] = None
        self._guards.setdefault(key, ANY)

    def add(self, key: Key, numbers: dict[str, int]) -> None:
        sums = self._sums.setdefault(key, Counter())
        for name, number in numbers.items():
            sums[name] += number

    @property
    def lock(self) -> Item:
        """The repository's own item: `services`, `last_incident`, `v`, and `todo` as it was stored."""
        return self.get(self._lock) or {"pk": self._lock[0], "sk": self._lock[1], "v": 0}

    def note(self, **values: object) -> None:
        """Sets attributes of the repository's own item."""
        self.put({**self.lock, **values})

    def make_room(self, writes: int) -> None:
        """Flushes if this many more writes would not fit into the transaction."""
        if self._size() + writes > ROOM:
            self.flush()

    def _size(self) -> int:
        return len(self._writes())

    def _writes(self) -> list[Write]:
        writes: list[Write] = []
        for key, item in self._planned.items():
            if key == self._lock or item == self._read.get(key, _UNREAD):
                continue
            if item is not None:
                writes.append(Put(item, self._guards[key]))
            elif self._read.get(key, _UNREAD) is not None:
                writes.append(Delete(key))
        for key, sums in self._sums.items():
            numbers = {name: number for name, number in sums.items() if number}
            if numbers:
                writes.append(Add(key, numbers))
        return writes

    def flush(self) -> None:
        """Applies the planned writes in one transaction. Raises Conflict if the repository has changed since it was read."""
        writes = self._writes()
        lock = self.lock
        before = self._read.get(self._lock) or {}
        lock["todo"] = sorted(self.todo) or None
        changed = {name: value for name, value in lock.items() if value is not None and name != "v"}
        if not writes and changed == {name: value for name, value in before.items() if name != "v"}:
            return
        if not writes and not before and set(changed) == {"pk", "sk"}:
            return
        lock["v"] = lock.get("v", 0) + 1
        stored = {name: value for name, value in lock.items() if value is not None}
        beginning = self._beginning(before)
        self._table.write([Put(stored, Guard(before.get("v", 0))), *writes, *beginning])
        self._read.update(self._planned)
        self._read[self._lock] = stored
        self._planned.clear()
        self._guards.clear()
        self._sums.clear()

    def _beginning(self, before: Item) -> list[Write]:
        if before or self._begins_with is None:
            return []
        version = (self._read.get(self._begins_with) or {"v": 0}).get("v")
        return [Check(self._begins_with, at_version(version))] if version is not None else []

    def stored_todo(self) -> Sequence[str]:
        """What an earlier plan left to do."""
        todo: Sequence[str] = self.lock.get("todo", [])
        return todo


_UNREAD: Item = {"unread": True}

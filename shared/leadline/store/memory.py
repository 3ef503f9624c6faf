"""A table in memory that behaves like the real one, for tests and benchmarks."""

import copy
import threading
from collections.abc import Iterator, Mapping, Sequence

from leadline.domain.errors import Conflict
from leadline.store.table import LAST, UNVERSIONED, Add, Delete, Guard, Item, Key, Put, Write, check_transaction


class MemoryTable:
    """Thread-safe. Returns copies, so callers can't change what is stored."""

    def __init__(self) -> None:
        self._partitions: dict[str, dict[str, Item]] = {}
        self._lock = threading.Lock()

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        with self._lock:
            found = {(pk, sk): self._partitions.get(pk, {}).get(sk) for pk, sk in keys}
            return {key: copy.deepcopy(item) for key, item in found.items() if item is not None}

    def get_together(self, keys: Sequence[Key]) -> dict[Key, Item]:
        return self.get(keys)

    def query(
        self,
        pk: str,
        first: str = "",
        last: str = LAST,
        *,
        reverse: bool = False,
        limit: int | None = None,
        consistent: bool = True,
    ) -> Iterator[Item]:
        with self._lock:
            partition = self._partitions.get(pk, {})
            names = sorted((sk for sk in partition if first <= sk <= last), reverse=reverse)
            items = [copy.deepcopy(partition[sk]) for sk in names[:limit]]
        return iter(items)

    def write(self, writes: Sequence[Write]) -> None:
        check_transaction(writes)
        with self._lock:
            for write in writes:
                if not isinstance(write, Add) and not self._holds(write.key, write.guard):
                    raise Conflict(f"{write.key[0]} changed meanwhile")
            for write in writes:
                self._apply(write)

    def count(
        self, key: Key, bounds: Mapping[str, int | None], *, forget: Sequence[str] = (), ttl: int | None = None
    ) -> tuple[bool, dict[str, int]]:
        with self._lock:
            stored = self._partitions.get(key[0], {}).get(key[1], {})
            numbers = {name: stored.get(name, 0) for name in bounds}
            if any(bound is not None and numbers[name] >= bound for name, bound in bounds.items()):
                return False, numbers
            numbers = {name: number + 1 for name, number in numbers.items()}
            kept = {name: value for name, value in stored.items() if name not in forget}
            ends = {} if ttl is None else {"ttl": ttl}
            self._partitions.setdefault(key[0], {})[key[1]] = {**kept, "pk": key[0], "sk": key[1], **numbers, **ends}
            return True, numbers

    def scan(self, after: Key | None = None) -> Iterator[Item]:
        with self._lock:
            keys = sorted((pk, sk) for pk, partition in self._partitions.items() for sk in partition)
            items = [copy.deepcopy(self._partitions[pk][sk]) for pk, sk in keys if after is None or (pk, sk) > after]
        return iter(items)

    def _holds(self, key: Key, guard: Guard) -> bool:
        if guard.version is None:
            return True
        item = self._partitions.get(key[0], {}).get(key[1])
        if guard == UNVERSIONED:
            return item is not None and "v" not in item
        return item is None if guard.version == 0 else item is not None and item.get("v") == guard.version

    def _apply(self, write: Write) -> None:
        pk, sk = write.key
        if isinstance(write, Put):
            known = {name: value for name, value in write.item.items() if value is not None}
            self._partitions.setdefault(pk, {})[sk] = copy.deepcopy(known)
        elif isinstance(write, Delete):
            self._partitions.get(pk, {}).pop(sk, None)
        elif isinstance(write, Add):
            item = self._partitions.setdefault(pk, {}).setdefault(sk, {"pk": pk, "sk": sk})
            for name, number in write.numbers.items():
                item[name] = item.get(name, 0) + number
            for name in write.forget:
                item.pop(name, None)
            item |= copy.deepcopy(
                {**write.latest, **{name: value for name, value in write.first.items() if name not in item}}
            )

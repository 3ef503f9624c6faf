"""The table port: everything is read from and written to the store through it.

Two implementations pass one contract suite: `leadline.store.memory.MemoryTable` (tests, benchmarks) and
`leadline.store.dynamodb.DynamoTable` (AWS and the local stack).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Key = tuple[str, str]
Item = dict[str, Any]

LAST = "\U0010ffff"
MAX_WRITES = 100  # TransactWriteItems: actions in one transaction


@dataclass(frozen=True, slots=True)
class Guard:
    """What the stored item must be for a write to happen: anything, absent (0), at version `v`, or without a version (-1)."""

    version: int | None = None


ANY = Guard()
ABSENT = Guard(0)
UNVERSIONED = Guard(-1)


def at_version(version: int) -> Guard:
    """Holds while the item has this version; 0: while there is no item."""
    return Guard(version)


def as_read(item: Item) -> Guard:
    """Holds while an existing item has the version that was read, or still has none."""
    return at_version(item["v"]) if "v" in item else UNVERSIONED


@dataclass(frozen=True, slots=True)
class Put:
    item: Item
    guard: Guard = ANY

    @property
    def key(self) -> Key:
        return (self.item["pk"], self.item["sk"])


@dataclass(frozen=True, slots=True)
class Add:
    """Adds whole numbers to an item's attributes, creating the item and the attributes as needed, and removes those in `forget`.

    `latest`: values to set; `first`: values to set where the attribute has none. No attribute may be named twice.
    """

    key: Key
    numbers: Mapping[str, int]
    forget: Sequence[str] = ()
    latest: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    key: Key
    guard: Guard = ANY


@dataclass(frozen=True, slots=True)
class Check:
    """Writes nothing. The transaction fails unless the guard holds."""

    key: Key
    guard: Guard


Write = Put | Add | Delete | Check


def check_transaction(writes: Sequence[Write]) -> None:
    """Raises ValueError for more than MAX_WRITES writes, or two of the same item."""
    if len(writes) > MAX_WRITES:
        raise ValueError(f"A transaction takes at most {MAX_WRITES} writes, not {len(writes)}.")
    if len({write.key for write in writes}) != len(writes):
        raise ValueError("A transaction must not name an item twice.")


class Table(Protocol):
    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The items that exist, strongly consistent. Raises Transient if the store can't be reached."""

    def get_together(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The items that exist as they were at one moment (at most MAX_WRITES keys, twice the read units of `get`)."""

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
        """A partition's items with first <= sk <= last in order of sk, read page by page as they are consumed."""

    def write(self, writes: Sequence[Write]) -> None:
        """Applies all of the writes or none. Raises Conflict if a guard fails, Transient if the store can't be reached.

        Attributes with the value None are not stored.
        """

    def count(
        self, key: Key, bounds: Mapping[str, int | None], *, forget: Sequence[str] = (), ttl: int | None = None
    ) -> tuple[bool, dict[str, int]]:
        """Adds one to each of these numbers of an item if each is below its bound (None: no bound), in one request.

        Returns whether it did, and the numbers after that. Only if it did, the attributes in `forget` are removed and `ttl` (epoch
        seconds) is set. If the client library retries the request, it may count twice. Raises Transient.
        """

    def scan(self, after: Key | None = None) -> Iterator[Item]:
        """Every item, in the store's own stable order; with `after`, only those behind this key, which need not exist."""

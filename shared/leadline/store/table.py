"""The table port: the only way that anything is read from or written to the store.

Two implementations keep one contract: `leadline.store.memory.MemoryTable` (tests, benchmarks) and
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
    """What must hold of the stored item for a write to happen: any state, absent (0), a version `v`, or that it has none (-1)."""

    version: int | None = None


ANY = Guard()
ABSENT = Guard(0)
UNVERSIONED = Guard(-1)


def at_version(version: int) -> Guard:
    """Holds while the item still has the version that was read; 0 means that no item was there."""
    return Guard(version)


def as_read(item: Item) -> Guard:
    """Holds while the item, one that is there, still has the version that was read, also where that is none."""
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

    `latest`: attributes that get these values; `first`: attributes that get these values unless they have one. Each attribute is
    named once.
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
    """Writes nothing; the transaction fails unless the guard holds."""

    key: Key
    guard: Guard


Write = Put | Add | Delete | Check


def check_transaction(writes: Sequence[Write]) -> None:
    """Raises ValueError for what no transaction takes: more than MAX_WRITES, or an item named twice."""
    if len(writes) > MAX_WRITES:
        raise ValueError(f"{len(writes)} writes in one transaction, at most {MAX_WRITES} fit")
    if len({write.key for write in writes}) != len(writes):
        raise ValueError("a transaction names an item twice")


class Table(Protocol):
    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The items that exist, strongly consistent. Raises Transient when the store cannot be reached."""

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
        """A partition's items with first <= sk <= last in order of sk, read page by page as they are asked for."""

    def write(self, writes: Sequence[Write]) -> None:
        """All of the writes or none, at once. Raises Conflict when a guard fails, Transient when it could not be tried.

        An attribute of None is not stored.
        """

    def count(
        self, key: Key, bounds: Mapping[str, int | None], *, forget: Sequence[str] = (), ttl: int | None = None
    ) -> tuple[bool, dict[str, int]]:
        """Adds one to each of these numbers of an item if each is below its bound (None: any), in one request.

        Whether it did, and the numbers as they are then. The attributes in `forget` are removed, and `ttl` (epoch seconds) is set,
        only where it did. Sent twice by a retry below us it may count twice. Raises Transient.
        """

    def scan(self, after: Key | None = None) -> Iterator[Item]:
        """Every item, in an order of the store's own that stays; only those that come `after` this key, stored or not."""

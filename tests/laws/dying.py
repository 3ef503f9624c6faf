"""A worker that dies in the middle of a message, as SIGKILL or a time-out of the function makes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from compute.apply import fold
from compute.derive import timeline as compute_timeline
from leadline.domain import facts
from leadline.store import planned_writes as changeset
from leadline.store.memory import MemoryTable
from leadline.store.table import Item, Key, Write


class WorkerDied(BaseException):
    """Not an Exception: nothing of ours may catch it and go on."""


class DyingTable(MemoryTable):
    """The same items as `table`; its worker dies right after the transaction with this number (from 1) was stored."""

    def __init__(self, table: MemoryTable, dies_after: int) -> None:
        super().__init__()
        self._partitions = table._partitions
        self._lock = table._lock
        self.dies_after = dies_after
        self.written = 0

    def write(self, writes: Sequence[Write]) -> None:
        super().write(writes)
        self.written += 1
        if self.written == self.dies_after:
            raise WorkerDied


def copy_of(table: MemoryTable) -> MemoryTable:
    copy = MemoryTable()
    for item in table.scan():
        copy._partitions.setdefault(item["pk"], {})[item["sk"]] = item
    return copy


def survives(table: MemoryTable, message: str, dies_after: int) -> bool:
    """Applies the message by a worker that dies after so many transactions; false when it died."""
    try:
        fold(DyingTable(table, dies_after), message, sleep=lambda _: None)
    except WorkerDied:
        return False
    return True


def transactions(table: MemoryTable, message: str) -> int:
    """How many transactions the message takes."""
    counting = DyingTable(copy_of(table), dies_after=0)
    fold(counting, message, sleep=lambda _: None)
    return counting.written


@contextmanager
def small_transactions(room: int, part_size: int) -> Iterator[None]:
    """Transactions that hold less, so that small histories take many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changeset, "ROOM", room)
        patch.setattr(compute_timeline, "ROOM", room)
        patch.setattr(facts, "PART_SIZE", part_size)
        yield


def items_of(table: MemoryTable) -> dict[Key, Item]:
    return {(item["pk"], item["sk"]): item for item in table.scan()}

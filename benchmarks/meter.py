"""What was asked of AWS: one entry a request, added up between two moments."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Touched:
    """One item read or written: the kind of item it is (the words of its key that name no one), its size in bytes, its units."""

    kind: str
    size: int
    units: float


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `sent` and `received` are the bytes of its body and of the answer's."""

    service: str
    operation: str
    sent: int = 0
    received: int = 0
    reads: tuple[Touched, ...] = ()
    writes: tuple[Touched, ...] = ()
    read_units: float = 0
    write_units: float = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """The sum of some calls."""

    calls: tuple[Call, ...] = ()

    def of(self, service: str) -> Bill:
        return Bill(tuple(call for call in self.calls if call.service == service))

    @property
    def requests(self) -> int:
        return len(self.calls)

    @property
    def operations(self) -> Counter[str]:
        return Counter(call.operation for call in self.calls)

    @property
    def items_read(self) -> int:
        return sum(len(call.reads) for call in self.calls)

    @property
    def items_written(self) -> int:
        return sum(len(call.writes) for call in self.calls)

    @property
    def read_units(self) -> float:
        return sum(call.read_units for call in self.calls)

    @property
    def write_units(self) -> float:
        return sum(call.write_units for call in self.calls)

    @property
    def sent(self) -> int:
        return sum(call.sent for call in self.calls)

    @property
    def received(self) -> int:
        return sum(call.received for call in self.calls)

    def written(self) -> Iterable[Touched]:
        return (touched for call in self.calls for touched in call.writes)


class Meter:
    """Collects calls, and the seconds of CPU that answering them took: those are not the product's. Thread-safe."""

    def __init__(self) -> None:
        self.answering = 0.0
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def count(self, call: Call, seconds: float) -> None:
        with self._lock:
            self._calls.append(call)
            self.answering += seconds

    def take(self) -> Bill:
        """What was asked since the last time."""
        with self._lock:
            bill = Bill(tuple(self._calls))
            self._calls.clear()
        return bill


def kind_of(pk: str, sk: str) -> str:
    """Such as "cell team service", "dep", "lock": which sort of item a key is."""
    words = pk.split("#")
    if words[0] == "cell":
        scope = words[2] if len(words) > 2 else ""
        return "cell, " + {"team": "team in service" if len(words) > 4 else "team", "author": "author in service"}.get(
            scope, scope
        )
    known = {"repo": "lock", "dep": "part" if sk.startswith("part#") else "deployment", "line": "place on the timeline",
             "change": "shipment" if sk.startswith("ship#") else "change", "config": sk}  # fmt: skip
    return known.get(words[0], words[0])

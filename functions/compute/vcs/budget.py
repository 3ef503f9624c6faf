"""The breaker of a code host: one item in the table, which all workers check before every request.

    vcs#github.com | budget    failures in a row, `until` when no request may be made, `probe` whether a worker tries again

Closed (no item, or fewer than FAILURES failures): all workers make requests. Open: none does before `until`. After that one worker,
and only one, may try (half-open); what it finds closes the breaker or opens it again, for longer if the host fails and until the
host's own reset time if its rate limit is used up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compute.vcs.port import Unavailable
from leadline.domain.errors import Conflict
from leadline.store.table import Item, Key, Put, Table, at_version

FAILURES = 3
"""So many failures in a row open the breaker: one may be a request that the host cannot answer."""

FIRST_PAUSE, LONGEST_PAUSE = 30_000, 15 * 60_000
"""Milliseconds; doubles with each failure that follows."""

PROBE = 60_000
"""A worker that tries and is never heard of again is given up after this (milliseconds)."""

LONGEST_LIMIT = 24 * 3600 * 1000
"""No reset time of a host's is believed beyond this (milliseconds)."""


def budget_key(host: str) -> Key:
    return (f"vcs#{host}", "budget")


class Closed(Unavailable):
    """The breaker is open: no request was made. `until`: when one may be (epoch milliseconds)."""

    def __init__(self, until: int) -> None:
        super().__init__("the code host is left alone for now, after failures or because its rate limit is used up")
        self.until = until


@dataclass(frozen=True, slots=True)
class Pass:
    """The right to one request, and the breaker's item as it was then."""

    item: Item


class Breaker:
    """`now` gives epoch milliseconds. Safe to share between threads."""

    def __init__(self, table: Table, host: str, now: Callable[[], int]) -> None:
        self._table = table
        self._key = budget_key(host)
        self._now = now

    def enter(self) -> Pass:
        """Leave to ask once. Raises Closed where there is none."""
        item = self._item()
        if "until" not in item:
            return Pass(item)
        now = self._now()
        if now < item["until"]:
            raise Closed(item["until"])
        try:
            # The first to write this is the one that tries; for all others the breaker stays open.
            return Pass(self._put(item, {**item, "until": now + PROBE, "probe": True}))
        except Conflict:
            raise Closed(now + PROBE) from None

    def succeeded(self, leave: Pass) -> None:
        """The host answered: the breaker closes, unless another worker has opened it since."""
        if leave.item.keys() & {"until", "failures"}:
            self._try_put(leave.item, {})

    def failed(self, leave: Pass) -> None:
        """The host did not answer, or with an error of its own."""
        failures = leave.item.get("failures", 0) + 1
        if "probe" in leave.item:
            failures = max(failures, FAILURES)  # open it was, and open it stays
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(16, max(0, failures - FAILURES)))
        opened = {"until": self._now() + pause} if failures >= FAILURES else {}
        self._try_put(leave.item, {"failures": failures, **opened})

    def limited(self, until: int) -> int:
        """The host wants to be left alone until then. Says until when that is believed (epoch milliseconds)."""
        now = self._now()
        believed = min(max(until, now + 1_000), now + LONGEST_LIMIT)
        for _ in range(10):
            item = self._item()
            if item.get("until", 0) >= believed and not item.get("probe"):
                return believed
            try:
                self._put(item, {"until": believed})
            except Conflict:
                continue
            return believed
        return believed

    def _item(self) -> Item:
        pk, sk = self._key
        return self._table.get([self._key]).get(self._key) or {"pk": pk, "sk": sk, "v": 0}

    def _put(self, old: Item, values: dict[str, Any]) -> Item:
        pk, sk = self._key
        item = {**values, "pk": pk, "sk": sk, "v": old["v"] + 1}
        self._table.write([Put(item, at_version(old["v"]))])
        return item

    def _try_put(self, old: Item, values: dict[str, Any]) -> None:
        try:
            self._put(old, values)
        except Conflict:
            return  # another worker knows something newer about the host

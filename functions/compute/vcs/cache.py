"""Answers of a code host that need not be requested again.

Merged changes are in the ledger for good: nothing about them changes any more. That a commit belongs to no change may well
change, when it is merged, so that is remembered for two hours only:

    nochange#github.com/acme/api | 3f9a…    `ttl`: until when (epoch seconds)
"""

from collections.abc import Iterable, Sequence

from compute.vcs.reading import batches
from leadline.store.ledger import node_key
from leadline.store.table import MAX_WRITES, Key, Put, Table

NO_CHANGE_HOLDS = 2 * 3600 * 1000
"""Milliseconds."""


class Facts:
    """What is known of a repository's commits."""

    def __init__(self, table: Table, repository: str) -> None:
        self._table = table
        self._repository = repository

    def unknown(self, shas: Iterable[str], now: int) -> list[str]:
        """Those of these commits, in their order, whose changes have to be requested. `now` in epoch milliseconds."""
        left = list(dict.fromkeys(shas))
        keys = [key for sha in left for key in (node_key(self._repository, sha), self._key(sha))]
        items = self._table.get(keys) if keys else {}

        def is_known(sha: str) -> bool:
            node = items.get(node_key(self._repository, sha), {})
            # A merge alone may be known from a webhook, which says neither what it brought nor when that was begun.
            merges = node.get("m", {}).values()
            known = bool(merges) and all("f" in change for change in merges)
            return known or items.get(self._key(sha), {}).get("ttl", 0) * 1000 > now

        return [sha for sha in left if not is_known(sha)]

    def knows(self, sha: str) -> bool:
        """Whether the commit and its parents are in the ledger. Where only a change names it, where it stands is a guess."""
        key = node_key(self._repository, sha)
        return "p" in self._table.get([key]).get(key, {})

    def merges(self, shas: Iterable[str]) -> dict[str, set[int]]:
        """Which changes these commits are known to be the merges of."""
        keys = {node_key(self._repository, sha): sha for sha in shas}
        items = self._table.get(list(keys)) if keys else {}
        return {keys[key]: {int(number) for number in item["m"]} for key, item in items.items() if "m" in item}

    def note_no_change(self, shas: Sequence[str], now: int) -> None:
        """Remembers for a while that these commits belong to no merged change."""
        ends = (now + NO_CHANGE_HOLDS) // 1000
        for batch in batches(sorted(set(shas)), MAX_WRITES):
            keys = [self._key(sha) for sha in batch]
            self._table.write([Put({"pk": pk, "sk": sk, "ttl": ends}) for pk, sk in keys])

    def _key(self, sha: str) -> Key:
        return (f"nochange#{self._repository}", sha)

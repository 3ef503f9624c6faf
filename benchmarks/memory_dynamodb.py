"""As much of DynamoDB as the product asks for, answered from memory: the same items and guards, pages of 1 MB, and the units.

It takes requests as they go over the wire and refuses what it does not know, rather than answer something else than DynamoDB would.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from typing import Any

from benchmarks.expressions import holds, updated
from benchmarks.meter import Touched, kind_of
from benchmarks.units import item_size, query_units, read_units, transactional_read_units, write_units

PAGE_BYTES = 1024 * 1024
_MOST_ACTIONS = 100
_MOST_TRANSACTION_BYTES = 4 * 1024 * 1024
_RANGE = "pk = :pk AND sk BETWEEN :first AND :last"

Wire = dict[str, Any]


class Refused(Exception):
    """The answer is an error, of this code and with these further fields."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


class Cost:
    """What one request touched and takes."""

    def __init__(self) -> None:
        self.reads: list[Touched] = []
        self.writes: list[Touched] = []
        self.read_units = 0.0
        self.write_units = 0.0


class MemoryDynamoDB:
    """One table. Thread-safe."""

    def __init__(self) -> None:
        self._partitions: dict[str, tuple[list[str], dict[str, Wire]]] = {}
        self._lock = threading.Lock()
        self._operations: dict[str, Callable[[Wire, Cost], Wire]] = {
            "BatchGetItem": self._batch_get,
            "TransactGetItems": self._transact_get,
            "Query": self._query,
            "Scan": self._scan,
            "PutItem": self._put_item,
            "UpdateItem": self._update_item,
            "TransactWriteItems": self._transact_write,
        }

    def answer(self, operation: str, request: Wire) -> tuple[Wire, Cost]:
        """Raises Refused where DynamoDB would answer with an error."""
        cost = Cost()
        with self._lock:
            return self._operations[operation](request, cost), cost

    def put(self, item: Wire) -> None:
        """Stores an item without any request."""
        self._store(item["pk"]["S"], item["sk"]["S"], item)

    def _batch_get(self, request: Wire, cost: Cost) -> Wire:
        ((table, wanted),) = request["RequestItems"].items()
        found, sizes = self._look_up(wanted["Keys"], cost)
        cost.read_units = read_units(sizes, consistent=wanted.get("ConsistentRead", False))
        return {"Responses": {table: [item for item in found if item]}, "UnprocessedKeys": {}}

    def _transact_get(self, request: Wire, cost: Cost) -> Wire:
        found, sizes = self._look_up([action["Get"]["Key"] for action in request["TransactItems"]], cost)
        cost.read_units = transactional_read_units(sizes)
        return {"Responses": [{"Item": item} if item else {} for item in found]}

    def _look_up(self, keys: list[Wire], cost: Cost) -> tuple[list[Wire | None], list[int]]:
        found = [self._find(key) for key in keys]
        sizes = [item_size(item) if item else 0 for item in found]
        cost.reads = [
            Touched(kind_of(key["pk"]["S"], key["sk"]["S"]), size, 0) for key, size in zip(keys, sizes, strict=True)
        ]
        return found, sizes

    def _query(self, request: Wire, cost: Cost) -> Wire:
        if request["KeyConditionExpression"] != _RANGE or "FilterExpression" in request:
            raise Refused("ValidationException")
        values = request["ExpressionAttributeValues"]
        names, partition = self._partitions.get(values[":pk"]["S"], ([], {}))
        low, high = bisect_left(names, values[":first"]["S"]), bisect_right(names, values[":last"]["S"])
        forward = request.get("ScanIndexForward", True)
        start = request.get("ExclusiveStartKey")
        if start is not None and forward:
            low = bisect_right(names, start["sk"]["S"])
        elif start is not None:
            high = bisect_left(names, start["sk"]["S"])
        chosen = names[low:high] if forward else names[low:high][::-1]
        page: list[Wire] = []
        sizes: list[int] = []
        for name in chosen[: request.get("Limit")]:
            page.append(partition[name])
            sizes.append(item_size(partition[name]))
            if sum(sizes) >= PAGE_BYTES:
                break
        cost.read_units = query_units(sizes, consistent=request.get("ConsistentRead", False))
        pk = values[":pk"]["S"]
        cost.reads = [Touched(kind_of(pk, item["sk"]["S"]), size, 0) for item, size in zip(page, sizes, strict=True)]
        answer: Wire = {"Items": page, "Count": len(page), "ScannedCount": len(page)}
        if len(page) < len(chosen) or len(page) == request.get("Limit"):
            answer["LastEvaluatedKey"] = {"pk": page[-1]["pk"], "sk": page[-1]["sk"]}
        return answer

    def _scan(self, request: Wire, cost: Cost) -> Wire:
        """All at once, for looking at what was stored; nothing that is measured scans."""
        found = [item for _, partition in self._partitions.values() for item in partition.values()]
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def _put_item(self, request: Wire, cost: Cost) -> Wire:
        pk, sk = _key_of("Put", request)
        old = self._find(request["Item"])
        if not holds(request, old):
            raise Refused("ConditionalCheckFailedException")
        self._write(pk, sk, old, request["Item"], cost, transactional=False)
        return {}

    def _update_item(self, request: Wire, cost: Cost) -> Wire:
        pk, sk = _key_of("Update", request)
        old = self._find(request["Key"])
        if not holds(request, old):
            raise Refused("ConditionalCheckFailedException", **({"Item": old} if old else {}))
        new = updated(request, old)
        self._write(pk, sk, old, new, cost, transactional=False)
        return {"Attributes": new}

    def _transact_write(self, request: Wire, cost: Cost) -> Wire:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        keys = [_key_of(kind, action) for kind, action in actions]
        before = [self._find({"pk": {"S": pk}, "sk": {"S": sk}}) for pk, sk in keys]
        reasons = [holds(action, item) for (_, action), item in zip(actions, before, strict=True)]
        if len(set(keys)) != len(keys) or len(keys) > _MOST_ACTIONS:
            raise Refused("ValidationException")
        if not all(reasons):
            raise Refused(
                "TransactionCanceledException",
                CancellationReasons=[{"Code": "None" if holds else "ConditionalCheckFailed"} for holds in reasons],
            )
        after = [_after(kind, action, old) for (kind, action), old in zip(actions, before, strict=True)]
        if sum(map(_size, after)) > _MOST_TRANSACTION_BYTES:
            raise Refused("ValidationException")
        for (pk, sk), old, new in zip(keys, before, after, strict=True):
            self._write(pk, sk, old, new, cost, transactional=True)
        return {}

    def _write(self, pk: str, sk: str, old: Wire | None, new: Wire | None, cost: Cost, *, transactional: bool) -> None:
        self._store(pk, sk, new)
        units = write_units(_size(old), _size(new), transactional=transactional)
        cost.writes.append(Touched(kind_of(pk, sk), max(_size(old), _size(new)), units))
        cost.write_units += units

    def _find(self, key: Wire) -> Wire | None:
        return self._partitions.get(key["pk"]["S"], ([], {}))[1].get(key["sk"]["S"])

    def _store(self, pk: str, sk: str, item: Wire | None) -> None:
        names, partition = self._partitions.setdefault(pk, ([], {}))
        if item is None:
            if partition.pop(sk, None) is not None:
                names.remove(sk)
            return
        if sk not in partition:
            insort(names, sk)
        partition[sk] = item


def _key_of(kind: str, action: Wire) -> tuple[str, str]:
    key = action["Item"] if kind == "Put" else action["Key"]
    return key["pk"]["S"], key["sk"]["S"]


def _after(kind: str, action: Wire, old: Wire | None) -> Wire | None:
    if kind == "Put":
        item: Wire = action["Item"]
        return item
    if kind == "Delete":
        return None
    return old if kind == "ConditionCheck" else updated(action, old)


def _size(item: Wire | None) -> int:
    return item_size(item) if item else 0

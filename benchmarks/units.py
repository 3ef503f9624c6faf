"""DynamoDB's published rules: how large an item is, and how many units reading or writing it takes.

Sources: docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html (sizes) and
.../read-write-operations.html (units), both on-demand and provisioned. Items are as they go over the wire: {"name": {"S": "x"}}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

READ_BYTES = 4 * 1024
WRITE_BYTES = 1024

Typed = Mapping[str, Any]


def item_size(item: Typed) -> int:
    """Bytes: names and values, in UTF-8."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(before: int, after: int, *, transactional: bool) -> float:
    """Of one item written, with its sizes before and after (0: not there): the larger counts, at least one unit."""
    units = max(1, ceil(max(before, after) / WRITE_BYTES))
    return units * (2 if transactional else 1)


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Of items read one by one (GetItem, BatchGetItem): each by itself, a missing one (0) like a small one."""
    return sum(max(1, ceil(size / READ_BYTES)) for size in sizes) * (1 if consistent else 0.5)


def transactional_read_units(sizes: Iterable[int]) -> float:
    """Of items read as of one moment (TransactGetItems)."""
    return 2 * read_units(sizes, consistent=True)


def query_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Of the items of one page of a query: together, at least one unit."""
    return max(1, ceil(sum(sizes) / READ_BYTES)) * (1 if consistent else 0.5)


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return _number_size(content)
    if kind == "B":
        return len(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + _value_size(entry) for entry in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(entry) for name, entry in content.items())
    raise ValueError(f"no size is known for the type {kind}")


def _number_size(text: str) -> int:
    """About one byte for two significant digits, and one more; another for a sign."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return ceil(len(digits) / 2) + 1 + text.startswith("-")

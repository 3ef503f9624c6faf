"""Reads the points and cells of one metric's day as of one moment, and corrects the cells.

A metric is written under its lock, whose version rises with each transaction. If it is unchanged after reading, nothing was written
in between. Corrections are written under the lock too, so that nothing counted meanwhile is lost.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from leadline.domain.errors import Conflict
from leadline.domain.points import Point, PointScope, fold
from leadline.store.planned_writes import PlannedWrites, lock_key
from leadline.store.points import cell_item, cell_key, cell_of, partitions_around, point_from_item, point_lock
from leadline.store.table import Item, Key, Table
from leadline_cli.point_survey import MetricDay

TRIES = 12
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class PointDifference:
    """A cell that differs from the points. None: there is no such cell."""

    key: Key
    says: Item | None
    holds: Item | None

    def describe(self) -> str:
        """Such as "review.comments 2026-10-31 production, place service:till: n 3 instead of 4"."""
        says, holds = self.says or {}, self.holds or {}
        names = [name for name in sorted(says.keys() | holds.keys()) if says.get(name) != holds.get(name)]
        if not says:
            text = "holds numbers that no point accounts for"
        else:
            text = ", ".join(
                f"{name} {_short(holds, name)} instead of {_short(says, name)}" for name in names[:_MOST_NAMES]
            )
        return f"{_name_of(self.says or self.holds or {})}: {text}"


def point_differences(table: Table, day: MetricDay, suspects: Iterable[Key]) -> list[PointDifference] | None:
    """The metric's cells of this day that differ, or None if it was written to during each of TRIES attempts."""
    metric, _ = day
    for attempt in range(TRIES):
        before = _version(table, metric)
        says = _folded(_points(table, day), metric)
        keys = sorted({*says, *suspects})
        holds = table.get(keys)
        if _version(table, metric) == before:
            found = [PointDifference(key, says.get(key), holds.get(key)) for key in keys]
            return [each for each in found if each.says != each.holds]
        time.sleep(random.uniform(0, min(1.0, 0.05 * 2**attempt)))
    return None


def describe_points(differences: Sequence[PointDifference], most: int) -> Iterator[str]:
    """One line for each of the first `most` differences, and one for the rest."""
    for difference in differences[:most]:
        yield f"  {difference.describe()}"
    if len(differences) > most:
        yield f"  ... and {len(differences) - most:,} more"


def correct_points(table: Table, day: MetricDay, suspects: Iterable[Key]) -> int | None:
    """Corrects the metric's cells of this day. Returns how many, or None if the metric kept being written to."""
    metric, _ = day
    suspects = list(suspects)
    lock = lock_key(point_lock(metric))
    for attempt in range(TRIES):
        changes = PlannedWrites(table, point_lock(metric), {lock: table.get([lock]).get(lock)})
        changes.todo = set(changes.stored_todo())
        says = _folded(_points(table, day), metric)
        changes.prefetch({*says, *suspects})
        corrected = 0
        try:
            for key in sorted({*says, *suspects}):
                if changes.get(key) == says.get(key):
                    continue
                corrected += 1
                changes.make_room(1)
                if key in says:
                    changes.put(says[key])
                else:
                    changes.delete(key)
            if corrected:
                changes.note(mended=changes.lock.get("mended", 0) + 1)
            changes.flush()
            return corrected
        except Conflict:
            time.sleep(random.uniform(0, min(1.0, 0.05 * 2**attempt)))
    return None


def _version(table: Table, metric: str) -> int:
    key = lock_key(point_lock(metric))
    version: int = table.get([key]).get(key, {}).get("v", 0)
    return version


def _points(table: Table, day: MetricDay) -> list[Point]:
    metric, date = day
    items = (item for pk in partitions_around(metric, date) for item in table.query(pk))
    return [point for point in map(point_from_item, items) if point.day == date]


def _folded(points: Iterable[Point], metric: str) -> dict[Key, Item]:
    return {cell_key(metric, cell): cell_item(metric, cell, spread) for cell, spread in fold(points).items()}


def _name_of(item: Item) -> str:
    metric, cell = cell_of(item)
    return f"{metric} {cell.day} {cell.scope.environment}, {_scope(cell.scope)}"


def _scope(scope: PointScope) -> str:
    parts = [("team", scope.team), ("author", scope.author), ("place", scope.place)]
    return ", ".join(f"{kind} {name or 'none'}" for kind, name in parts if name is not None) or "everything"


def _short(item: Item, name: str) -> Any:
    value = item.get(name)
    return value if isinstance(value, int | None) else "another"

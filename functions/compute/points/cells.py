"""Points and the cells that count them, changed together: after each transaction cells are the fold of the points.

All of a metric is written under one lock (`leadline.store.planned_writes`), so what was read of it still holds when it is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from leadline.domain.points import Point, PointCell, Spread, contributions, fold, merged
from leadline.store.planned_writes import ROOM, PlannedWrites
from leadline.store.points import (
    cell_item,
    cell_key,
    identity_key,
    index_keys,
    metric_key,
    partitions_around,
    point_from_item,
    point_item,
    point_key,
    spread_of,
)
from leadline.store.table import Key

Change = tuple[Point | None, Point | None]
"""A point as it was and as it is to be; None where it was not, or is not to be."""


def add_point(changes: PlannedWrites, point: Point, timezone: str) -> None:
    """Plans to store a new point and to count it. Its cells need not be counted again: whatever they hold, it comes to it.

    What was planned before goes first where not all fits one transaction. `timezone`: the one that its day is in.
    """
    cells = contributions(point)
    # Itself, its id and its metric's name; each cell, and that the metric has points of that place or team.
    changes.make_room(3 + 2 * len(cells))
    if not changes.lock.get("months"):
        changes.note(timezone=timezone)
    changes.prefetch(cell_key(point.metric, cell) for cell in cells)
    for cell, spread in cells.items():
        item = changes.get(cell_key(point.metric, cell))
        _put_cell(changes, point.metric, cell, merged([spread_of(item), spread]) if item is not None else spread)
    _put_point(changes, point)
    _note(changes, point)


class Recount:
    """Changes of points that are counted already. A day is read once for all that changes of it in a row."""

    def __init__(self, changes: PlannedWrites, metric: str) -> None:
        self._changes = changes
        self._metric = metric
        self._days: dict[date, dict[Key, Point]] = {}

    def points_on(self, day: date) -> list[Point]:
        """The points that count on a day, in order of time."""
        return list(self._on(day).values())

    def apply(self, wanted: Iterable[Change]) -> None:
        """Makes the changes, in as many transactions as they take. Cells that several of one transaction touch are counted once."""
        for some in _in_transactions(wanted):
            affected = {cell for pair in some for point in pair if point is not None for cell in contributions(point)}
            self._days = {day: self._on(day) for day in {cell.day for cell in affected}}
            for old, new in some:
                self._change(old, new)
            says = fold(point for held in self._days.values() for point in held.values())
            self._changes.prefetch(cell_key(self._metric, cell) for cell in affected)
            for cell in sorted(affected, key=lambda cell: cell_key(self._metric, cell)):
                _put_cell(self._changes, self._metric, cell, says.get(cell, Spread()))
            self._changes.flush()

    def _change(self, old: Point | None, new: Point | None) -> None:
        if old is not None:
            self._days[old.day].pop(point_key(old))
            if new is None or point_key(new) != point_key(old):
                self._changes.delete(point_key(old))
            if new is None and old.id is not None:
                self._changes.delete(identity_key(self._metric, old.key))
        if new is not None:
            self._days[new.day][point_key(new)] = new
            _put_point(self._changes, new)
            _note(self._changes, new)

    def _on(self, day: date) -> dict[Key, Point]:
        known = self._days.get(day)
        if known is None:
            items = (item for pk in partitions_around(self._metric, day) for item in self._changes.query(pk))
            points = (point for point in map(point_from_item, items) if point.day == day)
            known = self._days[day] = {point_key(point): point for point in points}
        return known


def _in_transactions(wanted: Iterable[Change]) -> Iterator[Sequence[Change]]:
    """The changes in stretches that fit a transaction each, with their cells."""
    some: list[Change] = []
    writes: set[object] = set()
    for old, new in wanted:
        if old == new:
            continue
        points = [point for point in (old, new) if point is not None]
        more: set[object] = {point_key(point) for point in points}
        more |= {("id", point.key) for point in points if point.id is not None}
        more |= {cell for point in points for cell in contributions(point)}
        more |= {("index", key) for point in points for cell in contributions(point) for key in _index(point, cell)}
        more.add("seen")
        if some and len(writes | more) > ROOM:
            yield some
            some, writes = [], set()
        some.append((old, new))
        writes |= more
    if some:
        yield some


def _index(point: Point, cell: PointCell) -> list[Key]:
    return index_keys(point.metric, cell.scope)


def _put_cell(changes: PlannedWrites, metric: str, cell: PointCell, spread: Spread) -> None:
    key = cell_key(metric, cell)
    if not spread.n:
        changes.delete(key)
        return
    if changes.get(key) is None:
        for pk, sk in index_keys(metric, cell.scope):
            changes.put({"pk": pk, "sk": sk})
    changes.put(cell_item(metric, cell, spread))


def _put_point(changes: PlannedWrites, point: Point) -> None:
    changes.put(point_item(point))
    if point.id is not None:
        pk, sk = identity_key(point.metric, point.key)
        changes.put({"pk": pk, "sk": sk, "time": point.time})


def _note(changes: PlannedWrites, point: Point) -> None:
    """Keeps in the lock where points are: they are found by it when all of them have to be."""
    lock = changes.lock
    months, environments = lock.get("months", []), lock.get("environments", [])
    month = point_key(point)[0][-8:-2]
    if not months:
        pk, sk = metric_key(point.metric)
        changes.put({"pk": pk, "sk": sk})
    if month not in months or point.environment not in environments:
        changes.note(months=sorted({*months, month}), environments=sorted({*environments, point.environment}))

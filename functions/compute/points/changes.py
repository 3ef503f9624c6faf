"""Changes that concern a metric's points as a whole: teams, the time zone, and the metric's deletion.

Each can be applied again after it was cut off anywhere: what is done already is not done twice. A deletion is finished before
anything else is done under the metric's lock. What concerns all points is done month by month, so that memory stays small.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from compute.derive.unit_of_work import read_together
from compute.points.cells import Recount
from leadline.domain.points import Point, PointScope
from leadline.domain.roster import Roster
from leadline.domain.windows import Window
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings
from leadline.store.people import Naming, People
from leadline.store.planned_writes import PlannedWrites, lock_key
from leadline.store.points import (
    METRICS,
    metric_key,
    metric_partition,
    partitions_of_month,
    point_from_item,
    point_lock,
    read_point_cells,
)
from leadline.store.table import Key, Table

_FIRST, _LAST = date(1990, 1, 1), date(9000, 1, 1)
_DELETION = "deletion"


@dataclass(frozen=True, slots=True)
class Opened:
    """A metric under its lock, and the configuration of the same moment."""

    changes: PlannedWrites
    organisation: OrganisationSettings
    people: People
    roster: Roster

    def derived(self, point: Point) -> Point:
        """The point with its day and teams by this configuration, and its author as people are named now."""
        if point.author is not None:
            point = replace(point, author=self.people.stored_name(point.author))
        return point.derived(self.organisation.calendar, self.roster)


def open_metric(table: Table, metric: str, keys: Iterable[Key] = ()) -> Opened:
    """The metric, read together with these items. What a deletion left undone is done first."""
    opened = _open(table, metric, keys)
    if _DELETION not in opened.changes.todo:
        return opened
    _delete(table, metric)
    return _open(table, metric, keys)


def _open(table: Table, metric: str, keys: Iterable[Key] = ()) -> Opened:
    lock = point_lock(metric)
    snapshot = read_together(table, [lock_key(lock), *keys])
    changes = PlannedWrites(table, lock, snapshot, begins_with=SETTINGS_KEY)
    changes.todo = set(changes.stored_todo())
    organisation = OrganisationSettings.from_item(snapshot[SETTINGS_KEY])
    people = People(table, Naming.of(organisation))
    return Opened(changes, organisation, people, people.roster(snapshot[ROSTER_KEY]))


def apply_points(table: Table, data: dict[str, Any], received_at: int) -> None:
    """Derives a metric's points again after the time zone changed or, where `authors` are named, their teams from a day to a day.

    Raises Conflict to be tried anew.
    """
    metric = data["metric"]
    opened = open_metric(table, metric)
    # Nobody goes on with the configuration as it was read before.
    opened.changes.note(configured=max(received_at, opened.changes.lock.get("configured", 0)))
    opened.changes.flush()
    if data.get("authors") is None:
        _move_days(table, metric, opened)
        return
    recount = Recount(opened.changes, metric)
    points = _points_of(
        table, opened, recount, metric, {**data, "authors": opened.people.old_and_new_names(data["authors"])}
    )
    recount.apply((point, opened.derived(point)) for point in points)


def _move_days(table: Table, metric: str, opened: Opened) -> None:
    """Counts all points on the days of the time zone. Which one they are counted by is noted, so that this ends at once mostly."""
    timezone = opened.organisation.timezone
    if opened.changes.lock.get("timezone") == timezone:
        return
    _by_month(table, metric, lambda opened, point: opened.derived(point))
    after = _open(table, metric)
    if after.organisation.timezone == timezone:  # else another message is on its way
        after.changes.note(timezone=timezone)
        after.changes.flush()


def delete_points(table: Table, data: dict[str, Any], received_at: int) -> None:
    """Deletes all of a metric's points that were received until then, and their numbers. Applying it again changes nothing."""
    metric = data["metric"]
    changes = open_metric(table, metric).changes
    if changes.lock.get("deleted_at", -1) >= received_at:
        return
    changes.note(deleted_at=received_at)
    changes.todo.add(_DELETION)
    changes.flush()
    _delete(table, metric)


def metrics_with_points(table: Table) -> list[str]:
    """The names of all metrics that have points."""
    return [item["sk"] for item in table.query(METRICS)]


def _delete(table: Table, metric: str) -> None:
    deleted_at: int = _open(table, metric).changes.lock["deleted_at"]
    _by_month(table, metric, lambda _, point: None if point.received_at <= deleted_at else point)
    changes = _open(table, metric).changes
    for item in table.query(metric_partition(metric)):
        if item["sk"] != "definition":
            changes.make_room(1)
            changes.delete((item["pk"], item["sk"]))
    changes.make_room(1)
    changes.delete(metric_key(metric))
    changes.note(months=None, environments=None)
    changes.todo.discard(_DELETION)
    changes.flush()


def _by_month(table: Table, metric: str, change: Callable[[Opened, Point], Point | None]) -> None:
    """Changes all points of a metric."""
    for month in _open(table, metric).changes.lock.get("months", []):
        opened = _open(table, metric)
        points = _of_month(opened.changes, metric, month)
        Recount(opened.changes, metric).apply((point, change(opened, point)) for point in points)


def _of_month(changes: PlannedWrites, metric: str, month: str) -> Iterator[Point]:
    for pk in partitions_of_month(metric, month):
        yield from map(point_from_item, list(changes.query(pk)))


def _points_of(table: Table, opened: Opened, recount: Recount, metric: str, data: dict[str, Any]) -> Iterator[Point]:
    """Those of these authors, on the days that their cells tell."""
    authors: Collection[str] = set(data["authors"])
    window = Window(
        date.fromisoformat(data["from"]) if data.get("from") else _FIRST,
        date.fromisoformat(data["to"]) if data.get("to") else _LAST,
    )
    days = {
        cell.day
        for environment in opened.changes.lock.get("environments", [])
        for author in authors
        for cell, _ in read_point_cells(table, metric, PointScope(environment, author=author), window, consistent=True)
    }
    for day in sorted(days):
        yield from (point for point in recount.points_on(day) if point.author in authors)

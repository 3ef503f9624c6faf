"""Opening a custom metric under its lock, and going through all of its points.

A deletion that was cut off is finished before anything else is done under the metric's lock. What concerns all points is done month
by month, so that memory stays small.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from compute.derive.unit_of_work import read_together
from compute.points.cells import Recount
from leadline.domain.points import Point
from leadline.domain.roster import Roster
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings
from leadline.store.people import Naming, People
from leadline.store.planned_writes import PlannedWrites, lock_key
from leadline.store.points import (
    metric_key,
    metric_partition,
    partitions_of_month,
    point_from_item,
    point_lock,
)
from leadline.store.table import Key, Table

DELETION = "deletion"
"""The mark of a deletion that is under way."""


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
    """The metric, read together with these items. A deletion that was cut off is finished first."""
    opened = reopen_metric(table, metric, keys)
    if DELETION not in opened.changes.todo:
        return opened
    delete_all(table, metric)
    return reopen_metric(table, metric, keys)


def reopen_metric(table: Table, metric: str, keys: Iterable[Key] = ()) -> Opened:
    lock = point_lock(metric)
    snapshot = read_together(table, [lock_key(lock), *keys])
    changes = PlannedWrites(table, lock, snapshot, begins_with=SETTINGS_KEY)
    changes.todo = set(changes.stored_todo())
    organisation = OrganisationSettings.from_item(snapshot[SETTINGS_KEY])
    people = People(table, Naming.of(organisation))
    return Opened(changes, organisation, people, people.roster(snapshot[ROSTER_KEY]))


def delete_all(table: Table, metric: str) -> None:
    deleted_at: int = reopen_metric(table, metric).changes.lock["deleted_at"]
    by_month(table, metric, lambda _, point: None if point.received_at <= deleted_at else point)
    changes = reopen_metric(table, metric).changes
    for item in table.query(metric_partition(metric)):
        if item["sk"] != "definition":
            changes.make_room(1)
            changes.delete((item["pk"], item["sk"]))
    changes.make_room(1)
    changes.delete(metric_key(metric))
    changes.note(months=None, environments=None)
    changes.todo.discard(DELETION)
    changes.flush()


def by_month(table: Table, metric: str, change: Callable[[Opened, Point], Point | None]) -> None:
    """Changes all points of a metric."""
    for month in reopen_metric(table, metric).changes.lock.get("months", []):
        opened = reopen_metric(table, metric)
        points = _of_month(opened.changes, metric, month)
        Recount(opened.changes, metric).apply((point, change(opened, point)) for point in points)


def _of_month(changes: PlannedWrites, metric: str, month: str) -> Iterator[Point]:
    for pk in partitions_of_month(metric, month):
        yield from map(point_from_item, list(changes.query(pk)))

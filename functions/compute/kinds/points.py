"""The configuration that a metric's points are derived by changed, or all of them are deleted.

Each message can be applied again after it was cut off anywhere: what is done already is not done twice.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from compute.event_traces import About
from compute.points.cells import Recount
from compute.points.metric import DELETION, Opened, by_month, delete_all, open_metric, reopen_metric
from leadline.contract.messages import PointsDeletion, PointsMessage
from leadline.domain.points import Point, PointScope
from leadline.domain.windows import Window
from leadline.store.points import read_point_cells
from leadline.store.table import Table

_FIRST, _LAST = date(1990, 1, 1), date(9000, 1, 1)


def apply_points(table: Table, message: PointsMessage) -> About:
    """Derives the points again, all of them after the time zone changed, or those of some authors. Raises Conflict."""
    metric = message.metric
    opened = open_metric(table, metric)
    # Workers that have read the former configuration have to read again.
    opened.changes.note(configured=max(message.received_at, opened.changes.lock.get("configured", 0)))
    opened.changes.flush()
    if message.authors is None:
        _move_days(table, metric, opened)
        return {}
    recount = Recount(opened.changes, metric)
    points = _points_of(table, opened, recount, message, opened.people.old_and_new_names(message.authors))
    recount.apply((point, opened.derived(point)) for point in points)
    return {}


def delete_points(table: Table, message: PointsDeletion) -> About:
    """Deletes all points received before the message, and their numbers. Applying it again changes nothing. Raises Conflict."""
    metric = message.metric
    changes = open_metric(table, metric).changes
    if changes.lock.get("deleted_at", -1) >= message.received_at:
        return {}
    changes.note(deleted_at=message.received_at)
    changes.todo.add(DELETION)
    changes.flush()
    delete_all(table, metric)
    return {}


def _move_days(table: Table, metric: str, opened: Opened) -> None:
    """Counts all points on the days of the time zone. The lock item names the one they are counted by, so this mostly ends at
    once."""
    timezone = opened.organisation.timezone
    if opened.changes.lock.get("timezone") == timezone:
        return
    by_month(table, metric, lambda opened, point: opened.derived(point))
    after = reopen_metric(table, metric)
    if after.organisation.timezone == timezone:  # else another message is on its way
        after.changes.note(timezone=timezone)
        after.changes.flush()


def _points_of(
    table: Table, opened: Opened, recount: Recount, message: PointsMessage, authors: Sequence[str]
) -> Iterator[Point]:
    """The points of these authors on the days that have cells of theirs."""
    window = Window(
        date.fromisoformat(message.first_day) if message.first_day else _FIRST,
        date.fromisoformat(message.end_day) if message.end_day else _LAST,
    )
    days = {
        cell.day
        for environment in opened.changes.lock.get("environments", [])
        for author in authors
        for cell, _ in read_point_cells(
            table, message.metric, PointScope(environment, author=author), window, consistent=True
        )
    }
    for day in sorted(days):
        yield from (point for point in recount.points_on(day) if point.author in authors)

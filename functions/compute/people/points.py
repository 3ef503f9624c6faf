"""Renaming the people of custom metrics' points, under their metric's lock, together with the cells that count them."""

from collections.abc import Iterator
from dataclasses import replace

from compute.points.cells import Change, Recount
from compute.points.metric import open_metric
from leadline.domain.points import Point
from leadline.store.people import People
from leadline.store.points import point_from_item
from leadline.store.table import Item, Table


def rename_points(table: Table, item: Item, people: People) -> bool:
    """Renames who is named in a point and in all others of its day. Whether there was anything to do. Raises Conflict."""
    point = point_from_item(item)
    if _renamed(point, people) == point:
        return False
    opened = open_metric(table, point.metric)
    recount = Recount(opened.changes, point.metric)

    def changes() -> Iterator[Change]:
        for each in recount.points_on(point.day):
            yield each, _renamed(each, opened.people)

    recount.apply(changes())
    return True


def _renamed(point: Point, people: People) -> Point:
    """Under the name of now; its teams stay what they are."""
    gone = people.stand_ins(point.labels.values())
    labels = {name: gone.get(value, value) for name, value in point.labels.items()}
    author = people.stored_names([point.author])[point.author] if point.author is not None else None
    return replace(point, author=author, labels=labels)

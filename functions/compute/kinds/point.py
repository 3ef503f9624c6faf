"""A point of a custom metric: counted once, however often and in whatever order it comes, singly or with others."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from compute.event_traces import About
from compute.points.cells import Recount, add_point
from compute.points.metric import Opened, open_metric
from leadline.contract.messages import PointMessage
from leadline.domain.points import Point, contributions, place_of
from leadline.store.people import People
from leadline.store.planned_writes import PlannedWrites
from leadline.store.points import cell_key, identity_key, key_of_id, point_at, point_from_item, point_place
from leadline.store.table import Key, Table


def apply_point(table: Table, message: PointMessage) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    return count_points(table, [message])[0]


def count_points(table: Table, messages: Sequence[PointMessage]) -> list[About]:
    """Counts points of one metric: the same as one by one, in this order. Returns what each was about.

    There may be as many as a batch of the queue holds, for what they need is read together. They are stored in as few transactions
    as take them. Counting them again changes nothing. Raises Conflict where it has to be tried again.

    Of several with the same id the first one received counts, in whichever order they come: an id says that it is the same point.
    What was received before its metric was deleted stays deleted.
    """
    sent = [_point(message) for message in messages]
    opened = open_metric(table, sent[0].metric, map(_known_by, sent))
    abouts = [_about(message.data, point) for message, point in zip(messages, sent, strict=True)]
    deleted_at = opened.changes.lock.get("deleted_at", -1)
    kept = [position for position, point in enumerate(sent) if point.received_at > deleted_at]
    points = [opened.derived(point) for point in _renamed([sent[position] for position in kept], opened.people)]
    _prefetch(opened.changes, points)
    for position, point in zip(kept, points, strict=True):
        counted = _count(opened, point)
        abouts[position]["point"] = point_place(counted.time, counted.key)
    opened.changes.flush()
    return abouts


def _about(data: dict[str, Any], point: Point) -> About:
    return {
        "metric": point.metric,
        "service": data.get("service"),
        "repository": data.get("repository"),
        "environment": point.environment,
    }


def _prefetch(changes: PlannedWrites, points: Sequence[Point]) -> None:
    """Reads at once what of these points is stored, and the cells of those that are not."""
    changes.prefetch(key for key in (_stored_key(changes, point) for point in points) if key is not None)
    fresh = [point for point in points if _stored(changes, point) is None]
    changes.prefetch(cell_key(point.metric, cell) for point in fresh for cell in contributions(point))


def _count(opened: Opened, point: Point) -> Point:
    """Plans to count a point, or to put it in the place of the one that is stored. The one that counts then."""
    changes = opened.changes
    stored = _stored(changes, point)
    if stored is None:
        add_point(changes, point, opened.organisation.timezone)
        return point
    if (point.received_at, point.event_id) >= (stored.received_at, stored.event_id):
        return stored
    changes.flush()  # counting a day again takes a transaction of its own
    Recount(changes, point.metric).apply([(stored, point)])
    return point


def _renamed(points: Sequence[Point], people: People) -> list[Point]:
    """The points with people as they are to be stored."""
    gone = people.stand_ins(value for point in points for value in point.labels.values())
    authors = people.stored_names(point.author for point in points if point.author is not None)
    return [
        replace(
            point,
            author=authors[point.author] if point.author is not None else None,
            labels={name: gone.get(value, value) for name, value in point.labels.items()},
        )
        for point in points
    ]


def _known_by(point: Point) -> Key:
    """What says whether a point is stored: where the one with its id is, or itself."""
    if point.id is not None:
        return identity_key(point.metric, point.key)
    return point_at(point.metric, point.time, point.key)


def _stored_key(changes: PlannedWrites, point: Point) -> Key | None:
    """Where the point with this one's id, or this one, is stored if it is."""
    if point.id is None:
        return _known_by(point)
    identity = changes.get(_known_by(point))
    return point_at(point.metric, identity["time"], point.key) if identity is not None else None


def _stored(changes: PlannedWrites, point: Point) -> Point | None:
    key = _stored_key(changes, point)
    item = changes.get(key) if key is not None else None
    return point_from_item(item) if item is not None else None


def _point(message: PointMessage) -> Point:
    data = message.data
    environment = data.get("environment", "production")
    place = place_of(data.get("service"), data.get("repository"))
    sent = data.get("id")
    return Point(
        metric=data["name"],
        # Without an id the event is the point: its id is made of all its fields, the time among them.
        key=key_of_id(environment, place, sent) if sent is not None else message.event_id.partition("_")[2],
        time=data.get("time", message.received_at),
        value=data["value"],
        environment=environment,
        place=place,
        team=data.get("team"),
        author=data.get("author"),
        labels=data.get("labels", {}),
        id=sent,
        event_id=message.event_id,
        received_at=message.received_at,
    )

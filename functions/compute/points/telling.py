"""A point of a custom metric: counted once, however often and in whatever order it is told."""

from dataclasses import replace
from typing import Any

from compute.points.cells import Recount, add_point
from compute.points.changes import open_metric
from compute.trace import About
from leadline.domain.points import Point, place_of
from leadline.store.changeset import Changeset
from leadline.store.people import People
from leadline.store.points import identity_key, key_of_id, point_at, point_from_item, point_place
from leadline.store.table import Table


def apply_point(table: Table, data: dict[str, Any], received_at: int, event_id: str) -> About:
    """Counts a point. Applying it again changes nothing. Raises Conflict to be tried anew.

    Of several that were told with the same id the first one received counts, in whichever order they come: an id says that it is
    the same point. What was received before its metric was deleted stays deleted.
    """
    told = _told(data, received_at, event_id)
    metric = told.metric
    own = identity_key(metric, told.key) if told.id is not None else point_at(metric, told.time, told.key)
    opened = open_metric(table, metric, [own])
    changes = opened.changes
    about: About = {
        "metric": metric,
        "service": data.get("service"),
        "repository": data.get("repository"),
        "environment": told.environment,
    }
    if received_at <= changes.lock.get("deleted_at", -1):
        return about
    stored = _stored(changes, told)
    new = opened.derived(_as_named_now(told, opened.people))
    counted = new
    if stored is None:
        add_point(changes, new, opened.organisation.timezone)
    elif (received_at, event_id) < (stored.received_at, stored.event_id):
        Recount(changes, metric).apply([(stored, new)])
    else:
        counted = stored
    changes.flush()
    return {**about, "point": point_place(counted.time, counted.key)}


def _as_named_now(told: Point, people: People) -> Point:
    gone = people.gone(told.labels.values())
    author = people.told([told.author])[told.author] if told.author is not None else None
    return replace(told, author=author, labels={name: gone.get(value, value) for name, value in told.labels.items()})


def _stored(changes: Changeset, told: Point) -> Point | None:
    time: int | None = told.time
    if told.id is not None:
        time = (changes.get(identity_key(told.metric, told.key)) or {}).get("time")
    item = changes.get(point_at(told.metric, time, told.key)) if time is not None else None
    return point_from_item(item) if item is not None else None


def _told(data: dict[str, Any], received_at: int, event_id: str) -> Point:
    environment = data.get("environment", "production")
    place = place_of(data.get("service"), data.get("repository"))
    sent = data.get("id")
    return Point(
        metric=data["name"],
        # Without an id the event is the point: its id is made of all that was told, the time with it.
        key=key_of_id(environment, place, sent) if sent is not None else event_id.partition("_")[2],
        time=data.get("time", received_at),
        value=data["value"],
        environment=environment,
        place=place,
        team=data.get("team"),
        author=data.get("author"),
        labels=data.get("labels", {}),
        id=sent,
        event_id=event_id,
        received_at=received_at,
    )

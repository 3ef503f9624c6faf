"""Custom metrics in the table.

    point#review.comments#20261031 | 1790000000000#3f9a…      a point, under its day in UTC
    point-id#review.comments#3f9a… | point                    where the point with this id, given by its sender, is stored
    repo#metric:review.comments | repo                        the lock under which everything about a metric is written

    pointcell#review.comments#production#all                     | 20261031                 everything
    pointcell#review.comments#production#at#service:checkout     | 20261031                 a place
    pointcell#review.comments#production#team#payments           | 20261031                 a team
    pointcell#review.comments#production#team#payments#service:… | 20261031                 a team in a place
    pointcell#review.comments#production#author#dev-1            | 20261031#service:…#5e0c  an author in a place, per set of teams

    metrics | review.comments                                 a metric with points
    metric#review.comments | place#service:checkout           a place with points of it
    metric#review.comments | team#payments                    a team with points of it, now or earlier

Names of metrics consist of a-z, 0-9, '.', '_' and '-', so they need no escaping.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from leadline.domain.points import Point, PointCell, PointScope, Spread
from leadline.domain.windows import Window
from leadline.store.names import escape, join, unescape
from leadline.store.table import Item, Key, Table

POINT_PREFIX = "point#"
CELL_PREFIX = "pointcell#"
METRICS = "metrics"
"""The partition that lists all metrics with points."""

_DAY_MS = 24 * 3600 * 1000


def point_lock(metric: str) -> str:
    """The name of the lock under which everything about a metric is written."""
    return f"metric:{metric}"


def point_partition(metric: str, day: date) -> str:
    """`day` in UTC."""
    return f"{POINT_PREFIX}{metric}#{day:%Y%m%d}"


def point_place(time: int, key: str) -> str:
    return f"{time:013d}#{key}"


def point_key(point: Point) -> Key:
    return point_at(point.metric, point.time, point.key)


def point_at(metric: str, time: int, key: str) -> Key:
    """`time` in epoch milliseconds."""
    return (point_partition(metric, utc_day(time)), point_place(time, key))


def identity_key(metric: str, key: str) -> Key:
    return (f"point-id#{metric}#{key}", "point")


def utc_day(time: int) -> date:
    return datetime.fromtimestamp(time / 1000, UTC).date()


def key_of_id(environment: str, place: str, sent: str) -> str:
    """The key of a point with an id of its sender's, which is unique within its environment and place only."""
    return hashlib.sha256(join(environment, place, sent).encode()).hexdigest()[:24]


def point_item(point: Point) -> Item:
    pk, sk = point_key(point)
    values: Item = {
        "pk": pk,
        "sk": sk,
        "value": point.value,
        "environment": point.environment,
        "place": point.place or None,
        "team": point.team,
        "author": point.author,
        "labels": dict(point.labels) or None,
        "id": point.id,
        "event_id": point.event_id,
        "received_at": point.received_at,
        "day": point.day.isoformat(),
        "teams": list(point.teams) or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def point_from_item(item: Item) -> Point:
    time, _, key = item["sk"].partition("#")
    return Point(
        metric=item["pk"].split("#")[1],
        key=key,
        time=int(time),
        value=item["value"],
        environment=item["environment"],
        place=item.get("place", ""),
        team=item.get("team"),
        author=item.get("author"),
        labels=item.get("labels", {}),
        id=item.get("id"),
        event_id=item["event_id"],
        received_at=item["received_at"],
        day=date.fromisoformat(item["day"]),
        teams=tuple(item.get("teams", ())),
    )


def partitions_around(metric: str, day: date) -> list[str]:
    """The partitions that may hold points of a day, in any time zone."""
    return [point_partition(metric, day + timedelta(days=offset)) for offset in (-1, 0, 1)]


def partitions_of_month(metric: str, month: str) -> list[str]:
    """`month` such as 202610, in UTC."""
    first = date(int(month[:4]), int(month[4:]), 1)
    days = (first + timedelta(days=offset) for offset in range(31))
    return [point_partition(metric, day) for day in days if day.month == first.month]


def cell_partition(metric: str, scope: PointScope) -> str:
    """The partition of a scope; an author's places share one."""
    start = f"{CELL_PREFIX}{metric}#{escape(scope.environment)}"
    if scope.team is not None:
        share = f"#{escape(scope.place)}" if scope.place is not None else ""
        return f"{start}#team#{escape(scope.team)}{share}"
    if scope.author is not None:
        return f"{start}#author#{escape(scope.author)}"
    return f"{start}#at#{escape(scope.place)}" if scope.place is not None else f"{start}#all"


def cell_key(metric: str, cell: PointCell) -> Key:
    day = f"{cell.day:%Y%m%d}"
    if cell.scope.author is not None:
        # Many team names would not fit into a sort key; they are in the item.
        teams = hashlib.sha256(join(*cell.scope.teams).encode()).hexdigest()[:8] if cell.scope.teams else ""
        day += f"#{escape(cell.scope.place or '')}#{teams}"
    return (cell_partition(metric, cell.scope), day)


def cell_item(metric: str, cell: PointCell, spread: Spread) -> Item:
    pk, sk = cell_key(metric, cell)
    item: Item = {
        "pk": pk,
        "sk": sk,
        "n": spread.n,
        "total": spread.total,
        "least": spread.least,
        "most": spread.most,
        "last": list(spread.last) if spread.last else None,
        "buckets": {str(bucket): count for bucket, count in sorted(spread.buckets.items())},
        "authors": dict(sorted(spread.authors.items())) or None,
        "teams": list(cell.scope.teams) or None,
    }
    return {name: value for name, value in item.items() if value is not None}


def spread_of(item: Mapping[str, Any]) -> Spread:
    time, key, value = item["last"]
    return Spread(
        n=item["n"],
        total=item["total"],
        least=item["least"],
        most=item["most"],
        last=(time, key, value),
        buckets={int(bucket): count for bucket, count in item["buckets"].items()},
        authors=dict(item.get("authors", {})),
    )


def cell_of(item: Item) -> tuple[str, PointCell]:
    """The metric and cell of an item. Raises ValueError, KeyError or IndexError if its key is not that of a cell."""
    _, metric, environment, kind, *names = [unescape(part) for part in item["pk"].split("#")]
    day, *rest = [unescape(part) for part in item["sk"].split("#")]
    match kind:
        case "all":
            scope = PointScope(environment)
        case "at":
            scope = PointScope(environment, names[0])
        case "team":
            scope = PointScope(environment, names[1] if len(names) > 1 else None, names[0])
        case "author":
            scope = PointScope(environment, rest[0], author=names[0], teams=tuple(item.get("teams", ())))
        case _:
            raise ValueError(kind)
    return metric, PointCell(scope, date(int(day[:4]), int(day[4:6]), int(day[6:])))


def read_point_cells(
    table: Table, metric: str, scope: PointScope, window: Window, *, consistent: bool = False
) -> Iterator[tuple[PointCell, Spread]]:
    """A scope's cells in a window, in order of day; of an author, those of all places. One query; each request reads up to 1 MB."""
    first, last = window.start.strftime("%Y%m%d"), window.end.strftime("%Y%m%d")
    for item in table.query(cell_partition(metric, scope), first, last, consistent=consistent):
        _, cell = cell_of(item)
        if cell.day < window.end:
            yield cell, spread_of(item)


def metric_key(metric: str) -> Key:
    return (METRICS, metric)


def metric_partition(metric: str) -> str:
    return f"metric#{metric}"


def index_keys(metric: str, scope: PointScope) -> list[Key]:
    """The items that list this place or team among those with points of the metric."""
    if scope.author is not None or (scope.place, scope.team) == (None, None):
        return []
    if scope.team is None:
        return [(metric_partition(metric), f"place#{scope.place}")]
    return [(metric_partition(metric), f"team#{scope.team}")] if scope.place is None else []

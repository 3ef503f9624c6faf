"""Generated points of custom metrics, as ingest queues them, teams that they count for, and reading them and their cells back."""

from __future__ import annotations

import random
from typing import Any

from leadline.domain.points import Point, PointCell, Spread, fold
from leadline.store.configuration import ROSTER_KEY, OrganisationSettings
from leadline.store.memory import MemoryTable
from leadline.store.points import CELL_PREFIX, POINT_PREFIX, cell_of, point_from_item, spread_of
from leadline.store.table import Put, Table
from tests.builders import HOUR, OCTOBER, Event, at, event

METRIC = "review.comments"
MICRO = 1_000_000
TEAMS: dict[str, Any] = {
    "early": {"members": [{"author": "ann", "to": "2026-10-10"}, {"author": "bob"}]},
    "late": {"members": [{"author": "ann", "from": "2026-10-10"}]},
}


def a_point(value: float = 1, when: int | None = None, *, received: int | None = None, **fields: Any) -> Event:
    """`when` None: without a time of its own."""
    data = {"name": METRIC, "value": round(value * MICRO), "time": when, "environment": "production", **fields}
    return event("point", data, received if received is not None else when or OCTOBER)


def points_drawn(seed: int, count: int = 30, **fields: Any) -> list[Event]:
    """Points over three days around midnight; some without a place, an author or a time, some with the id of another."""
    draw = random.Random(seed)
    told: list[Event] = []
    for number in range(count):
        values: dict[str, Any] = {
            "service": draw.choice(["till", "shop", None]),
            "author": draw.choice(["ann", "bob", None]),
            "team": draw.choice([None, None, None, "night"]),
            "environment": draw.choice(["production", "production", "staging"]),
            "id": draw.choice([None, f"id-{draw.randint(0, count // 2)}"]),
        }
        if values["service"] is None:
            values["repository"] = draw.choice(["github.com/acme/shop", None])
        values |= fields
        when: int | None = at(10, 0) + draw.randint(-30, 30) * HOUR // 2
        received = at(14) + number
        if values["id"] is not None and draw.random() < 0.3:
            when, received = None, at(10, 0) + draw.randint(-30, 30) * HOUR // 2
        value = draw.choice([draw.randint(-3, 9), draw.randint(-(10**9), 10**12) / MICRO, 0.1, 7])
        told.append(a_point(value, when, received=received, **values))
    return told


def stored_points(table: Table) -> list[Point]:
    return [point_from_item(item) for item in table.scan() if item["pk"].startswith(POINT_PREFIX)]


def point_cells(table: Table) -> dict[PointCell, Spread]:
    """Of all metrics together: the tests have one."""
    return {cell_of(item)[1]: spread_of(item) for item in table.scan() if item["pk"].startswith(CELL_PREFIX)}


def folded_points(table: Table) -> dict[PointCell, Spread]:
    return fold(stored_points(table))


def organised(teams: dict[str, Any] = TEAMS, timezone: str = "UTC", **extra: Any) -> MemoryTable:
    """A table with these teams. `extra`: what else the settings' item holds."""
    table = MemoryTable()
    configure(table, teams, timezone, **extra)
    return table


def configure(table: MemoryTable, teams: dict[str, Any], timezone: str, **extra: Any) -> None:
    roster = {"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1], "teams": teams, "v": 1}
    table.write([Put(roster), Put(OrganisationSettings(timezone=timezone, extra=extra).to_item())])


def counted(table: Table) -> Any:
    """Points and cells, but for what only says when somebody configured something."""
    return point_cells(table), {(point.time, point.key): point for point in stored_points(table)}

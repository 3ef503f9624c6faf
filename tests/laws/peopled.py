"""Histories with people in every place where a name may be stored, and looking for a name in all that is."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from leadline.store.table import Table
from tests.builders import Event, at, event
from tests.contract.configured import configure
from tests.contract.pipeline import Pipeline
from tests.histories import REPOSITORY, a_history
from tests.points import folded_points, point_cells, points_drawn
from tests.stored import folded_cells, stored_cells

ZOE, BOB, CID, BOT = "Zoë Quimby#1", "xq-bob", "xq-cid", "zq-bump[bot]"
_CALLED = {"ann": ZOE, "bob": BOB, "cid": CID}
TEAMS = {"payments": [ZOE, BOB], "search": [ZOE], "web": [CID, BOB]}
WINDOW = {"from_": "2026-05-01", "to": "2026-10-31"}


def a_peopled_history(seed: int, *, disputed: bool = True) -> list[Event]:
    """The events of a history by people with names that are found again, in an order drawn from the seed.

    `disputed`: of some changes two people are told to be the author. Which of two new names is taken can't be the same once one of
    them has no name any more.
    """
    draw = random.Random(seed)
    events: list[Event] = []
    for text in a_history(seed).messages:
        told = json.loads(text)
        events.append(_called(told, draw))
        if told["kind"] == "change" and disputed and draw.random() < 0.2:
            data = {**told["data"], "author": draw.choice([ZOE, BOB, CID])}
            events.append({**told, "event_id": f"{told['event_id']}_too", "data": data})
    for told in points_drawn(seed, count=12):
        author = _CALLED.get(told["data"].get("author", ""))
        data = {**told["data"], "labels": {"by": draw.choice([ZOE, CID])}, "author": author}
        events.append(event("point", data, told["received_at"]))
    events.append(event("change", {"repository": REPOSITORY, "number": 77, "author": BOT, "opened_at": at(1)}, at(1)))
    draw.shuffle(events)
    return events


def _called(told: Event, draw: random.Random) -> Event:
    data = told["data"]
    if "author" in data:
        author = BOT if data["number"] % 7 == 0 else _CALLED[data["author"]]
        return {**told, "data": {**data, "author": author}}
    if told["kind"] == "commits":
        commits = [{**commit, "author": draw.choice([ZOE, BOB])} for commit in data["commits"]]
        return {**told, "data": {**data, "commits": commits}}
    if told["kind"] == "deployment":
        return {**told, "data": {**data, "labels": {"by": draw.choice([ZOE, BOB]), "ticket": "X-1"}}}
    return told


def an_organisation(events: list[Event]) -> Pipeline:
    """Teams, bots and an event that can't be applied; then all these events."""
    api = Pipeline()
    for team, members in TEAMS.items():
        halves = [{"author": name, "from": "2026-05-29"} for name in members]
        assert api.put_team(team, *halves).status == 200
    configure(api, bots=["*[bot]", BOT])
    configure(api, bots=["*[BOT]"], direct_commits="count")
    panel = {
        "id": "lead",
        "title": "Lead",
        "metric": "change_lead_time",
        "visual": "number",
        "filters": {"author": ZOE},
    }
    api.ask("PUT", "/v1/dashboards/board", {"name": "Board", "filters": {"author": ZOE}, "panels": [panel]})
    api.tell(*events, a_parked_event())
    api.settle()
    return api


def a_parked_event() -> Event:
    return event("change", {"repository": REPOSITORY, "number": "seven", "author": ZOE}, at(1))


def everyones_numbers(api: Pipeline, *environments: str) -> dict[str, Any]:
    """Every report of the organisation, its services and its teams, of the whole and by day; custom metrics by their cells."""
    found: dict[str, Any] = {
        str(cell): replace(spread, authors={})
        for cell, spread in point_cells(api.table).items()
        if cell.scope.author is None
    }
    for environment in environments or ("production", "staging"):
        for grouping in ("service", "repository", "team"):
            found[f"{environment} by {grouping}"] = api.dora(
                environment=environment, group_by=grouping, interval="day", **WINDOW
            )
        for team in TEAMS:
            found[f"{environment} {team}"] = api.dora(
                environment=environment, team=team, group_by="service", interval="week", **WINDOW
            )
    return found


def is_exact(api: Pipeline) -> bool:
    """Whether all cells are the fold of what they count."""
    return stored_cells(api.table) == folded_cells(api.table) and point_cells(api.table) == folded_points(api.table)


def places_of(table: Table, name: str, *, labels: bool = True) -> list[str]:
    """Where the name stands: in keys, names of attributes and values, however deep, also within texts. `labels`: also in theirs."""
    return [
        f"{item['pk']} | {item['sk']}: {text}" for item in table.scan() for text in _texts(item, labels) if name in text
    ]


def _texts(value: Any, labels: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield key
            if labels or key != "labels":
                yield from _texts(entry, labels)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry, labels)
    elif isinstance(value, str):
        yield value
        if value.startswith("{"):  # JSON that is kept as text escapes what is not ASCII
            yield from _texts(json.loads(value), labels)

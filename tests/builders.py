"""Events as ingest queues them, with only what matters in a test said, and the deployments that came of them.

    tell(table, commits("m1", "m2 <- m1"), a_change(7, "m2", at(2)), a_deployment("m2", at(3), deployment_id="run-1"))
    carried(table, ["run-1"]) == {"run-1": [7]}

Commits have names; `sha("m1")` is the SHA of one. Times are epoch milliseconds: `at(3, 12)` is noon UTC of 3 October 2026.
"""

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from compute.apply import fold
from leadline.store.deployments import Record
from leadline.store.table import Table
from tests.stored import records

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
OCTOBER = 1_790_812_800_000
"""2026-10-01T00:00:00Z"""
REPOSITORY = "github.com/acme/shop"

Event = dict[str, Any]


def at(day: int, hour: float = 12) -> int:
    """An instant in October 2026, UTC; days may lie beyond the month."""
    return OCTOBER + (day - 1) * DAY + round(hour * HOUR)


def sha(name: str) -> str:
    """The SHA of the commit with this name."""
    return hashlib.sha1(name.encode()).hexdigest()


def event(kind: str, data: dict[str, Any], received_at: int) -> Event:
    told = {name: value for name, value in data.items() if value is not None}
    digest = hashlib.sha256(f"{kind}\n{json.dumps(told, sort_keys=True)}".encode()).hexdigest()[:24]
    return {"v": 1, "kind": kind, "event_id": f"{kind[:3]}_{digest}", "received_at": received_at, "data": told}


def a_deployment(commit: str | None, finished: int | None, *, received: int | None = None, **fields: Any) -> Event:
    """A successful production deployment of the named commit. `finished` None: its sender gave no time of its own."""
    data = {
        "id": sha(commit) if commit is not None else None,
        "repository": REPOSITORY,
        "environment": "production",
        "status": "success",
        "finished_at": finished,
        "baseline": False,
        "labels": {},
        **fields,
    }
    return event("deployment", data, received if received is not None else finished or 0)


def a_change(number: int, merged: str | None, when: int | None = None, **fields: Any) -> Event:
    """A pull request, merged as the named commit at `when`; its author `first_commit_at` a day earlier unless told."""
    data = {
        "repository": REPOSITORY,
        "number": number,
        "author": "ann",
        "base_branch": "main",
        "merge_sha": sha(merged) if merged is not None else None,
        "merged_at": when,
        "first_commit_at": when - DAY if when is not None else None,
        "commit_shas": [],
        "paths": [],
        "labels": [],
        **fields,
    }
    return event("change", data, OCTOBER)


def an_incident(name: str, started: int, **fields: Any) -> Event:
    return event("incident", {"id": name, "repository": REPOSITORY, "started_at": started, **fields}, OCTOBER)


def commits(*lines: str, start: int = OCTOBER, every: int = HOUR, **fields: Any) -> Event:
    """The commit graph: "c <- a b" is a commit c with the parents a and b, "a" one without; each `every` after the last."""
    told: list[dict[str, Any]] = []
    for position, line in enumerate(lines):
        name, _, parents = line.partition("<-")
        told.append(
            {
                "sha": sha(name.strip()),
                "parents": [sha(parent) for parent in parents.split()],
                "committed_at": start + position * every,
                "authored_at": start + position * every,
            }
        )
    return event("commits", {"repository": REPOSITORY, "branch": "main", "commits": told, **fields}, OCTOBER)


def picked(told: Event, commit: str, original: str) -> Event:
    """The commits event with this commit told to be a cherry-pick (`-x`) of another."""
    data = told["data"]
    marked = [
        {**each, "cherry_picked_from": sha(original)} if each["sha"] == sha(commit) else each
        for each in data["commits"]
    ]
    return event("commits", {**data, "commits": marked}, told["received_at"])


def a_line(*names: str) -> list[str]:
    """Lines for `commits` of one commit after the other."""
    return [names[0], *(f"{child} <- {parent}" for parent, child in pairwise(names))]


def tell(table: Table, *events: Event) -> None:
    for each in events:
        fold(table, json.dumps(each), sleep=lambda _: None)


def deployments(table: Table) -> list[Record]:
    """All deployments in order of finish time."""
    return sorted(records(table), key=lambda record: record.place)


def the_deployment(table: Table, deployment_id: str) -> Record:
    """The deployment with this id of its sender's."""
    (found,) = [each for each in records(table) if each.deployment.report.deployment_id == deployment_id]
    return found


def numbers(record: Record) -> list[int]:
    """The changes a deployment carries."""
    return sorted(change.number for change in record.changes)


def carried(table: Table, names: Iterable[str]) -> dict[str, list[int]]:
    """For each of these deployment ids the changes it carries."""
    return {name: numbers(the_deployment(table, name)) for name in names}


def why(record: Record) -> tuple[str, str]:
    return (record.status, record.reason)

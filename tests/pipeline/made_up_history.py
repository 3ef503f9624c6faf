"""A delivery history with its exact answer, as events to post: a real one where it was put beside the project, else a made-up one.

The real one is shared/data/httpx (commits.jsonl, changes.jsonl, deployments.jsonl, expected.jsonl), not part of this project.
The made-up one has the same shape: a first-parent line of direct commits and of changes merged by merge commit, squash and
rebase, and release tags on it; what each release carries is known from how it was made.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "httpx"
BRANCH = "master"
COMMITS_AN_EVENT = 100

Row = dict[str, Any]
Posted = tuple[str, Row]
"""The route's last segment, and the body of one event."""


@dataclass(frozen=True)
class History:
    """`expected`: per deployed SHA the changes it carries; the first deployment is a baseline and not in it."""

    name: str
    repository: str
    commits: Sequence[Row]
    changes: Sequence[Row]
    deployments: Sequence[Row]
    expected: dict[str, list[int]]

    def events(self) -> list[Posted]:
        """All events in order of time: the graph in stretches, changes, deployments."""
        dated: list[tuple[datetime, int, Posted]] = []
        for start in range(0, len(self.commits), COMMITS_AN_EVENT):
            stretch = self.commits[start : start + COMMITS_AN_EVENT]
            body = {"repository": self.repository, "branch": BRANCH, "commits": [_commit(row) for row in stretch]}
            dated.append((_time(stretch[-1]["committed_at"]), 0, ("commits", body)))
        for row in self.changes:
            body = {name: value for name, value in row.items() if name != "strategy"} | {"base_branch": BRANCH}
            dated.append((_time(row["merged_at"]), 1, ("changes", body)))
        dated += [(_time(row["finished_at"]), 2, ("deployments", dict(row))) for row in self.deployments]
        return [posted for _, _, posted in sorted(dated, key=lambda each: each[:2])]

    def in_order(self, order: str) -> list[Posted]:
        """The events "in order", "reversed", or "shuffled" with each of them one to three times."""
        events = self.events()
        if order == "reversed":
            return events[::-1]
        if order == "shuffled":
            draw = random.Random(self.name)
            events = [posted for posted in events for _ in range(draw.randint(1, 3))]
            draw.shuffle(events)
        return events


def batches(events: Sequence[Posted], most: int = 500) -> Iterator[tuple[str, list[Row]]]:
    """Events in the same order, as arrays of one kind."""
    array: list[Row] = []
    for place, (kind, body) in enumerate(events):
        array.append(body)
        if len(array) == most or place + 1 == len(events) or events[place + 1][0] != kind:
            yield kind, array
            array = []


def histories() -> list[History]:
    return [*([the_real_one()] if DATA.is_dir() else []), a_made_up_one()]


def the_real_one() -> History:
    commits, changes, deployments, expected = (
        [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text().splitlines()]
        for name in ("commits", "changes", "deployments", "expected")
    )
    answer = {row["id"]: row["changes"] for row in expected if not row["first"]}
    return History("httpx", deployments[0]["repository"], commits, changes, deployments, answer)


def a_made_up_one(changes: int = 120, seed: int = 7) -> History:
    return _Maker(seed).make(changes)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.repository = "github.com/acme/made-up"
        self.clock = datetime(2025, 1, 6, 9, tzinfo=UTC)
        self.line: list[Row] = []
        self.changes: list[Row] = []
        self.deployments: list[Row] = []
        self.expected: dict[str, list[int]] = {}
        self.unreleased: list[int] = []

    def make(self, changes: int) -> History:
        self._commit()
        number = 0
        while len(self.changes) < changes:
            number += self.draw.choice([1, 1, 2])
            self.draw.choice([self._commit, self._merge, self._merge, self._merge, self._squash, self._rebase])(
                *([] if self.draw.random() < 0.1 else [number])
            )
            if self.draw.random() < 0.15:
                self._release()
        return History("made-up", self.repository, self.line, self.changes, self.deployments, self.expected)

    def _commit(self, number: int | None = None) -> Row:
        """One more commit on the line. A `number` is not used: direct commits belong to no change."""
        self.clock += timedelta(minutes=self.draw.randint(0, 900))
        author = f"dev-{self.draw.randint(1, 9)}"
        authored = self.clock - timedelta(minutes=self.draw.randint(0, 300))
        row = {
            "sha": self._sha(),
            "parent": self.line[-1]["sha"] if self.line else None,
            "authored_at": authored.isoformat(),
            "committed_at": self.clock.isoformat(),
            "author": author,
        }
        self.line.append(row)
        return row

    def _merge(self, number: int | None = None) -> None:
        if number is not None:
            self._change(number, "merge", self._commit(), [self._sha() for _ in range(self.draw.randint(1, 4))])

    def _squash(self, number: int | None = None) -> None:
        if number is not None:
            self._change(number, "squash", self._commit(), [])

    def _rebase(self, number: int | None = None) -> None:
        if number is not None:
            rebased = [self._commit() for _ in range(self.draw.randint(1, 3))]
            self._change(number, "rebase", rebased[-1], [row["sha"] for row in rebased])

    def _change(self, number: int, strategy: str, merged: Row, shas: list[str]) -> None:
        begun = _time(merged["committed_at"]) - timedelta(hours=self.draw.randint(1, 200))
        self.changes.append(
            {
                "repository": self.repository,
                "number": number,
                "merge_sha": merged["sha"],
                "merged_at": merged["committed_at"],
                "strategy": strategy,
                "commit_shas": shas,
                "first_commit_at": begun.isoformat(),
                "author": merged["author"],
                **({"head_sha": shas[0]} if strategy == "merge" else {}),
            }
        )
        self.unreleased.append(number)

    def _release(self) -> None:
        head = self.line[-1]["sha"]
        if self.deployments and self.deployments[-1]["id"] == head:
            return
        self.clock += timedelta(minutes=self.draw.randint(1, 60))
        if self.deployments:
            self.expected[head] = self.unreleased
        self.deployments.append(
            {
                "id": head,
                "repository": self.repository,
                "environment": "production",
                "status": "success",
                "finished_at": self.clock.isoformat(),
                "version": f"0.{len(self.deployments)}.0",
            }
        )
        self.unreleased = []

    def _sha(self) -> str:
        return hashlib.sha1(self.draw.randbytes(16)).hexdigest()


def _commit(row: Row) -> Row:
    told = {name: row[name] for name in ("sha", "authored_at", "committed_at", "author")}
    return told | {"parents": [row["parent"]] if row["parent"] else []}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""Made-up work of a made-up organisation: changes, pushes, deployments and incidents as they are posted."""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log
from typing import Any

REPOSITORY = "github.com/acme/checkout"
SERVICE = "checkout"
HOUR = 3600
DAY = 24 * HOUR

TEAMS = {
    "payments": ["ann", "bob", "cid", "dan"],
    "platform": ["eve", "fay", "gus", "hal"],
}
AUTHORS = [author for members in TEAMS.values() for author in members]


def sha(*parts: object) -> str:
    return hashlib.sha1(repr(parts).encode()).hexdigest()  # noqa: S324  a made-up commit's name


def a_month_ago() -> int:
    """Midnight UTC, 40 days back, in epoch seconds: far enough that nothing is in the future."""
    return (int(time.time()) // DAY - 40) * DAY


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _some_hours(draw: random.Random, usual: float) -> int:
    """Seconds, spread as such times are: most near the usual, some ten times as long."""
    return int(draw.lognormvariate(log(usual * HOUR), 1.0))


@dataclass
class Happenings:
    """Keeps the time (epoch seconds) and the state of one repository's main branch."""

    now: int = field(default_factory=a_month_ago)
    repository: str = REPOSITORY
    merged: int = 0
    deployed: int = 0

    def later(self, seconds: int) -> None:
        self.now += seconds

    @property
    def head(self) -> str:
        return sha(self.repository, self.merged)

    def merge(self, author: str = "ann") -> dict[str, Any]:
        """The next change, merged now, with every time that a code host knows."""
        self.merged += 1
        number = self.merged
        draw = random.Random(number)
        review = _some_hours(draw, 3)
        pickup = _some_hours(draw, 5)
        coding = _some_hours(draw, 8)
        return {
            "repository": self.repository,
            "number": number,
            "author": author,
            "base_branch": "main",
            "merge_sha": self.head,
            "head_sha": sha(self.repository, number, "head"),
            "commit_shas": [sha(self.repository, number, "head")],
            "first_commit_at": instant(self.now - review - pickup - coding),
            "opened_at": instant(self.now - review - pickup),
            "first_review_at": instant(self.now - review),
            "approved_at": instant(self.now - review // 2),
            "merged_at": instant(self.now),
            "url": f"https://{self.repository}/pull/{number}",
        }

    def push(self, commits: int) -> dict[str, Any]:
        """The last merges' commits, squashed onto main, as a push tells them."""
        numbers = range(self.merged - commits + 1, self.merged + 1)
        return {
            "repository": self.repository,
            "branch": "main",
            "commits": [
                {
                    "sha": sha(self.repository, number),
                    "parents": [sha(self.repository, number - 1)],
                    "committed_at": instant(self.now - 60 * (self.merged - number)),
                    "authored_at": instant(self.now - 60 * (self.merged - number)),
                    "author": "ann",
                }
                for number in numbers
            ],
        }

    def deployment(self, **more: Any) -> dict[str, Any]:
        """What a CI job posts: the head of main went to production now."""
        self.deployed += 1
        return {
            "id": self.head,
            "repository": self.repository,
            "deployment_id": f"run-{self.deployed}",
            "started_at": instant(self.now - 240),
            "finished_at": instant(self.now),
            "version": f"v1.{self.deployed}",
            "url": f"https://ci.example.com/runs/{self.deployed}",
            **more,
        }

    def incident(self, number: int, **more: Any) -> dict[str, Any]:
        return {
            "id": f"INC-{number}",
            "repository": self.repository,
            "environment": "production",
            "started_at": instant(self.now),
            "severity": "high",
            "url": f"https://pager.example.com/INC-{number}",
            **more,
        }

"""Waits until the deployments that were sent are counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from leadline_cli.client import ApiError, Client
from leadline_cli.replay_events import Event

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
PAGE = 100


@dataclass(frozen=True, slots=True)
class Settled:
    """The listed deployments by deployment id, and the ids that are not listed yet."""

    found: dict[str, dict[str, Any]]
    absent: tuple[str, ...]

    @property
    def pending(self) -> tuple[str, ...]:
        """Deployments that are listed, but whose commit is not known yet."""
        return tuple(name for name, item in self.found.items() if item["mapping"]["status"] == "pending")

    @property
    def is_done(self) -> bool:
        return not self.absent and not self.pending


def wait_until_counted(
    client: Client,
    deployments: Sequence[Event],
    *,
    seconds: float,
    progress: Callable[[int], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Settled:
    """Reads the list of deployments until each is there and not pending, or the time is up."""
    until = clock() + seconds
    pause = FIRST_PAUSE
    while True:
        settled = look(client, deployments)
        progress(len(settled.found) - len(settled.pending))
        left = until - clock()
        if settled.is_done or left <= 0:
            return settled
        sleep(min(pause, left))
        pause = min(LONGEST_PAUSE, pause * 1.5)


def look(client: Client, deployments: Sequence[Event]) -> Settled:
    """The current state of the deployments."""
    if not deployments:
        return Settled({}, ())
    wanted = {(event["deployment_id"], event["id"]) for event in deployments}
    first, last = days(deployments)
    query = {
        "repository": str(deployments[0]["repository"]),
        "environment": str(deployments[0]["environment"]),
        # A day more on each side, since the days are those of the organisation's time zone.
        "from": (first - timedelta(days=1)).isoformat(),
        "to": (last + timedelta(days=2)).isoformat(),
        "limit": str(PAGE),
    }
    if "service" in deployments[0]:
        query["service"] = str(deployments[0]["service"])
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = None
    while True:
        page = client.get("/v1/deployments", query if cursor is None else {**query, "cursor": cursor})
        if not isinstance(page, dict) or not isinstance(page.get("items"), list):
            raise ApiError("the answer is not a list of deployments; is this Leadline?")
        for item in page["items"]:
            if (item.get("deployment_id"), item.get("id")) in wanted:
                found[item["deployment_id"]] = item
        cursor = page.get("next_cursor")
        if not cursor:
            names = dict.fromkeys(str(event["deployment_id"]) for event in deployments)
            return Settled(found, tuple(name for name in names if name not in found))


def days(deployments: Sequence[Event]) -> tuple[date, date]:
    """The first and the last day, in UTC, on which one finished."""
    moments = [datetime.fromisoformat(event["finished_at"]).astimezone(UTC).date() for event in deployments]
    return min(moments), max(moments)

"""What a report is asked for: the filters that combine with AND, and the days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from leadline.domain.windows import Interval, Window
from query.parameters import AUTHOR, ENVIRONMENT, FROM, REPOSITORY, SERVICE, TEAM, TO, Sent, choice
from query.refusal import Refused

INTERVALS = ("day", "week", "month")
GROUPINGS = ("service", "repository", "team", "author")

INTERVAL = choice("interval", "Adds a series of the window's days, ISO weeks or calendar months.", *INTERVALS)
GROUP_BY = choice("group_by", "Adds the metrics of each.", *GROUPINGS)
REPORT_PARAMETERS = (FROM, TO, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, AUTHOR, INTERVAL, GROUP_BY)
"""What every report takes."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means all; of `environments`: all that count as production. At most one of `team` and `author`."""

    services: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    team: str | None = None
    author: str | None = None

    @classmethod
    def read(cls, sent: Sent) -> Self:
        """Those of a query string. What can't be combined is added to its faults."""
        if sent.values.get("team") and sent.values.get("author"):
            sent.faults.add("?author", Refused("exclusive", "can't be combined with team; give one of them"))
        return cls(
            sent.all("service"), sent.all("repository"), sent.all("environment"), sent.one("team"), sent.one("author")
        )

    def answer(self) -> dict[str, Any]:
        """Those that are given, as an answer repeats them."""
        told: dict[str, Any] = {
            "service": list(self.services),
            "repository": list(self.repositories),
            "environment": list(self.environments),
            "team": self.team,
            "author": self.author,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Asked:
    """One report: its window, filters, and how it is divided."""

    window: Window
    filters: Filters = Filters()
    interval: Interval | None = None
    group_by: str | None = None

    @property
    def span(self) -> Window:
        """The days whose cells it reads: the window's and those of the one before."""
        return Window(self.window.previous().start, self.window.end)

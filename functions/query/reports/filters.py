"""What a report is asked for: the filters that combine with AND, and the days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from leadline.contract.invalid_value import InvalidValue
from leadline.domain.windows import Interval, Window
from query.web.parameters import AUTHOR, ENVIRONMENT, FROM, REPOSITORY, SERVICE, TEAM, TO, Sent, choice

INTERVALS = ("day", "week", "month")
GROUPINGS = ("service", "repository", "team", "author")

INTERVAL = choice("interval", "Adds a series of the window's days, ISO weeks or calendar months.", *INTERVALS)
GROUP_BY = choice("group_by", "Adds the metrics of each.", *GROUPINGS)
REPORT_PARAMETERS = (FROM, TO, SERVICE, REPOSITORY, ENVIRONMENT, TEAM, AUTHOR, INTERVAL, GROUP_BY)
"""What every report takes."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means all; of `environments`: all that count as production. At most one of `team` and `author`.

    `nothing`: they were joined of some that contradict each other, so that nothing is left.
    """

    services: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    team: str | None = None
    author: str | None = None
    nothing: bool = False

    @classmethod
    def read(cls, sent: Sent) -> Self:
        """Those of a query string. What can't be combined is added to its faults."""
        if sent.values.get("team") and sent.values.get("author"):
            sent.faults.add("?author", InvalidValue("exclusive", "can't be combined with team; give one of them"))
        return cls(
            sent.all("service"), sent.all("repository"), sent.all("environment"), sent.one("team"), sent.one("author")
        )

    def joined(self, other: Filters) -> Filters:
        """What both leave. Raises InvalidValue for two teams or people: nothing is counted for two at once."""
        if len({(name, whose) for one in (self, other) for name, whose in one.whose}) > 1:
            raise InvalidValue("exclusive", "would have to be of two teams or people at once, and no number is")
        services, none_of_services = _both(self.services, other.services)
        repositories, none_of_repositories = _both(self.repositories, other.repositories)
        environments, none_of_environments = _both(self.environments, other.environments)
        nothing = self.nothing or other.nothing or none_of_services or none_of_repositories or none_of_environments
        team, author = self.team or other.team, self.author or other.author
        return Filters(services, repositories, environments, team, author, nothing)

    @property
    def whose(self) -> tuple[tuple[str, str], ...]:
        """The team or the author, with which of these it is."""
        return tuple((name, whose) for name, whose in (("team", self.team), ("author", self.author)) if whose)

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
class ReportQuery:
    """One report: its window, filters, and how it is divided.

    `alone`: the window before is not looked at, which halves what is read; nothing may then be told of it.
    """

    window: Window
    filters: Filters = Filters()
    interval: Interval | None = None
    group_by: str | None = None
    alone: bool = False

    @property
    def span(self) -> Window:
        """The days whose cells it reads: the window's and, unless it is alone, those of the one before."""
        return self.window if self.alone else Window(self.window.previous().start, self.window.end)


def _both(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """What is in both, and whether that is nothing although both name some."""
    if not these or not those:
        return these or those, False
    common = tuple(name for name in these if name in those)
    return common, not common

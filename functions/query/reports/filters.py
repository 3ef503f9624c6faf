"""The query of a report: the filters, which combine with AND, and the days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from leadline.contract.invalid_value import InvalidValue
from leadline.domain.windows import Interval, Window
from query.http.parameters import AUTHOR, ENVIRONMENT, FROM, REPOSITORY, SERVICE, TEAM, TO, Sent, choice

INTERVALS = ("day", "week", "month")
GROUPINGS = ("service", "repository", "team", "author")

INTERVAL = choice("interval", "Adds a series by day, ISO week or calendar month.", *INTERVALS)
GROUP_BY = choice("group_by", "Adds the metrics of each service, repository, team or author.", *GROUPINGS)
REPORT_FROM = replace(FROM, description=f"{FROM.description} Default: 30 days before `to`.")
REPORT_TO = replace(TO, description=f"{TO.description} Default: tomorrow.")
REPORT_ENVIRONMENT = replace(ENVIRONMENT, description=f"{ENVIRONMENT.description} Default: production environments.")
REPORT_PARAMETERS = (REPORT_FROM, REPORT_TO, SERVICE, REPOSITORY, REPORT_ENVIRONMENT, TEAM, AUTHOR, INTERVAL, GROUP_BY)
"""The parameters of every report."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means all; empty `environments` means all production environments. At most one of `team` and `author` is set.

    `nothing`: these filters were combined from filters that exclude each other, so they select nothing.
    """

    services: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    team: str | None = None
    author: str | None = None
    nothing: bool = False

    @classmethod
    def read(cls, sent: Sent) -> Self:
        """The filters of a query string. Adds a fault for `team` combined with `author`."""
        if sent.values.get("team") and sent.values.get("author"):
            sent.faults.add("?author", InvalidValue("exclusive", "can't be combined with team; send one of them"))
        return cls(
            sent.all("service"), sent.all("repository"), sent.all("environment"), sent.one("team"), sent.one("author")
        )

    def combined_with(self, other: Filters) -> Filters:
        """The intersection of both. Raises InvalidValue for two different teams or authors, because no cells combine them."""
        if len({*self.team_or_author, *other.team_or_author}) > 1:
            raise InvalidValue("exclusive", "Only one team or author can be selected.")
        services, none_of_services = _intersect(self.services, other.services)
        repositories, none_of_repositories = _intersect(self.repositories, other.repositories)
        environments, none_of_environments = _intersect(self.environments, other.environments)
        nothing = self.nothing or other.nothing or none_of_services or none_of_repositories or none_of_environments
        team, author = self.team or other.team, self.author or other.author
        return Filters(services, repositories, environments, team, author, nothing)

    @property
    def team_or_author(self) -> tuple[tuple[str, str], ...]:
        """The selected team or author, labelled `team` or `author`."""
        return tuple((label, name) for label, name in (("team", self.team), ("author", self.author)) if name)

    def answer(self) -> dict[str, Any]:
        """The filters that are set, as answers repeat them."""
        values: dict[str, Any] = {
            "service": list(self.services),
            "repository": list(self.repositories),
            "environment": list(self.environments),
            "team": self.team,
            "author": self.author,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """One report: its window, filters, series and groups.

    `alone`: skip the previous window, which halves the reads. The report then has no numbers for that window.
    """

    window: Window
    filters: Filters = Filters()
    interval: Interval | None = None
    group_by: str | None = None
    alone: bool = False

    @property
    def span(self) -> Window:
        """The days whose cells are read: the window and, unless `alone`, the previous one."""
        return self.window if self.alone else Window(self.window.previous().start, self.window.end)


def _intersect(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The values in both, and whether two non-empty filters have none in common."""
    if not these or not those:
        return these or those, False
    common = tuple(name for name in these if name in those)
    return common, not common

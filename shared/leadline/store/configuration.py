"""Configuration in the table.

config | settings     the organisation's settings
config | roster       all teams with their members: one item, because every deployment needs it
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from leadline.domain.outcomes import INCIDENT_WINDOW
from leadline.domain.roster import Membership, Roster
from leadline.domain.windows import Calendar
from leadline.store.table import Item, Key

SETTINGS_KEY: Key = ("config", "settings")
ROSTER_KEY: Key = ("config", "roster")

LIST, COUNT = "list", "count"
NAMES, PSEUDONYMS, OFF = "names", "pseudonyms", "off"


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """The organisation's settings. `production`: the environments that count as production; durations in milliseconds.

    `failure_status_counts`: runs that failed before they went live count in the change fail rate. `bots`: patterns of authors whose
    changes count nowhere. `rework_labels`, `rework_branches`, `rework_titles`: patterns of labels, source branches and titles; a
    deployment with a change that fits one is rework. `rework_means_failure`: and the one before it failed and was made good by it.
    `direct_commits`: whether commits without a change are only listed, or count as changes of their own.

    `individuals`: whether people are told by their names, by pseudonyms, or not at all. `author_pages`: whether each has a page.

    `own_production`: the services that have production environments of their own, kept here so that reports know it without reading
    any service. `extra`: what else is stored with them.
    """

    timezone: str = "UTC"
    production: tuple[str, ...] = ("production",)
    incident_window: int = INCIDENT_WINDOW
    failure_status_counts: bool = False
    bots: tuple[str, ...] = ()
    rework_labels: tuple[str, ...] = ()
    rework_branches: tuple[str, ...] = ()
    rework_titles: tuple[str, ...] = ()
    rework_means_failure: bool = False
    direct_commits: str = LIST
    individuals: str = NAMES
    author_pages: bool = False
    own_production: tuple[str, ...] = ()
    version: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.timezone)

    @classmethod
    def from_item(cls, item: Item | None) -> "OrganisationSettings":
        if item is None:
            return cls()
        return cls(
            timezone=item.get("timezone", "UTC"),
            production=tuple(item.get("production", ("production",))),
            incident_window=item.get("incident_window", INCIDENT_WINDOW),
            failure_status_counts=item.get("failure_status_counts", False),
            bots=tuple(item.get("bots", ())),
            rework_labels=tuple(item.get("rework_labels", ())),
            rework_branches=tuple(item.get("rework_branches", ())),
            rework_titles=tuple(item.get("rework_titles", ())),
            rework_means_failure=item.get("rework_means_failure", False),
            direct_commits=item.get("direct_commits", LIST),
            individuals=item.get("individuals", NAMES),
            author_pages=item.get("author_pages", False),
            own_production=tuple(item.get("own_production", ())),
            version=item.get("v", 0),
            extra={name: value for name, value in item.items() if name not in _OWN},
        )

    def to_item(self) -> Item:
        """The item of the next version."""
        return {
            **self.extra,
            "pk": SETTINGS_KEY[0],
            "sk": SETTINGS_KEY[1],
            "timezone": self.timezone,
            "production": list(self.production),
            "incident_window": self.incident_window,
            "failure_status_counts": self.failure_status_counts,
            "bots": list(self.bots),
            "rework_labels": list(self.rework_labels),
            "rework_branches": list(self.rework_branches),
            "rework_titles": list(self.rework_titles),
            "rework_means_failure": self.rework_means_failure,
            "direct_commits": self.direct_commits,
            "individuals": self.individuals,
            "author_pages": self.author_pages,
            "own_production": list(self.own_production),
            "v": self.version + 1,
        }


_OWN = {"pk", "sk", "v"} | {field.name for field in fields(OrganisationSettings)}


def roster_from_item(item: Mapping[str, Any] | None) -> Roster:
    teams = (item or {}).get("teams", {})
    return Roster({name: tuple(_membership(member) for member in team["members"]) for name, team in teams.items()})


def _membership(data: Mapping[str, Any]) -> Membership:
    """{"author": "dev-1", "from": "2026-01-01", "to": "2026-07-01"}, the dates optional"""
    start, end = data.get("from"), data.get("to")
    return Membership(
        data["author"], date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None
    )

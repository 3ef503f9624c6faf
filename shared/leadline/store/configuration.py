"""Configuration in the table.

config | settings     the organisation's settings
config | roster       all teams with their members: one item, because every deployment needs it
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from leadline.domain.outcomes import INCIDENT_WINDOW
from leadline.domain.roster import Membership, Roster
from leadline.domain.windows import Calendar
from leadline.store.table import Item, Key

SETTINGS_KEY: Key = ("config", "settings")
ROSTER_KEY: Key = ("config", "roster")


_OWN = frozenset({"pk", "sk", "timezone", "production", "incident_window", "v"})


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation's settings. `production`: the environments that count as production; durations in milliseconds."""

    timezone: str = "UTC"
    production: tuple[str, ...] = ("production",)
    incident_window: int = INCIDENT_WINDOW
    version: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.timezone)

    @classmethod
    def from_item(cls, item: Item | None) -> "Organisation":
        if item is None:
            return cls()
        return cls(
            timezone=item.get("timezone", "UTC"),
            production=tuple(item.get("production", ("production",))),
            incident_window=item.get("incident_window", INCIDENT_WINDOW),
            version=item.get("v", 0),
            extra={
                k: v for k, v in item.items() if k not in {"pk", "sk", "timezone", "production", "incident_window", "v"}
            },
        )


def roster_from_item(item: Mapping[str, Any] | None) -> Roster:
    teams = (item or {}).get("teams", {})
    return Roster({name: tuple(_membership(member) for member in team["members"]) for name, team in teams.items()})


def _membership(data: Mapping[str, Any]) -> Membership:
    """{"author": "dev-1", "from": "2026-01-01", "to": "2026-07-01"}, the dates optional"""
    start, end = data.get("from"), data.get("to")
    return Membership(
        data["author"], date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None
    )

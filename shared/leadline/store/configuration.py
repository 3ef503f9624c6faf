"""Configuration in the table.

config | settings     the organisation's settings
config | roster       all teams with their members, in one item since every deployment needs all of them
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from leadline.contract.settings_schema import SettingValues, settings_in, stored_settings
from leadline.domain.roster import Membership, Roster
from leadline.domain.windows import Calendar
from leadline.store.table import Item, Key

SETTINGS_KEY: Key = ("config", "settings")
ROSTER_KEY: Key = ("config", "roster")


@dataclass(frozen=True, slots=True)
class OrganisationSettings(SettingValues):
    """The organisation's settings as stored.

    `own_production`: services with production environments of their own, kept here so that reports need not read every service.
    `extra`: other attributes of the item.
    """

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
            **settings_in(item),
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
            **stored_settings(self),
            "own_production": list(self.own_production),
            "v": self.version + 1,
        }


_OWN = {"pk", "sk", "v"} | {field.name for field in fields(OrganisationSettings)}


def roster_from_item(item: Mapping[str, Any] | None) -> Roster:
    teams = (item or {}).get("teams", {})
    return Roster({name: tuple(_membership(member) for member in team["members"]) for name, team in teams.items()})


def _membership(data: Mapping[str, Any]) -> Membership:
    """From {"author": "dev-1", "from": "2026-01-01", "to": "2026-07-01"}; the dates are optional."""
    start, end = data.get("from"), data.get("to")
    return Membership(
        data["author"], date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None
    )

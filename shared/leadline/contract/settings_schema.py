"""Every setting of the organisation, declared once: type, default, description, and what a change of it recounts.

Each field of `SettingValues` is one setting. GET, PUT and PATCH /v1/settings, their JSON schemas, the table of
docs/api/configuration.md and the item in the table follow from it. A new setting is one field here, the code that reads it, and
what the docs say beyond its description.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from leadline.contract.fields import Json, Type, value_type
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import read_flag, whole_number
from leadline.contract.objects import list_of
from leadline.contract.patterns import MOST_PATTERNS, pattern, patterns_of
from leadline.contract.text import name_of, one_of
from leadline.contract.text_schema import text_schema
from leadline.domain.outcomes import INCIDENT_WINDOW

LIST, COUNT = "list", "count"
NAMES, PSEUDONYMS, OFF = "names", "pseudonyms", "off"

HOUR = 3600 * 1000
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)


class Recounts(Enum):
    """What is counted again, so that all numbers are as if the setting had always had its new value."""

    DEPLOYMENTS = "deployments"
    POINTS = "points"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Setting:
    """`name`: in the API. `attribute`: in `SettingValues` and in the table. `description`: Markdown, one sentence or more.

    `default` and `scale` concern the stored value, which is `scale` times the one in the API.
    """

    name: str
    attribute: str
    type: Type
    default: Any
    description: str
    recounts: Collection[Recounts]
    scale: int

    def read(self, sent: object) -> Any:
        """The value to keep for what was sent. Raises InvalidValue."""
        value = self.type.read(sent, 0)
        return value if self.scale == 1 else value * self.scale

    def shown(self, value: Any) -> Any:
        """A kept value as the API shows it."""
        return to_json(value) if self.scale == 1 else value // self.scale

    @property
    def schema(self) -> Json:
        return {**self.type.schema, "description": self.description}


def to_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _setting(
    default: Any, kind: Type, description: str, *recounts: Recounts, name: str | None = None, scale: int = 1
) -> Any:
    return field(
        default=default,
        metadata={"name": name, "type": kind, "description": description, "recounts": recounts, "scale": scale},
    )


def _read_timezone(value: object) -> str:
    if not isinstance(value, str) or not _ZONE.fullmatch(value):
        raise InvalidValue("time_zone", "must be the IANA name of a time zone such as Europe/Berlin")
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # an unknown name may be a folder or another file of the database
        raise InvalidValue("time_zone", "unknown time zone") from None
    return value


def _choice(*choices: str) -> Type:
    return value_type(one_of(*choices), {"type": "string", "enum": list(choices)})


def _whole(least: int, most: int) -> Type:
    return value_type(whole_number(least, most), {"type": "integer", "minimum": least, "maximum": most})


def _patterns(most: int) -> Type:
    schema = {"type": "array", "items": pattern(most, "*"), "maxItems": MOST_PATTERNS}
    return value_type(patterns_of(most, "*"), schema)


_FLAG = value_type(read_flag, {"type": "boolean"})
_TIME_ZONE = value_type(
    _read_timezone, {"type": "string", "pattern": f"^{_ZONE.pattern}$", "examples": ["UTC", "Europe/Berlin"]}
)
_ENVIRONMENTS = value_type(
    list_of(name_of(100), 20, least=1),
    {"type": "array", "items": text_schema(100), "minItems": 1, "maxItems": 20},
)


@dataclass(frozen=True, slots=True)
class SettingValues:
    """The settings of an organisation: each field is one, in the order of the API and the docs."""

    timezone: str = _setting(
        "UTC",
        _TIME_ZONE,
        "IANA name of the time zone that determines when a day begins.",
        Recounts.DEPLOYMENTS,
        Recounts.POINTS,
    )
    production: tuple[str, ...] = _setting(
        ("production",), _ENVIRONMENTS, "Environments that count as production when a request names none; up to 20."
    )
    incident_window: int = _setting(
        INCIDENT_WINDOW,
        _whole(1, 90 * 24),
        "An incident that names no deployment is attributed to a deployment at most this many hours before it; up to 2160.",
        Recounts.DEPLOYMENTS,
        name="incident_window_hours",
        scale=HOUR,
    )
    failure_status_counts: bool = _setting(
        False,
        _FLAG,
        "Whether runs with status `failure`, which never went live, count in both numbers of the change fail rate.",
        Recounts.DEPLOYMENTS,
    )
    bots: tuple[str, ...] = _setting(
        (),
        _patterns(200),
        "Patterns of authors whose changes are not counted. Deployments that carry such changes still are.",
        Recounts.DEPLOYMENTS,
    )
    rework_labels: tuple[str, ...] = _setting(
        (),
        _patterns(100),
        "Patterns of labels, such as `hotfix`. A deployment is rework if it carries a change with a matching label.",
        Recounts.DEPLOYMENTS,
    )
    rework_branches: tuple[str, ...] = _setting(
        (),
        _patterns(255),
        "Patterns of source branches, such as `hotfix/*`. A deployment is rework if it carries a change from such a branch.",
        Recounts.DEPLOYMENTS,
    )
    rework_titles: tuple[str, ...] = _setting(
        (),
        _patterns(200),
        "Patterns of titles, such as `Revert *`. A deployment is rework if it carries a change with such a title.",
        Recounts.DEPLOYMENTS,
    )
    rework_means_failure: bool = _setting(
        False,
        _FLAG,
        "Whether a deployment that matches these patterns also marks the previous deployment of its service and "
        "environment as failed, and counts as its remedy.",
        Recounts.DEPLOYMENTS,
    )
    direct_commits: str = _setting(
        LIST,
        _choice(LIST, COUNT),
        "`list`: a commit without a change is only listed. `count`: it counts as a change of its own.",
        Recounts.DEPLOYMENTS,
    )
    individuals: str = _setting(
        NAMES,
        _choice(NAMES, PSEUDONYMS, OFF),
        "`names`: people are shown by name. `pseudonyms`: they are stored and shown under pseudonyms. `off`: nothing is shown per "
        "person. Needs the scope `admin`.",
        Recounts.PEOPLE,
    )
    author_pages: bool = _setting(
        False, _FLAG, "Whether `GET /v1/people/{author}` reports on authors. Needs the scope `admin`."
    )


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(
        known.metadata["name"] or known.name,
        known.name,
        known.metadata["type"],
        known.default,
        known.metadata["description"],
        known.metadata["recounts"],
        known.metadata["scale"],
    )
    for known in fields(SettingValues)
)


def shown_settings(values: SettingValues) -> dict[str, Any]:
    """The settings as the API answers them."""
    return {setting.name: setting.shown(getattr(values, setting.attribute)) for setting in SETTINGS}


def stored_settings(values: SettingValues) -> dict[str, Any]:
    """The settings as attributes of an item."""
    return {setting.attribute: to_json(getattr(values, setting.attribute)) for setting in SETTINGS}


def settings_in(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values in an item, by attribute. What the item lacks keeps its default."""
    stored = ((setting.attribute, item[setting.attribute]) for setting in SETTINGS if setting.attribute in item)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored}


def recounted(old: SettingValues, new: SettingValues) -> set[Recounts]:
    """What has to be counted again after this change."""
    changed = (setting for setting in SETTINGS if getattr(old, setting.attribute) != getattr(new, setting.attribute))
    return {what for setting in changed for what in setting.recounts}

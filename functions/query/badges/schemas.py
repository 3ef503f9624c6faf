"""What /v1/badges answers and takes, as types."""

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.domain.levels import EDITIONS
from query.badges.text import HEADLINES
from query.reports.period import MAX_DAYS
from query.reports.statistics import SINGLE, N
from query.web.schemas import Json, Name, Repository, Schema, array, text, whole

MAX_FILTERS = 20
MAX_LABEL = 60
MAX_ENVIRONMENT = 100


class BadgeSummary(TypedDict):
    """A badge, without the secret of its link.

    It shows one statistic of one metric (see GET /v1/metrics/dora/rows) of the last `days` days, today included. `levels`: the
    edition of DORA's levels by which it is coloured.
    """

    badge_id: str
    label: str
    metric: str
    statistic: str
    days: int
    service: list[str]
    repository: list[str]
    environment: list[str]
    team: str | None
    levels: str | None
    created_at: str
    created_by: str | None


class BadgePage(TypedDict):
    """The newest first."""

    items: list[BadgeSummary]
    next_cursor: str | None


class BadgeCreated(TypedDict):
    """A new badge. `link` is the path that shows it, without a key: it is stored nowhere and shown only here."""

    link: str
    badge: BadgeSummary


_Filter = Annotated[list[Name], Schema(array(MAX_FILTERS))]


class BadgeFields(TypedDict):
    """A badge to be made. `statistic`: the metric's usual one where it is not given; `days`: 30; `label`: the metric's name."""

    metric: Annotated[str, Schema({"enum": list(N)})]
    statistic: NotRequired[Annotated[str, Schema({"enum": list(dict.fromkeys(name for _, name in SINGLE))})] | None]
    label: NotRequired[Annotated[str, Schema(text(MAX_LABEL))] | None]
    days: NotRequired[Annotated[int, Schema(whole(1, MAX_DAYS))] | None]
    service: NotRequired[_Filter | None]
    repository: NotRequired[Annotated[list[Repository], Schema(array(MAX_FILTERS))] | None]
    environment: NotRequired[
        Annotated[list[Annotated[str, Schema(text(MAX_ENVIRONMENT))]], Schema(array(MAX_FILTERS))] | None
    ]
    team: NotRequired[Name | None]
    levels: NotRequired[Annotated[str, Schema({"enum": sorted(EDITIONS)})] | None]


def _of(metric: str) -> Json:
    """Which statistics a metric has, and whether it has levels."""
    statistics = [name for other, name in SINGLE if other == metric]
    told: Json = {"metric": {"const": metric}, "statistic": {"enum": [*statistics, None]}}
    without: Json = {"properties": {**told, "levels": {"type": "null"}}}
    if metric not in HEADLINES:
        return without
    return {"anyOf": [without, {"properties": {**told, "statistic": {"enum": [HEADLINES[metric], None]}}}]}


BadgeRequest = Annotated[BadgeFields, Schema({"anyOf": [_of(metric) for metric in N]})]
"""As it is sent: a statistic is one of its metric's, and levels are of headlines."""


class ShieldsBadge(TypedDict):
    """A badge as shields.io's endpoint badge takes it; nothing more, since it refuses what it does not know."""

    schemaVersion: Literal[1]
    label: str
    message: str
    color: str
    cacheSeconds: int

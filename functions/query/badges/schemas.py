"""Bodies of `/v1/badges`."""

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.domain.levels import EDITIONS
from query.badges.text import HEADLINES
from query.http.schemas import Json, Name, Repository, Schema, array, text, whole
from query.reports.period import MAX_DAYS
from query.reports.statistics import SINGLE, N

MAX_FILTERS = 20
MAX_LABEL = 60
MAX_ENVIRONMENT = 100


class BadgeSummary(TypedDict):
    """A badge, without its secret link.

    It shows one statistic of one metric (see `GET /v1/metrics/dora/rows`) over the last `days` days, including today.
    `levels`: the edition of DORA's levels that sets its colour.
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
    """A page of badges, newest first."""

    items: list[BadgeSummary]
    next_cursor: str | None


class BadgeCreated(TypedDict):
    """A new badge. `link` is the path that shows it without a key. It is not stored and never returned again."""

    link: str
    badge: BadgeSummary


_Filter = Annotated[list[Name], Schema(array(MAX_FILTERS))]


class BadgeRequest(TypedDict):
    """The badge to create. Defaults: the metric's first statistic, 30 `days`, and the metric's name as `label`."""

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
    """The schema of one metric: its statistics, and whether it has levels."""
    statistics = [name for other, name in SINGLE if other == metric]
    choice: Json = {"metric": {"const": metric}, "statistic": {"enum": [*statistics, None]}}
    without: Json = {"properties": {**choice, "levels": {"type": "null"}}}
    if metric not in HEADLINES:
        return without
    return {"anyOf": [without, {"properties": {**choice, "statistic": {"enum": [HEADLINES[metric], None]}}}]}


BadgeBody = Annotated[BadgeRequest, Schema({"anyOf": [_of(metric) for metric in N]})]
"""The request body: a statistic belongs to its metric, and only headline statistics have levels."""


class ShieldsBadge(TypedDict):
    """A badge in the format of shields.io's endpoint badge, which allows no other fields."""

    schemaVersion: Literal[1]
    label: str
    message: str
    color: str
    cacheSeconds: int

"""Bodies of `/v1/dashboards`."""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from query.http.parameters import MAX_REPEATS
from query.http.schemas import METRIC_PATTERN, Name, Repository, Schema, array, text
from query.reports.statistics import CUSTOM, DORA_METRICS
from query.schemas import ReportWindow

MAX_PANELS = 24
MAX_DESCRIPTION = 2_000
ID_PATTERN = "^[a-z0-9][a-z0-9_-]{0,63}$"

Unit = Literal["day", "week", "month"]
Interval = Literal["day", "week", "month"]
Grouping = Literal["service", "repository", "team", "author"]
Visual = Literal["number", "line", "bar", "table"]

Id = Annotated[str, Schema({"type": "string", "pattern": ID_PATTERN})]
_Description = Annotated[str, Schema(text(MAX_DESCRIPTION))]
_Last = Annotated[int, Schema({"minimum": 1, "maximum": 400})]


class DashboardWindow(TypedDict):
    """The last days, ISO weeks or calendar months, including the current one; `complete` excludes it."""

    last: int
    unit: Unit
    complete: bool


class PanelFilters(TypedDict):
    """Filters, as in the query of a report. At most one of `team` and `author`."""

    service: NotRequired[list[str]]
    repository: NotRequired[list[str]]
    environment: NotRequired[list[str]]
    team: NotRequired[str]
    author: NotRequired[str]


class Panel(TypedDict):
    """A panel: one or several related statistics, and how to draw them."""

    id: str
    title: str
    metric: str
    statistic: str
    visual: Visual
    interval: Interval | None
    group_by: Grouping | None
    filters: PanelFilters


class DashboardDefinition(TypedDict):
    """A dashboard's definition.

    `filters` apply to all its panels. `limited_keys`: whether keys limited to some services may read it; they see
    numbers of those services only.
    """

    name: str
    description: str | None
    window: DashboardWindow
    filters: PanelFilters
    limited_keys: bool
    panels: list[Panel]


class Dashboard(DashboardDefinition):
    """A dashboard's definition and id."""

    id: str


class DashboardWindowRequest(TypedDict):
    """A window: up to 400 days, 57 weeks or 13 months. `complete` is false by default."""

    last: _Last
    unit: Unit
    complete: NotRequired[bool | None]


class PanelFiltersRequest(TypedDict):
    """Filters, as in the query of a report. Omit a filter, or send null, to include everything."""

    service: NotRequired[Annotated[list[Name], Schema(array(MAX_REPEATS))] | None]
    repository: NotRequired[Annotated[list[Repository], Schema(array(MAX_REPEATS))] | None]
    environment: NotRequired[Annotated[list[Annotated[str, Schema(text(100))]], Schema(array(MAX_REPEATS))] | None]
    team: NotRequired[Name | None]
    author: NotRequired[Name | None]


class PanelRequest(TypedDict):
    """A panel. `statistic` defaults to the metric's first."""

    id: Id
    title: Name
    metric: Annotated[
        str, Schema({"anyOf": [{"enum": list(DORA_METRICS)}, {"pattern": f"^{CUSTOM}{METRIC_PATTERN}$"}]})
    ]
    statistic: NotRequired[Name | None]
    visual: Visual
    interval: NotRequired[Interval | None]
    group_by: NotRequired[Grouping | None]
    filters: NotRequired[PanelFiltersRequest | None]


class DashboardRequest(TypedDict):
    """A dashboard's complete definition. Defaults: the last 30 days, no filters."""

    name: Name
    description: NotRequired[_Description | None]
    window: NotRequired[DashboardWindowRequest | None]
    filters: NotRequired[PanelFiltersRequest | None]
    limited_keys: NotRequired[bool | None]
    panels: Annotated[list[PanelRequest], Schema(array(MAX_PANELS, 1))]


class DashboardReplaceRequest(DashboardRequest):
    """A dashboard's complete definition. `id` must equal the path's."""

    id: NotRequired[Id | None]


class DashboardUpdateRequest(TypedDict):
    """The fields to change. Each sent field replaces the stored one entirely; null resets it. `id` must equal the path's."""

    id: NotRequired[Id | None]
    name: NotRequired[Name]
    description: NotRequired[_Description | None]
    window: NotRequired[DashboardWindowRequest | None]
    filters: NotRequired[PanelFiltersRequest | None]
    limited_keys: NotRequired[bool | None]
    panels: NotRequired[Annotated[list[PanelRequest], Schema(array(MAX_PANELS, 1))]]


class DashboardSummary(TypedDict):
    """A dashboard in a list. `panels` is the number of panels."""

    id: str
    name: str
    description: str | None
    limited_keys: bool
    panels: int


class DashboardPage(TypedDict):
    """A page of dashboards, ordered by id."""

    items: list[DashboardSummary]
    next_cursor: str | None


class PanelValue(TypedDict):
    """One number of a panel in the window and in the previous one; null if it cannot be computed.

    `unit`: s (seconds), ratio (0 to 1), deployments/day, or the counted things, such as deployments; null for a custom
    metric without a unit.
    """

    name: str
    unit: str | None
    value: float | None
    previous: float | None


PanelPoint = TypedDict("PanelPoint", {"from": str, "to": str, "values": list[float | None]})
PanelPoint.__doc__ = "The numbers of one interval, in the order of the panel's values."


class PanelGroup(TypedDict):
    """One group of a panel. `key` is null for services without a repository. `series` is present with `interval`."""

    key: str | None
    values: list[float | None]
    series: NotRequired[list[PanelPoint]]


class PanelProblem(TypedDict):
    """Why a panel has no numbers: the error that its report would return, or too many numbers for one panel (422, code
    `too_wide`).
    """

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[dict[str, Any]]]


class PanelData(TypedDict):
    """A panel with its numbers.

    `values` of series and groups are in the order of the panel's own `values`. `filters` combine those of panel,
    dashboard and request; null if they contradict each other. `series` is present with `interval`, `groups` with
    `group_by`. With an `error` there are no numbers.
    """

    id: str
    title: str
    metric: str
    statistic: str
    visual: Visual
    interval: Interval | None
    group_by: Grouping | None
    filters: dict[str, Any] | None
    values: list[PanelValue]
    series: NotRequired[list[PanelPoint]]
    groups: NotRequired[list[PanelGroup]]
    error: PanelProblem | None


class DashboardData(TypedDict):
    """The data of all panels of a dashboard, in order, for a `window` and the `previous` one."""

    id: str
    name: str
    window: ReportWindow
    previous: ReportWindow
    panels: list[PanelData]

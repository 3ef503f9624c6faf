"""What /v1/dashboards answers and takes, as types (see `query.schemas`)."""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from query.reports.statistics import CUSTOM, DORA_METRICS
from query.schemas import ReportWindow
from query.web.parameters import MAX_REPEATS
from query.web.schemas import METRIC_PATTERN, Name, Repository, Schema, array, text

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
    """The last so many days, ISO weeks or calendar months. The current one is the last of them and ends with today, or, where
    they are to be `complete`, comes after them."""

    last: int
    unit: Unit
    complete: bool


class PanelFilters(TypedDict):
    """As the query parameters of a report; of `team` and `author` one at most."""

    service: NotRequired[list[str]]
    repository: NotRequired[list[str]]
    environment: NotRequired[list[str]]
    team: NotRequired[str]
    author: NotRequired[str]


class Panel(TypedDict):
    """One number, or several that belong together, and how they are to be drawn."""

    id: str
    title: str
    metric: str
    statistic: str
    visual: Visual
    interval: Interval | None
    group_by: Grouping | None
    filters: PanelFilters


class DashboardDefinition(TypedDict):
    """What a dashboard says. `filters` hold for all its panels. `limited_keys`: keys that are limited to some services may read
    it; its numbers are then of those services alone."""

    name: str
    description: str | None
    window: DashboardWindow
    filters: PanelFilters
    limited_keys: bool
    panels: list[Panel]


class Dashboard(DashboardDefinition):
    """A dashboard."""

    id: str


class DashboardWindowRequest(TypedDict):
    """400 days, 57 weeks or 13 months at most; `complete` is false where it is left out."""

    last: _Last
    unit: Unit
    complete: NotRequired[bool | None]


class PanelFiltersRequest(TypedDict):
    """Any of the filters; what is left out or null leaves all there are."""

    service: NotRequired[Annotated[list[Name], Schema(array(MAX_REPEATS))] | None]
    repository: NotRequired[Annotated[list[Repository], Schema(array(MAX_REPEATS))] | None]
    environment: NotRequired[Annotated[list[Annotated[str, Schema(text(100))]], Schema(array(MAX_REPEATS))] | None]
    team: NotRequired[Name | None]
    author: NotRequired[Name | None]


class PanelRequest(TypedDict):
    """Without `statistic` it shows the metric's first."""

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
    """A dashboard to be made, or that takes the place of one. What may be left out gets its default: 30 days, no filters."""

    name: Name
    description: NotRequired[_Description | None]
    window: NotRequired[DashboardWindowRequest | None]
    filters: NotRequired[PanelFiltersRequest | None]
    limited_keys: NotRequired[bool | None]
    panels: Annotated[list[PanelRequest], Schema(array(MAX_PANELS, 1))]


class DashboardReplaceRequest(DashboardRequest):
    """A dashboard as it is to be. `id`: that of the path, as GET shows it."""

    id: NotRequired[Id | None]


class DashboardUpdateRequest(TypedDict):
    """What is to change, each as a whole; null sets the default. `id`: that of the path, as GET shows it."""

    id: NotRequired[Id | None]
    name: NotRequired[Name]
    description: NotRequired[_Description | None]
    window: NotRequired[DashboardWindowRequest | None]
    filters: NotRequired[PanelFiltersRequest | None]
    limited_keys: NotRequired[bool | None]
    panels: NotRequired[Annotated[list[PanelRequest], Schema(array(MAX_PANELS, 1))]]


class DashboardSummary(TypedDict):
    """A dashboard in the list; `panels`: how many it has."""

    id: str
    name: str
    description: str | None
    limited_keys: bool
    panels: int


class DashboardPage(TypedDict):
    """In order of id."""

    items: list[DashboardSummary]
    next_cursor: str | None


class PanelValue(TypedDict):
    """One number of a panel, in the window and in the one before. `unit`: s (seconds), ratio (0 to 1), deployments/day, or what is
    counted; null where a custom metric has none. A number that can't be computed is null."""

    name: str
    unit: str | None
    value: float | None
    previous: float | None


PanelPoint = TypedDict("PanelPoint", {"from": str, "to": str, "values": list[float | None]})


class PanelGroup(TypedDict):
    """One group; `key` is null for services that are tied to no repository. `series` is there with `interval`."""

    key: str | None
    values: list[float | None]
    series: NotRequired[list[PanelPoint]]


class PanelProblem(TypedDict):
    """Why a panel has no numbers: as a request for it alone would be answered, or because they are more than a panel of this
    dashboard has room for (422, code `too_wide`)."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[dict[str, Any]]]


class PanelData(TypedDict):
    """A panel with its numbers. `values` of series and groups are in the order of the panel's. `filters`: those of panel,
    dashboard and request together; null where they contradict each other, so that nothing is left. `series` is there with
    `interval`, `groups` with `group_by`. With an `error` there are no numbers."""

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
    """All panels of a dashboard, in order, for a `window` and the `previous` one."""

    id: str
    name: str
    window: ReportWindow
    previous: ReportWindow
    panels: list[PanelData]

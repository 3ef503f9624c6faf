"""Types of the Product API's bodies. Handlers are type-checked against them, and the OpenAPI document is generated from them.

They are typed dicts, not pydantic models: only `apidoc` needs pydantic, at build time.
"""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.contract.metrics_catalogue import Metrics
from leadline.domain.metrics import Coverage
from query.http.schemas import NEEDS_A_SHA, Date, Name, Repository, Schema, Sha, array, needs_one_of, text

ReportWindow = TypedDict("ReportWindow", {"from": str, "to": str, "days": int, "timezone": str})
ReportWindow.__doc__ = "A window of days; `from` is inclusive, `to` exclusive."


class PreviousReport(TypedDict):
    """The window of the same length just before, for comparison."""

    window: ReportWindow
    metrics: Metrics


DoraSeriesPoint = TypedDict("DoraSeriesPoint", {"from": str, "to": str, "metrics": Metrics})
DoraSeriesPoint.__doc__ = "The metrics of one interval; `from` is inclusive, `to` exclusive."


class DoraGroup(TypedDict):
    """One group of a report. `key` is null for services without a repository."""

    key: str | None
    metrics: Metrics


class LevelCutOff(TypedDict):
    """A performance level. `published`: its range in DORA's words. `low` and `high`: the bounds of the range, in deployments
    per day, seconds or as a ratio; null means open-ended.
    """

    level: str
    published: str
    low: float | None
    high: float | None


class MetricLevels(TypedDict):
    """The levels whose published range contains the value. Ranges have gaps and overlaps, so there may be none or several."""

    levels: list[str]
    value: float | None
    cut_offs: list[LevelCutOff]


class PerformanceLevels(TypedDict):
    """DORA's performance levels, as published in the report of one year."""

    edition: Literal["2019", "2021", "2022", "2023"]
    metrics: dict[str, MetricLevels]


class DoraReport(TypedDict):
    """DORA metrics for a window and for the one before it.

    `filters` repeats the request's filters. `series` is present with `interval`, `groups` with `group_by`; empty groups
    are omitted.
    """

    window: ReportWindow
    filters: dict[str, Any]
    metrics: Metrics
    coverage: Coverage
    previous: PreviousReport
    series: NotRequired[list[DoraSeriesPoint]]
    groups: NotRequired[list[DoraGroup]]
    levels: NotRequired[PerformanceLevels]


class ShippedChange(TypedDict):
    """A change in a deployment. `lead_time` is in seconds."""

    repository: str
    number: int
    author: str | None
    lead_time: int


class DirectCommit(TypedDict):
    """A deployed commit that belongs to no change.

    `lead_time`, in seconds, is set if it counts as a change (setting `direct_commits`).
    """

    sha: str
    author: str | None
    authored_at: str
    lead_time: int | None


class DeploymentMapping(TypedDict):
    """How a deployment was mapped to changes: the `status`, the reason, and the range of commits."""

    status: Literal["mapped", "baseline", "pending", "unmatched"]
    reason: str
    from_id: str | None
    to_id: str | None


class DeploymentRecovery(TypedDict):
    """The time from the failed deployment to its remedy, in seconds; null while `open`."""

    seconds: int | None
    open: bool


class DeploymentCorrection(TypedDict):
    """Manual corrections of a deployment. `failed` overrides the derived value; an `excluded` deployment is not counted."""

    failed: bool | None
    excluded: bool
    remediates: str | None
    note: str | None


class DeploymentUpdateRequest(TypedDict):
    """The corrections to change. Omitted fields stay as they are; null clears a correction.

    `remediates`: the run id or SHA of the failed deployment that this one repaired.
    """

    failed: NotRequired[bool | None]
    excluded: NotRequired[bool]
    remediates: NotRequired[Name | None]
    note: NotRequired[Annotated[str, Schema(text(1000))] | None]


DeploymentUpdateBody = Annotated[DeploymentUpdateRequest, Schema({"minProperties": 1})]


class Deployment(TypedDict):
    """A run that put a commit into an environment.

    `failed`: it failed after it went live. `recovery` is null unless it failed. `finished_at` is null while it runs.
    """

    key: str
    service: str
    environment: str
    repository: str | None
    id: str | None
    deployment_id: str | None
    status: Literal["success", "failure", "cancelled", "in_progress"]
    started_at: str | None
    finished_at: str | None
    version: str | None
    url: str | None
    labels: dict[str, str]
    failed: bool
    rollback: bool
    rework: bool
    recovery: DeploymentRecovery | None
    incidents: list[str]
    changes: list[ShippedChange]
    direct_commits: list[DirectCommit]
    correction: DeploymentCorrection | None
    mapping: DeploymentMapping


class DeploymentPreviewRequest(TypedDict):
    """A planned deployment. Required: `id` unless `baseline`, and `repository` or `service`."""

    id: NotRequired[Sha | None]
    repository: NotRequired[Repository | None]
    service: NotRequired[Name | None]
    environment: NotRequired[Annotated[str, Schema(text(100))] | None]
    previous_id: NotRequired[Sha | None]
    baseline: NotRequired[bool | None]


DeploymentPreviewBody = Annotated[
    DeploymentPreviewRequest, Schema({"allOf": [needs_one_of("repository", "service"), NEEDS_A_SHA]})
]


class DeploymentPreview(TypedDict):
    """What a deployment would ship if it finished now.

    `resolved`: whether its service is `known`, would be `created`, would be `tied` to the repository, or belongs to
    another repository (`mismatch`).
    """

    service: str
    resolved: Literal["known", "created", "tied", "mismatch"]
    repository: str | None
    environment: str
    changes: list[ShippedChange]
    direct_commits: list[DirectCommit]
    mapping: DeploymentMapping
    advice: str


class DeploymentPage(TypedDict):
    """A page of deployments, newest first. A page may be short or empty without being the last."""

    items: list[Deployment]
    next_cursor: str | None


class EventTraceStep(TypedDict):
    """One step of an event's processing. `at` is null for what is derived from the current data."""

    step: Literal["received", "queued", "parked", "service", "sha", "range", "changes", "outcome", "counted"]
    at: str | None
    detail: str


class CountingCell(TypedDict):
    """A cell that counts the deployment: the counters of one day and one combination of environment, service, team and author."""

    environment: str
    service: str | None
    team: str | None
    author: str | None
    day: str


class EventTrace(TypedDict):
    """How an event was processed.

    `reason` explains a missing number, `advice` says what to do. `deployments` are the keys of the deployments that
    count the event, `cells` the first 100 cells that count the deployment. Before the event is processed, only
    `event_id` may be known.
    """

    event_id: str
    kind: str | None
    status: Literal["queued", "counted", "pending", "unmatched", "parked", "superseded", "duplicate"]
    reason: str | None
    advice: str
    received_at: str | None
    service: str | None
    environment: str | None
    repository: str | None
    deployment: str | None
    change: int | None
    incident: str | None
    metric: str | None
    mapping: DeploymentMapping | None
    deployments: list[str]
    cells: list[CountingCell]
    steps: list[EventTraceStep]


class RejectionFault(TypedDict):
    """Why events were rejected: a `pointer` into the body, without the names of unknown fields, and a `code`."""

    pointer: str
    code: str


class AttentionItem(TypedDict):
    """Something that needs attention: a `pending`, `unmatched` or `waiting` deployment, a `parked` event, or `refused`
    events.

    Refused events are grouped: `count` events were rejected for the same reason between `since` and `last_at`, an hour
    at most. `key` is the id of the key that sent them, `faults` has up to 10 faults. For all other items these fields
    are null or empty.
    """

    status: Literal["pending", "unmatched", "waiting", "parked", "refused"]
    reason: str
    advice: str
    since: str
    event_id: str | None
    kind: str
    service: str | None
    environment: str | None
    repository: str | None
    deployment: str | None
    count: int | None
    last_at: str | None
    key: str | None
    faults: list[RejectionFault]


class AttentionPage(TypedDict):
    """A page of items that need attention, newest first. A page may be short or empty without being the last."""

    items: list[AttentionItem]
    next_cursor: str | None


class QueuedEvent(TypedDict):
    """The request is queued. `GET /v1/events/{event_id}` shows its progress."""

    event_id: str
    status: Literal["queued"]


class ServiceSummary(TypedDict):
    """A service: its repository, if known, and the environments that it was deployed to.

    `production`: its production environments, or null for the organisation's. `team`: the owner. `archived`: no longer
    in use.
    """

    service: str
    repository: str | None
    environments: list[str]
    production: list[str] | None
    team: str | None
    archived: bool


class ServicePage(TypedDict):
    """A page of services, ordered by name."""

    items: list[ServiceSummary]
    next_cursor: str | None


TeamMember = TypedDict("TeamMember", {"author": str, "from": str | None, "to": str | None})
TeamMember.__doc__ = "A membership; `from` is inclusive, `to` exclusive, null is open-ended."
TeamMemberRequest = TypedDict(
    "TeamMemberRequest", {"author": Name, "from": NotRequired[Date | None], "to": NotRequired[Date | None]}
)
TeamMemberRequest.__doc__ = "A membership; `from` is inclusive, `to` exclusive, null is open-ended."


class TeamRequest(TypedDict):
    """A team's members. `from` is inclusive, `to` exclusive; either may be omitted. `team` must equal the path's."""

    team: NotRequired[Name | None]
    members: Annotated[list[TeamMemberRequest], Schema(array(1_000))]


class Team(TypedDict):
    """A team with its present and former members."""

    team: str
    members: list[TeamMember]


class TeamPage(TypedDict):
    """A page of teams, ordered by name."""

    items: list[Team]
    next_cursor: str | None


class Health(TypedDict):
    """The API answers. Dependencies are not checked."""

    status: Literal["ok"]
    version: str

"""What the Product API answers, as types: the handlers are checked against them, and the OpenAPI document is made from them.

Typed dicts, not pydantic models: pydantic is needed for the document only, and every cold start would pay for it.
"""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.contract.metrics_catalogue import Metrics
from leadline.domain.metrics import Coverage
from query.web.schemas import NEEDS_A_SHA, Date, Name, Repository, Schema, Sha, array, needs_one_of, text

ReportWindow = TypedDict("ReportWindow", {"from": str, "to": str, "days": int, "timezone": str})


class PreviousReport(TypedDict):
    """The window of the same length just before, for comparison."""

    window: ReportWindow
    metrics: Metrics


DoraSeriesPoint = TypedDict("DoraSeriesPoint", {"from": str, "to": str, "metrics": Metrics})


class DoraGroup(TypedDict):
    """One group; `key` is null for services that are tied to no repository."""

    key: str | None
    metrics: Metrics


class LevelCutOff(TypedDict):
    """A level as the report published it; `low`, `high`: that in deployments a day, seconds, or a share of 1; null: no end."""

    level: str
    published: str
    low: float | None
    high: float | None


class MetricLevels(TypedDict):
    """`levels`: those whose published range holds the value. None where it falls between two, several where they overlap."""

    levels: list[str]
    value: float | None
    cut_offs: list[LevelCutOff]


class PerformanceLevels(TypedDict):
    """DORA's performance levels by one year's report: its own clusters, and no level that it does not have."""

    edition: Literal["2019", "2021", "2022", "2023"]
    metrics: dict[str, MetricLevels]


class DoraReport(TypedDict):
    """DORA's metrics for a window, and for the one before it.

    `filters` repeats what was asked. `series` is there with `interval`, `groups` with `group_by`; groups in which nothing was
    counted are left out.
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
    """A change in a deployment; `lead_time` in seconds."""

    repository: str
    number: int
    author: str | None
    lead_time: int


class DirectCommit(TypedDict):
    """A commit that a deployment carries and that belongs to no change.

    `lead_time` in seconds where it counts as a change of its own (setting `direct_commits`), else null.
    """

    sha: str
    author: str | None
    authored_at: str
    lead_time: int | None


class DeploymentMapping(TypedDict):
    """How a deployment was mapped to changes: `status`, why, and the range of commits it carries."""

    status: Literal["mapped", "baseline", "pending", "unmatched"]
    reason: str
    from_id: str | None
    to_id: str | None


class DeploymentRecovery(TypedDict):
    """`seconds` from the failed deployment finished to its remedy finished; null while it is open."""

    seconds: int | None
    open: bool


class DeploymentCorrection(TypedDict):
    """What a person said of a deployment. `failed` overrules what was derived; `excluded`: it counts nowhere."""

    failed: bool | None
    excluded: bool
    remediates: str | None
    note: str | None


class DeploymentUpdateFields(TypedDict):
    """What to correct; what is left out stays, null takes it back. `remediates`: the run id or SHA of what it repaired."""

    failed: NotRequired[bool | None]
    excluded: NotRequired[bool]
    remediates: NotRequired[Name | None]
    note: NotRequired[Annotated[str, Schema(text(1000))] | None]


DeploymentUpdateRequest = Annotated[DeploymentUpdateFields, Schema({"minProperties": 1})]


class Deployment(TypedDict):
    """A run that put a SHA into an environment.

    `failed`: after it reached its environment. `recovery` is null unless it failed. `finished_at` is null while it runs.
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


class DeploymentPreviewFields(TypedDict):
    """A deployment that may be made, with the fields of one that was. `id` is needed unless `baseline`; so is one of
    `repository` and `service`."""

    id: NotRequired[Sha | None]
    repository: NotRequired[Repository | None]
    service: NotRequired[Name | None]
    environment: NotRequired[Annotated[str, Schema(text(100))] | None]
    previous_id: NotRequired[Sha | None]
    baseline: NotRequired[bool | None]


DeploymentPreviewRequest = Annotated[
    DeploymentPreviewFields, Schema({"allOf": [needs_one_of("repository", "service"), NEEDS_A_SHA]})
]


class DeploymentPreview(TypedDict):
    """What a deployment would get that finished now. `resolved`: whether its service is known, would be created for it or tied to
    its repository by it, or is another repository's."""

    service: str
    resolved: Literal["known", "created", "tied", "mismatch"]
    repository: str | None
    environment: str
    changes: list[ShippedChange]
    direct_commits: list[DirectCommit]
    mapping: DeploymentMapping
    advice: str


class DeploymentPage(TypedDict):
    """The newest first. `next_cursor` is null on the last page; a page may be short, even empty, and not be the last."""

    items: list[Deployment]
    next_cursor: str | None


class EventTraceStep(TypedDict):
    """One thing that happened to an event. `at` is null for what is derived: that is as it stands now."""

    step: Literal["received", "queued", "parked", "service", "sha", "range", "changes", "outcome", "counted"]
    at: str | None
    detail: str


class CountingCell(TypedDict):
    """A cell that counts the deployment."""

    environment: str
    service: str | None
    team: str | None
    author: str | None
    day: str


class EventTrace(TypedDict):
    """What became of an event.

    `reason` says why a number is missing or what it stands on, `advice` what to do. `deployments` are the keys of those that
    count it, `cells` the first 100 of those that count a deployment. Until it is applied, only `event_id` may be known.
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
    """What was wrong: `pointer` into a body that was sent, without names of fields that are unknown, and the fault's `code`."""

    pointer: str
    code: str


class AttentionItem(TypedDict):
    """Something that needs attention: a deployment that is `pending`, `unmatched` or `waiting`, a `parked` event, or events that
    were `refused`.

    Of refused events: how many (`count`) were refused alike from `since` to `last_at`, an hour at most, the id of the `key` they
    came with, and up to 10 `faults`. Null and empty for all else.
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
    """The newest first. A page may be short, even empty, and not be the last."""

    items: list[AttentionItem]
    next_cursor: str | None


class QueuedEvent(TypedDict):
    """It is on the queue; GET /v1/events/{event_id} tells what becomes of it."""

    event_id: str
    status: Literal["queued"]


class ServiceSummary(TypedDict):
    """What gets deployed: the repository it is tied to, if any yet, and the environments it was deployed to.

    `production`: which of them count as production, null where those are the organisation's. `team`: who owns it; `archived`: it is
    done with.
    """

    service: str
    repository: str | None
    environments: list[str]
    production: list[str] | None
    team: str | None
    archived: bool


class ServicePage(TypedDict):
    """In order of name."""

    items: list[ServiceSummary]
    next_cursor: str | None


TeamMember = TypedDict("TeamMember", {"author": str, "from": str | None, "to": str | None})
TeamMemberRequest = TypedDict(
    "TeamMemberRequest", {"author": Name, "from": NotRequired[Date | None], "to": NotRequired[Date | None]}
)


class TeamRequest(TypedDict):
    """Who is in a team, from a day (inclusive) to a day (exclusive); either may be left open. `team`: that of the path, as GET
    shows it."""

    team: NotRequired[Name | None]
    members: Annotated[list[TeamMemberRequest], Schema(array(1_000))]


class Team(TypedDict):
    """A team and everyone who is or was in it."""

    team: str
    members: list[TeamMember]


class TeamPage(TypedDict):
    """In order of name."""

    items: list[Team]
    next_cursor: str | None


class Health(TypedDict):
    """Liveness only; dependencies are not checked."""

    status: Literal["ok"]
    version: str

"""What the Product API answers, as types: the handlers are checked against them, and the OpenAPI document is made from them.

Typed dicts, not pydantic models: pydantic is needed for the document only, and every cold start would pay for it.
"""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from leadline.domain.metrics import Coverage, Metrics

WindowAnswer = TypedDict("WindowAnswer", {"from": str, "to": str, "days": int, "timezone": str})


class PreviousWindow(TypedDict):
    """The window of the same length just before, for comparison."""

    window: WindowAnswer
    metrics: Metrics


SeriesEntry = TypedDict("SeriesEntry", {"from": str, "to": str, "metrics": Metrics})


class Group(TypedDict):
    """One group; `key` is null for services that are tied to no repository."""

    key: str | None
    metrics: Metrics


class DoraReport(TypedDict):
    """DORA's metrics for a window, and for the one before it.

    `filters` repeats what was asked. `series` is there with `interval`, `groups` with `group_by`; groups in which nothing was
    counted are left out.
    """

    window: WindowAnswer
    filters: dict[str, Any]
    metrics: Metrics
    coverage: Coverage
    previous: PreviousWindow
    series: NotRequired[list[SeriesEntry]]
    groups: NotRequired[list[Group]]


class ChangeShipped(TypedDict):
    """A change in a deployment; `lead_time` in seconds."""

    repository: str
    number: int
    author: str | None
    lead_time: int


class DirectCommit(TypedDict):
    """A commit that a deployment carries and that belongs to no change."""

    sha: str
    author: str | None
    authored_at: str


class Mapping(TypedDict):
    """How a deployment was mapped to changes: `status`, why, and the range of commits it carries."""

    status: Literal["mapped", "baseline", "pending", "unmatched"]
    reason: str
    from_id: str | None
    to_id: str | None


class Recovery(TypedDict):
    """`seconds` from the failed deployment finished to its remedy finished; null while it is open."""

    seconds: int | None
    open: bool


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
    recovery: Recovery | None
    incidents: list[str]
    changes: list[ChangeShipped]
    direct_commits: list[DirectCommit]
    mapping: Mapping


class DeploymentPage(TypedDict):
    """The newest first. `next_cursor` is null on the last page; a page may be short, even empty, and not be the last."""

    items: list[Deployment]
    next_cursor: str | None


class ServiceEntry(TypedDict):
    """What gets deployed: the repository it is tied to, if any yet, and the environments it was deployed to."""

    service: str
    repository: str | None
    environments: list[str]


class ServicePage(TypedDict):
    """In order of name."""

    items: list[ServiceEntry]
    next_cursor: str | None


Member = TypedDict("Member", {"author": str, "from": str | None, "to": str | None})
MemberSent = TypedDict("MemberSent", {"author": str, "from": NotRequired[str | None], "to": NotRequired[str | None]})


class TeamSent(TypedDict):
    """Who is in a team, from a day (inclusive) to a day (exclusive); either may be left open."""

    members: list[MemberSent]


class Team(TypedDict):
    """A team and everyone who is or was in it."""

    team: str
    members: list[Member]


class TeamPage(TypedDict):
    """In order of name."""

    items: list[Team]
    next_cursor: str | None


class Health(TypedDict):
    """The function answers. Nothing it stands on is tried."""

    status: Literal["ok"]

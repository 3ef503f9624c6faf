"""The four kinds of event, as the contract writes them. What a field may hold is said by its type in `fields`.

Names not listed here are refused. `null` means "not sent". `across` is what no field can see alone; it looks at what
was sent, good or bad, so that all faults of an event are told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.fields import (
    Author,
    Branch,
    CommitTime,
    Environment,
    EventTime,
    Flag,
    FullSha,
    Id,
    LabelList,
    Labels,
    Name,
    Number,
    Parents,
    Paths,
    Reference,
    Repository,
    Sha,
    Shas,
    Status,
    Title,
    Url,
)
from ingest.refusal import Refused
from ingest.times import parse_time

Complaint = tuple[str, Refused]
"""A field's name and why it, seen with the others, is refused."""


class Fields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_sent(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {name: value for name, value in sent.items() if value is not None or name not in cls.model_fields}


class Event(Fields):
    kind: ClassVar[str]
    prefix: ClassVar[str]

    @classmethod
    def across(cls, sent: Mapping[str, Any]) -> Iterator[Complaint]:  # noqa: ARG003  for kinds to say more
        """What is wrong with the fields of `sent` (nulls left out) taken together."""
        yield from ()

    @classmethod
    def read(cls, sent: object, now: int) -> Self:
        """The event, normalised. `now` in epoch ms. Raises pydantic's ValidationError."""
        return cls.model_validate(sent, context={"now": now})

    def data(self) -> dict[str, Any]:
        """The event as it goes on the queue: what was not sent is absent."""
        return self.model_dump(exclude_none=True)


class Deployment(Event):
    kind = "deployment"
    prefix = "dep"

    id: Sha | None = None
    repository: Repository | None = None
    service: Name | None = None
    environment: Environment = "production"
    status: Status = "success"
    started_at: EventTime | None = None
    finished_at: EventTime | None = None
    deployment_id: Id | None = None
    previous_id: Sha | None = None
    baseline: Flag = False
    remediates: Reference | None = None
    version: Name | None = None
    url: Url | None = None
    labels: Labels | None = None

    @classmethod
    def across(cls, sent: Mapping[str, Any]) -> Iterator[Complaint]:
        if "id" not in sent and sent.get("baseline") is not True:
            yield "id", Refused("missing", "is required: the SHA that was deployed (only a baseline may go without)")
        yield from _repository_or_service(sent)
        yield from _in_order(sent, "started_at", "finished_at")


class Change(Event):
    kind = "change"
    prefix = "chg"

    repository: Repository
    number: Number
    author: Author | None = None
    base_branch: Name | None = None
    merge_sha: Sha | None = None
    head_sha: Sha | None = None
    commit_shas: Shas | None = None
    first_commit_at: CommitTime | None = None
    opened_at: EventTime | None = None
    first_review_at: EventTime | None = None
    approved_at: EventTime | None = None
    merged_at: EventTime | None = None
    paths: Paths | None = None
    labels: LabelList | None = None
    head_branch: Branch | None = None
    title: Title | None = None
    url: Url | None = None

    @classmethod
    def across(cls, sent: Mapping[str, Any]) -> Iterator[Complaint]:
        if "merged_at" in sent and "merge_sha" not in sent:
            yield "merge_sha", Refused("missing", "is required once a change is merged (merged_at was sent)")


class Incident(Event):
    kind = "incident"
    prefix = "inc"

    id: Id
    service: Name | None = None
    repository: Repository | None = None
    environment: Environment | None = None
    started_at: EventTime
    resolved_at: EventTime | None = None
    deployment: Reference | None = None
    severity: Name | None = None
    url: Url | None = None

    @classmethod
    def across(cls, sent: Mapping[str, Any]) -> Iterator[Complaint]:
        yield from _repository_or_service(sent)
        yield from _in_order(sent, "started_at", "resolved_at")


class Commit(Fields):
    sha: FullSha
    parents: Parents
    committed_at: CommitTime
    authored_at: CommitTime | None = None
    author: Author | None = None
    cherry_picked_from: Sha | None = None


class Commits(Event):
    """A stretch of a repository's commit graph: what makes ranges exact."""

    kind = "commits"
    prefix = "cmt"

    repository: Repository
    branch: Name | None = None
    commits: Annotated[list[Commit], Field(min_length=1, max_length=500)]


def _repository_or_service(sent: Mapping[str, Any]) -> Iterator[Complaint]:
    if "repository" not in sent and "service" not in sent:
        yield "repository", Refused("missing", "is required, unless service names a service that is known")


def _in_order(sent: Mapping[str, Any], first: str, second: str) -> Iterator[Complaint]:
    try:
        earlier, later = parse_time(sent.get(first)), parse_time(sent.get(second))
    except Refused:
        return  # a field's own fault, told by the field; or not sent
    if later < earlier:
        yield second, Refused("order", f"is before {first}")

"""The events of the Events API, each declared once: its fields, their bounds and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadline.contract import types as t
from leadline.contract.fields import EventType, Field, Json, list_type, object_schema, object_type
from leadline.contract.invalid_value import Fault, InvalidValue, step
from leadline.contract.times import read_time

MAX_COMMITS = 500


def needs_one_of(*names: str) -> Json:
    """JSON schema: one of these members must be present and not null."""
    return {"anyOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names]}


def _missing(name: str, detail: str) -> list[Fault]:
    return InvalidValue("missing", detail).at(step(name))


def _repository_or_service(sent: Mapping[str, Any]) -> Iterator[Fault]:
    if "repository" not in sent and "service" not in sent:
        yield from _missing("repository", "is required, unless service names a known service")


def _in_order(sent: Mapping[str, Any], first: str, second: str) -> Iterator[Fault]:
    try:
        earlier, later = read_time(sent.get(first)), read_time(sent.get(second))
    except InvalidValue:
        return  # not sent, or reported as a fault of the field itself
    if later < earlier:
        yield from InvalidValue("order", f"is before {first}").at(step(second))


def _deployment_errors(sent: Mapping[str, Any]) -> Iterator[Fault]:
    if "id" not in sent and sent.get("baseline") is not True:
        yield from _missing("id", "is required: the SHA that was deployed (only a baseline may omit it)")
    yield from _repository_or_service(sent)
    yield from _in_order(sent, "started_at", "finished_at")


def _change_errors(sent: Mapping[str, Any]) -> Iterator[Fault]:
    if "merged_at" in sent and "merge_sha" not in sent:
        yield from _missing("merge_sha", "is required once a change is merged (merged_at was sent)")


def _incident_errors(sent: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _repository_or_service(sent)
    yield from _in_order(sent, "started_at", "resolved_at")


def _point_errors(sent: Mapping[str, Any]) -> Iterator[Fault]:
    if "id" not in sent and "time" not in sent:
        detail = "is required without id: otherwise a point that is sent again would count twice"
        yield from _missing("time", detail)


DEPLOYMENT = EventType(
    kind="deployment",
    prefix="dep",
    path="/v1/events/deployments",
    schema_name="DeploymentEvent",
    description="A deployment: one run that put a commit into an environment.",
    fields=(
        Field(
            "id",
            t.SHA,
            "SHA of the deployed commit, 7 to 64 hexadecimal digits.",
            default_text="required unless `baseline`",
        ),
        Field("repository", t.REPOSITORY, "The repository's path.", default_text="required unless `service` is known"),
        Field("service", t.NAME, "The service. Default: the service of the repository."),
        Field("environment", t.ENVIRONMENT, "Up to 100 bytes.", default="production"),
        Field(
            "status",
            t.STATUS,
            "`success`, `failure`, `cancelled` or `in_progress`, or the equivalent status of a common CI system.",
            default="success",
        ),
        Field("started_at", t.EVENT_TIME, "When the run started.", default_text="time of receipt"),
        Field(
            "finished_at",
            t.EVENT_TIME,
            "When the run finished; not before `started_at`.",
            default_text="time of receipt",
        ),
        Field("deployment_id", t.ID, "Your id of this run. Events with the same id update the same deployment."),
        Field(
            "previous_id",
            t.SHA,
            "The SHA that this deployment replaced. It makes the range of commits exact, even for a first deployment.",
        ),
        Field(
            "baseline",
            t.FLAG,
            "`true`: tracking of the service starts here, and the deployment carries no changes.",
            default=False,
        ),
        Field("remediates", t.ID, "`deployment_id` or SHA of the failed deployment that this one repairs."),
        Field("version", t.NAME, "The deployed version, for example a release tag."),
        Field("url", t.URL, "A page about the run: http or https, without credentials or e-mail addresses."),
        Field(
            "labels",
            t.LABELS,
            "Up to 20 string pairs: names up to 100 bytes, values up to 500. Of e-mail addresses, only the part "
            "before the @ is kept.",
        ),
    ),
    cross_field_errors=_deployment_errors,
    cross_field_schema={
        "allOf": [
            needs_one_of("repository", "service"),
            {
                "anyOf": [
                    *needs_one_of("id")["anyOf"],
                    {"required": ["baseline"], "properties": {"baseline": {"const": True}}},
                ]
            },
        ]
    },
    idempotency_field="deployment_id",
)

CHANGE = EventType(
    kind="change",
    prefix="chg",
    path="/v1/events/changes",
    schema_name="ChangeEvent",
    description="A change: a pull or merge request. Send it again to add fields that were not known before.",
    fields=(
        Field("repository", t.REPOSITORY, "The repository's path.", required=True),
        Field(
            "number",
            t.NUMBER,
            "The number of the pull or merge request, from 1. A string of digits is accepted.",
            required=True,
        ),
        Field("author", t.AUTHOR, "The author. Of an e-mail address, only the part before the @ is kept."),
        Field("base_branch", t.NAME, "The branch it is merged into.", default_text="`main`"),
        Field("merge_sha", t.SHA, "The commit that merged it.", default_text="required once `merged_at` is sent"),
        Field("head_sha", t.SHA, "The latest commit of its branch."),
        Field("commit_shas", t.SHAS, "The commits of its branch, up to 2,500."),
        Field("first_commit_at", t.COMMIT_TIME, "When its first commit was authored."),
        Field("opened_at", t.EVENT_TIME, "When it was opened."),
        Field("first_review_at", t.EVENT_TIME, "When it got its first review."),
        Field("approved_at", t.EVENT_TIME, "When it was approved."),
        Field("merged_at", t.EVENT_TIME, "When it was merged."),
        Field("paths", t.PATHS, "Paths of the changed files: up to 3,000, each up to 1,000 bytes."),
        Field("labels", t.LABEL_LIST, "Labels, up to 100."),
        Field(
            "head_branch",
            t.BRANCH,
            "The source branch. Only used to match [`rework_branches`](api/configuration.md), and never returned.",
        ),
        Field(
            "title",
            t.TITLE,
            "The title. Only used to match [`rework_titles`](api/configuration.md), and never returned.",
        ),
        Field("url", t.URL, "The URL of its page: http or https, without credentials or e-mail addresses."),
    ),
    cross_field_errors=_change_errors,
    cross_field_schema={
        "anyOf": [{"properties": {"merged_at": {"type": "null"}}}, *needs_one_of("merge_sha")["anyOf"]]
    },
)

INCIDENT = EventType(
    kind="incident",
    prefix="inc",
    path="/v1/events/incidents",
    schema_name="IncidentEvent",
    description="An incident. Send it again with `resolved_at` to close it.",
    fields=(
        Field("id", t.ID, "Your id of the incident.", required=True),
        Field("service", t.NAME, "The affected service.", default_text="this or `repository` is required"),
        Field("repository", t.REPOSITORY, "The repository of the affected service."),
        Field("environment", t.ENVIRONMENT, "The affected environment. Default: production."),
        Field("started_at", t.EVENT_TIME, "When it started.", required=True),
        Field("resolved_at", t.EVENT_TIME, "When it ended; not before `started_at`."),
        Field("deployment", t.ID, "`deployment_id` or SHA of the deployment that caused it."),
        Field("severity", t.NAME, "The severity, as free text."),
        Field("url", t.URL, "The URL of its page: http or https, without credentials or e-mail addresses."),
    ),
    cross_field_errors=_incident_errors,
    cross_field_schema=needs_one_of("repository", "service"),
)

COMMIT_FIELDS = (
    Field("sha", t.FULL_SHA, "The full SHA, 40 or 64 hexadecimal digits.", required=True),
    Field(
        "parents", t.PARENTS, "Full SHAs of all its parents, in git's order; empty for a root commit.", required=True
    ),
    Field("committed_at", t.COMMIT_TIME, "The committer's time.", required=True),
    Field("authored_at", t.COMMIT_TIME, "The author's time."),
    Field("author", t.AUTHOR, "Who wrote it."),
    Field("cherry_picked_from", t.SHA, "The SHA that `git cherry-pick -x` recorded."),
)
COMMIT_SCHEMA = object_schema(COMMIT_FIELDS, "A commit and its parents, in git's order.")


def commits_event(commit_fields: tuple[Field, ...]) -> EventType:
    """Commits, each with these fields."""
    commit = object_type(commit_fields, {"$ref": "#/components/schemas/Commit"})
    return EventType(
        kind="commits",
        prefix="cmt",
        path="/v1/events/commits",
        schema_name="CommitsEvent",
        description="Commits with their parents. From this commit graph, Leadline determines exactly which changes "
        "a deployment ships.",
        fields=(
            Field("repository", t.REPOSITORY, "The repository's path.", required=True),
            Field("branch", t.NAME, "The branch that contains them, if any."),
            Field(
                "commits",
                list_type(commit, MAX_COMMITS, least=1, each_once=False),
                f"1 to {MAX_COMMITS} commits.",
                required=True,
            ),
        ),
    )


COMMITS = commits_event(COMMIT_FIELDS)

POINT = EventType(
    kind="point",
    prefix="pnt",
    path="/v1/events/metrics",
    schema_name="PointEvent",
    description="A point: one value of a custom metric. `time` is required unless `id` or `Idempotency-Key` is sent.",
    fields=(
        Field(
            "name",
            t.METRIC_NAME,
            "The metric's name: 1 to 100 characters from `a-z`, `0-9`, `.`, `_` and `-`, starting with a letter.",
            required=True,
        ),
        Field(
            "value",
            t.METRIC_VALUE,
            "A number from -10^12 to 10^12, with at most 6 decimals; with decimals, at most 15 digits in all. Sums are exact.",
            required=True,
        ),
        Field(
            "time",
            t.EVENT_TIME,
            "When it was measured.",
            default_text="time of receipt; required without `id` and `Idempotency-Key`",
        ),
        Field("service", t.NAME, "The service it belongs to."),
        Field(
            "repository",
            t.REPOSITORY,
            "Used only without `service`: the point belongs to the service of this repository.",
        ),
        Field("environment", t.ENVIRONMENT, "Where it was measured.", default="production"),
        Field("team", t.NAME, "The team. Default: the author's teams on that day."),
        Field("author", t.AUTHOR, "The person whom the value is about."),
        Field("labels", t.LABELS, "Labels, with the same limits as the labels of a deployment."),
        Field(
            "id",
            t.ID,
            "Your id of this point. Points with the same `id`, `name`, `environment` and `service` (or `repository`) are the "
            "same point; the first one received counts.",
        ),
    ),
    cross_field_errors=_point_errors,
    cross_field_schema=needs_one_of("id", "time"),
    idempotency_field="id",
)

EVENT_TYPES = (DEPLOYMENT, CHANGE, INCIDENT, COMMITS, POINT)

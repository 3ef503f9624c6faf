"""GitHub, github.com and Enterprise Server: pull requests, reviews, pushes, deployments, releases, workflows, issues.

Source: docs.github.com/webhooks/webhook-events-and-payloads. Signed by X-Hub-Signature-256 over the raw body, which is
JSON or, as GitHub's form suggests, a form with JSON in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from ingest.messages import ReportedEvent
from ingest.payload import at, flag, instant, integer, need_integer, need_text, objects, text
from ingest.webhooks.code_host import (
    CLOSED_UNMERGED,
    NO_COMMIT,
    PUSHED_COMMITS,
    UNFOLLOWED_BRANCH,
    branch_of,
    full_sha,
    is_mapped,
    pushed_commit,
    repository_at,
    tag_deployment,
    tag_of,
    target_of,
    touched_paths,
    unconfigured_tag,
    unused_action,
    unused_event,
)
from ingest.webhooks.delivery import Delivery, Source, Translation, read_json
from ingest.webhooks.signatures import verify_hub_signature
from leadline.contract.events import CHANGE, DEPLOYMENT, INCIDENT
from leadline.contract.titles import title_of
from leadline.store.sources import Sources, choose

MAX_LISTED = 2_048
"""GitHub lists no more commits than this in one push."""

_OPENING = ("opened", "reopened", "ready_for_review")
_RUNNING = ("in_progress", "queued", "pending", "waiting")
_DID_NOT_RUN = ("skipped", "neutral", "action_required", "stale")
_MERGE = re.compile(r"Merge pull request #(\d{1,16}) from ")
_SQUASH = re.compile(r".*\(#(\d{1,16})\)$")


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    verify_hub_signature(delivery, secrets, "x-hub-signature-256")


def read(delivery: Delivery) -> Any:
    """The JSON of the body, or of the form field `payload`. Raises ValueError where there is none."""
    if not delivery.header("content-type").lower().startswith("application/x-www-form-urlencoded"):
        return read_json(delivery)
    form = parse_qs(delivery.body.decode("ascii"), strict_parsing=True, max_num_fields=10, errors="strict")
    if "payload" not in form:
        raise ValueError("the form has no payload")
    return json.loads(form["payload"][0])


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:
    event = delivery.header("x-github-event")
    reader = _READERS.get(event)
    return reader(payload, sources) if reader else Translation(ignored=unused_event(event))


def repository_of(payload: Any) -> str:
    path = need_text(payload, "repository", "full_name")
    return repository_at(text(payload, "repository", "html_url"), path, "github.com")


def _read_pull_request(payload: Any, _: Sources) -> Translation:
    """A merged pull request, whatever just happened to it, or one that was just opened.

    An open one yields only what can't change any more: its head, base and labels are those it is merged with. One closed
    without a merge is not a change, although GitHub sends the `merge_commit_sha` of a test merge with it.
    """
    pull = at(payload, "pull_request")
    opened = {
        "repository": repository_of(payload),
        "number": need_integer(pull, "number"),
        "author": text(pull, "user", "login"),
        "opened_at": text(pull, "created_at"),
        "url": text(pull, "html_url"),
    }
    action, updated_at = text(payload, "action"), instant(pull, "updated_at")
    if not flag(pull, "merged"):
        if action in _OPENING:
            return Translation([ReportedEvent(CHANGE, opened, updated_at)])
        return Translation(ignored=CLOSED_UNMERGED if action == "closed" else unused_action(action))
    merged = {
        **opened,
        "base_branch": need_text(pull, "base", "ref"),
        "head_sha": text(pull, "head", "sha"),
        "merge_sha": need_text(pull, "merge_commit_sha"),
        "merged_at": need_text(pull, "merged_at"),
        "labels": [name for label in objects(pull, "labels") if (name := text(label, "name"))],
        "head_branch": text(pull, "head", "ref"),
        "title": title_of(at(pull, "title")),
    }
    return Translation([ReportedEvent(CHANGE, merged, updated_at)])


def _read_review(payload: Any, _: Sources) -> Translation:
    action, review = text(payload, "action"), at(payload, "review")
    if action != "submitted":
        return Translation(ignored=unused_action(action))
    reviewer = text(review, "user", "login")
    if reviewer is None or reviewer == text(payload, "pull_request", "user", "login"):
        return Translation(ignored="authors do not review their own pull requests")
    if text(review, "user", "type") == "Bot":
        return Translation(ignored="a review by a bot; pickup time ends with the first review by a person")
    submitted = need_text(review, "submitted_at")
    fields = {
        "repository": repository_of(payload),
        "number": need_integer(payload, "pull_request", "number"),
        "first_review_at": submitted,
        "approved_at": submitted if (text(review, "state") or "").lower() == "approved" else None,
    }
    return Translation([ReportedEvent(CHANGE, fields, instant(review, "submitted_at"))])


def _read_deployment_status(payload: Any, sources: Sources) -> Translation:
    status, deployment = at(payload, "deployment_status"), at(payload, "deployment")
    state = (text(status, "state") or "").lower()
    if state == "inactive":
        return Translation(ignored="inactive only means that a later deployment replaced this one")
    environment = text(status, "environment") or need_text(deployment, "environment")
    production = flag(deployment, "production_environment")
    if flag(deployment, "transient_environment") and not production and not is_mapped(sources.github, environment):
        return Translation(ignored="the environment is transient, such as a preview of a pull request")
    workflow = text(payload, "workflow_run", "name")
    target = target_of(sources.github, environment, production=production, workflow=workflow)
    running = state in _RUNNING
    fields = {
        "id": need_text(deployment, "sha"),
        "repository": repository_of(payload),
        "service": target.service,
        "environment": target.environment,
        "status": "in_progress" if running else state,
        "started_at": text(deployment, "created_at"),
        "finished_at": None if running else need_text(status, "created_at"),
        "deployment_id": str(need_integer(deployment, "id")),
        "url": text(status, "target_url") or text(status, "log_url"),
    }
    updated_at = instant(status, "updated_at") or instant(status, "created_at")
    return Translation([ReportedEvent(DEPLOYMENT, fields, updated_at)])


def _read_release(payload: Any, sources: Sources) -> Translation:
    """A published release names its tag, but its commit only if it was made from a SHA; else the tag's push names it."""
    action, release = text(payload, "action"), at(payload, "release")
    if action != "published" or flag(release, "draft"):
        return Translation(ignored=unused_action(action))
    tag, sha = need_text(release, "tag_name"), full_sha(text(release, "target_commitish"))
    if choose(sources.github.tags, tag) is None:
        return Translation(ignored=unconfigured_tag("github"))
    if sha is None:
        return Translation(
            ignored="the release names a branch instead of a commit; the push of its tag names the commit"
        )
    published, url = need_text(release, "published_at"), text(release, "html_url")
    updated_at = instant(release, "updated_at") or instant(release, "published_at")
    deployment = tag_deployment(sources.github, repository_of(payload), tag, sha, published, url, updated_at)
    return Translation([deployment] if deployment else [])


def _read_workflow_run(payload: Any, sources: Sources) -> Translation:
    action, run = text(payload, "action"), at(payload, "workflow_run")
    if action != "completed":
        return Translation(ignored=unused_action(action))
    target = choose(sources.github.workflows, text(run, "name") or "")
    if target is None:
        return Translation(ignored="this workflow is not configured as a deployment (github.workflows)")
    if text(run, "event") in ("pull_request", "pull_request_target"):
        return Translation(ignored="the workflow ran for a pull request")
    conclusion = text(run, "conclusion")
    if conclusion is None or conclusion in _DID_NOT_RUN:
        return Translation(ignored="the workflow did not run to its end")
    fields = {
        "id": need_text(run, "head_sha"),
        "repository": repository_of(payload),
        "service": target.service,
        "environment": target.environment,
        "status": conclusion,
        "started_at": text(run, "run_started_at"),
        "finished_at": need_text(run, "updated_at"),
        "deployment_id": f"run-{need_integer(run, 'id')}-{integer(run, 'run_attempt') or 1}",
        "url": text(run, "html_url"),
    }
    return Translation([ReportedEvent(DEPLOYMENT, fields, instant(run, "updated_at"))])


def _read_issue(payload: Any, sources: Sources) -> Translation:
    issue, label = at(payload, "issue"), sources.github.incident_label
    names = [(text(entry, "name") or "").lower() for entry in objects(issue, "labels")]
    if label is None or label.lower() not in names:
        return Translation(ignored="the issue lacks the label for incidents (github.incident_label)")
    action = text(payload, "action")
    if action in ("deleted", "transferred"):
        return Translation(ignored=unused_action(action))
    repository, path = repository_of(payload), need_text(payload, "repository", "full_name")
    number = need_integer(issue, "number")
    service = sources.mapped("github", path)
    fields = {
        "id": f"{path}#{number}",
        "service": service,
        "repository": repository if service is None else None,
        "started_at": need_text(issue, "created_at"),
        "resolved_at": text(issue, "closed_at") if text(issue, "state") == "closed" else None,
        "severity": next((name for name in names if name.startswith(("sev", "severity"))), None),
        "url": text(issue, "html_url"),
    }
    return Translation([ReportedEvent(INCIDENT, fields, instant(issue, "updated_at"))])


def _read_push(payload: Any, sources: Sources) -> Translation:
    """The stretch of the commit graph that is certain, and what the push adds to the pull requests merged by it.

    That and when a pull request was merged is in its own event, never taken from a push. The push adds what that event
    lacks: the commits, when the first of them was made, and the files they touch.
    """
    repository, host = repository_of(payload), sources.github
    ref = need_text(payload, "ref")
    if flag(payload, "deleted"):
        return Translation(ignored="a branch or tag was deleted")
    tag = tag_of(ref)
    if tag is not None:
        # `after` of an annotated tag is the tag's own object; head_commit is the commit either way.
        sha, pushed_at = full_sha(text(payload, "head_commit", "id")), _pushed_at(payload)
        deployment = tag_deployment(host, repository, tag, sha, pushed_at, source_time=pushed_at) if sha else None
        return Translation([deployment]) if deployment else Translation(ignored=unconfigured_tag("github"))
    branch = branch_of(ref)
    if branch is None or not host.follows(branch, text(payload, "repository", "default_branch")):
        return Translation(ignored=UNFOLLOWED_BRANCH)
    commits = [commit for commit in objects(payload, "commits") if full_sha(text(commit, "id"))]
    tip, after = at(payload, "head_commit"), full_sha(text(payload, "after"))
    if after is None or full_sha(text(tip, "id")) != after:
        return Translation(ignored=NO_COMMIT)
    parents = _tip_parents(payload, after, commits)
    pushed = pushed_commit(repository, branch, after, parents, tip, _committed_at(payload, tip))
    changes = _added_to_changes(repository, commits)
    at_push = _pushed_at(payload)
    return Translation(
        [
            ReportedEvent(PUSHED_COMMITS, pushed, at_push),
            *(ReportedEvent(CHANGE, fields, at_push) for fields in changes),
        ]
    )


def _tip_parents(payload: Any, after: str, commits: Sequence[dict[str, Any]]) -> list[str] | None:
    """The tip's parents where they are certain (see `code_host`), else None."""
    before = full_sha(text(payload, "before"))
    listed = len(objects(payload, "commits"))
    all_listed = 0 < listed == len(commits) < MAX_LISTED and full_sha(text(commits[-1], "id")) == after
    if before is None or not all_listed or flag(payload, "forced") or flag(payload, "created"):
        return None
    if len(commits) == 1:
        return [before]
    head = full_sha(text(commits[-2], "id"))
    return [before, head] if head and _merged_number(commits) else None


def _added_to_changes(repository: str, commits: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the push adds to the changes whose merge GitHub itself committed."""
    number = _merged_number(commits)
    if number:
        merged = commits[:-1]
        times = [time for commit in merged if (time := instant(commit, "timestamp")) is not None]
        fields = {
            "repository": repository,
            "number": number,
            "commit_shas": [text(commit, "id") for commit in merged],
            "first_commit_at": min(times, default=None),
            "paths": touched_paths(commits),
        }
        return [fields]
    squashes = [(_number(_SQUASH, commit), touched_paths([commit])) for commit in commits if _is_by_github(commit)]
    return [
        {"repository": repository, "number": number, "paths": paths} for number, paths in squashes if number and paths
    ]


def _merged_number(commits: Sequence[dict[str, Any]]) -> int:
    """The pull request that this push merges with GitHub's merge commit, and nothing else; otherwise 0.

    With a second merge among the commits (a merge queue's group, stacked pull requests) it is uncertain which commits
    belong to which.
    """
    merges = [commit for commit in commits if _number(_MERGE, commit)]
    alone = len(merges) == 1 and merges[0] is commits[-1] and 1 < len(commits) < MAX_LISTED
    return _number(_MERGE, commits[-1]) if alone and _is_by_github(commits[-1]) else 0


def _number(form: re.Pattern[str], commit: dict[str, Any]) -> int:
    """The number in the first line of the commit's message; 0 where it has another form."""
    found = form.match((text(commit, "message") or "").partition("\n")[0].rstrip())
    return int(found[1]) if found else 0


def _is_by_github(commit: dict[str, Any]) -> bool:
    """Whether one of GitHub's buttons made the commit."""
    return text(commit, "committer", "username") == "web-flow"


def _committed_at(payload: Any, tip: Any) -> int | None:
    """When the tip joined the branch, for its place in the order of time.

    GitHub does not say whether a commit's `timestamp` is the author's date or the committer's. An author's date may be
    months before those of its parents (a rebase, a cherry-pick), which would break the order of ancestry; the time of
    the push can't be.
    """
    known = [time for time in (instant(tip, "timestamp"), _pushed_at(payload)) if time is not None]
    return max(known, default=None)


def _pushed_at(payload: Any) -> int | None:
    return instant(payload, "repository", "pushed_at")  # in pushes in seconds, elsewhere RFC 3339


def _read_ping(_payload: Any, _: Sources) -> Translation:
    return Translation(ignored="ping: the webhook works")


_READERS: dict[str, Callable[[Any, Sources], Translation]] = {
    "pull_request": _read_pull_request,
    "pull_request_review": _read_review,
    "push": _read_push,
    "deployment_status": _read_deployment_status,
    "release": _read_release,
    "workflow_run": _read_workflow_run,
    "issues": _read_issue,
    "ping": _read_ping,
}

SOURCE = Source(verify, translate, delivery_header="x-github-delivery", read=read)

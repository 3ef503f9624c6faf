"""GitHub, github.com and Enterprise Server: pull requests, reviews, pushes, deployments, releases, workflows, issues.

Source: docs.github.com/webhooks/webhook-events-and-payloads. Signed by X-Hub-Signature-256 over the raw body, which is
JSON or, as GitHub's form suggests, a form with JSON in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from ingest.webhooks.code_host import full_sha, is_mapped, no_interest, place_of, released, repository_at
from ingest.webhooks.delivery import Delivery, ReportedEvent, Source, Translation, read_json
from ingest.webhooks.github_push import push
from ingest.webhooks.payload import at, flag, need_text, need_whole, objects, shown, text, whole
from ingest.webhooks.signatures import verify_hub_signature
from leadline.contract.events import CHANGE, DEPLOYMENT, INCIDENT
from leadline.contract.titles import title_of
from leadline.store.sources import Sources, choose

_OPENING = ("opened", "reopened", "ready_for_review")
_RUNNING = ("in_progress", "queued", "pending", "waiting")
_NO_RUN = ("skipped", "neutral", "action_required", "stale")


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
    return reader(payload, sources) if reader else Translation(ignored=no_interest(event))


def repository_of(payload: Any) -> str:
    path = need_text(payload, "repository", "full_name")
    return repository_at(text(payload, "repository", "html_url"), path, "github.com")


def _pull_request(payload: Any, _: Sources) -> Translation:
    """A pull request that is merged, whatever has just happened to it, or one that has just been opened.

    Of an open one only what can't change any more is told: its head, base and labels are those it is merged with. One
    that was closed unmerged is no change, though GitHub gives it the `merge_commit_sha` of a test merge.
    """
    pull = at(payload, "pull_request")
    opened = {
        "repository": repository_of(payload),
        "number": need_whole(pull, "number"),
        "author": text(pull, "user", "login"),
        "opened_at": text(pull, "created_at"),
        "url": text(pull, "html_url"),
    }
    action = text(payload, "action")
    if not flag(pull, "merged"):
        if action in _OPENING:
            return Translation([ReportedEvent(CHANGE, opened)])
        closed = action == "closed"
        return Translation(ignored="it was closed without being merged" if closed else _nothing_new(action))
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
    return Translation([ReportedEvent(CHANGE, merged)])


def _review(payload: Any, _: Sources) -> Translation:
    action, review = text(payload, "action"), at(payload, "review")
    if action != "submitted":
        return Translation(ignored=_nothing_new(action))
    reviewer = text(review, "user", "login")
    if reviewer is None or reviewer == text(payload, "pull_request", "user", "login"):
        return Translation(ignored="authors do not review their own pull requests")
    if text(review, "user", "type") == "Bot":
        return Translation(ignored="it is a review by a bot; pickup time ends when a person looks")
    submitted = need_text(review, "submitted_at")
    fields = {
        "repository": repository_of(payload),
        "number": need_whole(payload, "pull_request", "number"),
        "first_review_at": submitted,
        "approved_at": submitted if (text(review, "state") or "").lower() == "approved" else None,
    }
    return Translation([ReportedEvent(CHANGE, fields)])


def _deployment_status(payload: Any, sources: Sources) -> Translation:
    status, deployment = at(payload, "deployment_status"), at(payload, "deployment")
    state = (text(status, "state") or "").lower()
    if state == "inactive":
        return Translation(ignored="it only says that a later deployment took this one's place")
    environment = text(status, "environment") or need_text(deployment, "environment")
    production = flag(deployment, "production_environment")
    if flag(deployment, "transient_environment") and not production and not is_mapped(sources.github, environment):
        return Translation(ignored="the environment is transient, such as a preview of a pull request")
    place = place_of(sources.github, environment, production=production, workflow=text(payload, "workflow_run", "name"))
    running = state in _RUNNING
    fields = {
        "id": need_text(deployment, "sha"),
        "repository": repository_of(payload),
        "service": place.service,
        "environment": place.environment,
        "status": "in_progress" if running else state,
        "started_at": text(deployment, "created_at"),
        "finished_at": None if running else need_text(status, "created_at"),
        "deployment_id": str(need_whole(deployment, "id")),
        "url": text(status, "target_url") or text(status, "log_url"),
    }
    return Translation([ReportedEvent(DEPLOYMENT, fields)])


def _release(payload: Any, sources: Sources) -> Translation:
    """A published release names its tag; the commit only where it was made from a SHA. Else the tag's push tells it."""
    action, release = text(payload, "action"), at(payload, "release")
    if action != "published" or flag(release, "draft"):
        return Translation(ignored=_nothing_new(action))
    tag, sha = need_text(release, "tag_name"), full_sha(text(release, "target_commitish"))
    if choose(sources.github.tags, tag) is None:
        return Translation(ignored="no tag like this is configured as a deployment (github.tags)")
    if sha is None:
        return Translation(ignored="the release names a branch, not a commit; the push of its tag tells the commit")
    published = need_text(release, "published_at")
    told = released(sources.github, repository_of(payload), tag, sha, published, text(release, "html_url"))
    return Translation([told] if told else [])


def _workflow_run(payload: Any, sources: Sources) -> Translation:
    action, run = text(payload, "action"), at(payload, "workflow_run")
    if action != "completed":
        return Translation(ignored=_nothing_new(action))
    target = choose(sources.github.workflows, text(run, "name") or "")
    if target is None:
        return Translation(ignored="this workflow is not configured as a deployment (github.workflows)")
    if text(run, "event") in ("pull_request", "pull_request_target"):
        return Translation(ignored="it ran for a pull request")
    conclusion = text(run, "conclusion")
    if conclusion is None or conclusion in _NO_RUN:
        return Translation(ignored="the workflow did not run to an end")
    fields = {
        "id": need_text(run, "head_sha"),
        "repository": repository_of(payload),
        "service": target.service,
        "environment": target.environment,
        "status": conclusion,
        "started_at": text(run, "run_started_at"),
        "finished_at": need_text(run, "updated_at"),
        "deployment_id": f"run-{need_whole(run, 'id')}-{whole(run, 'run_attempt') or 1}",
        "url": text(run, "html_url"),
    }
    return Translation([ReportedEvent(DEPLOYMENT, fields)])


def _issue(payload: Any, sources: Sources) -> Translation:
    issue, label = at(payload, "issue"), sources.github.incident_label
    names = [(text(entry, "name") or "").lower() for entry in objects(issue, "labels")]
    if label is None or label.lower() not in names:
        return Translation(ignored="the issue does not have the label of incidents")
    action = text(payload, "action")
    if action in ("deleted", "transferred"):
        return Translation(ignored=_nothing_new(action))
    repository, path = repository_of(payload), need_text(payload, "repository", "full_name")
    number = need_whole(issue, "number")
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
    return Translation([ReportedEvent(INCIDENT, fields)])


def _push(payload: Any, sources: Sources) -> Translation:
    return push(payload, repository_of(payload), sources.github)


def _ping(_payload: Any, _: Sources) -> Translation:
    return Translation(ignored="ping: the webhook works")


def _nothing_new(action: str | None) -> str:
    return f"the action '{shown(action)}' tells nothing that is kept"


_READERS: dict[str, Callable[[Any, Sources], Translation]] = {
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "push": _push,
    "deployment_status": _deployment_status,
    "release": _release,
    "workflow_run": _workflow_run,
    "issues": _issue,
    "ping": _ping,
}

SOURCE = Source(verify, translate, delivery_header="x-github-delivery", read=read)

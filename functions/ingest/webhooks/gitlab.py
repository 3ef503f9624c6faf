"""GitLab, gitlab.com and self-managed: merge requests, comments, pushes, tags, releases, deployments, incidents.

Source: docs.gitlab.com/user/project/integrations/webhook_events. Authentic by the signing token (Standard Webhooks) or
by the secret token, which GitLab sends as it is; where a signature comes, it is the signature that counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest.webhooks.code_host import full_sha, is_mapped, no_interest, place_of, released, repository_at, tag_of
from ingest.webhooks.delivery import Delivery, ReportedEvent, Source, Translation
from ingest.webhooks.gitlab_push import push
from ingest.webhooks.gitlab_times import need_time, time_at
from ingest.webhooks.payload import at, flag, need_text, need_whole, objects, shown, text, whole
from ingest.webhooks.signatures import verify_token
from ingest.webhooks.standard_webhooks import verify_standard
from leadline.contract.events import CHANGE, DEPLOYMENT, INCIDENT
from leadline.contract.titles import title_of
from leadline.store.sources import Sources

_COMMIT_PAGE = re.compile(r"/commit/([0-9a-f]{40}(?:[0-9a-f]{24})?)(?:[/?#]|$)")
_BOT = re.compile(r"(?:project|group)_\d+_bot(?:_\w+)?|.*[-_]bot")
_RUNNING = ("created", "running", "blocked")


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    if delivery.header("webhook-signature"):
        verify_standard(delivery, secrets)
    else:
        verify_token(delivery, secrets, "x-gitlab-token")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:
    kind = text(payload, "object_kind")
    if kind == "merge_request":
        return _merge_request(payload, delivery.now)
    reader = _READERS.get(kind or "")
    return reader(payload, sources) if reader else Translation(ignored=no_interest(kind))


def repository_of(payload: Any) -> str:
    path = need_text(payload, "project", "path_with_namespace")
    return repository_at(text(payload, "project", "web_url"), path, "gitlab.com")


def _merge_request(payload: Any, now: int) -> Translation:
    request = at(payload, "object_attributes")
    action, merged = text(request, "action"), text(request, "state") == "merged"
    identity = {"repository": repository_of(payload), "number": need_whole(request, "iid")}
    if action in ("approved", "approval"):
        # GitLab does not say when; a hook comes within seconds, and of several times the first is kept.
        return Translation([ReportedEvent(CHANGE, {**identity, "first_review_at": now, "approved_at": now})])
    opened = {
        **identity,
        "author": _author(payload, whole(request, "author_id")),
        "opened_at": time_at(request, "created_at"),
        "url": text(request, "url"),
    }
    if not merged:
        if action in ("open", "reopen"):
            return Translation([ReportedEvent(CHANGE, opened)])
        return Translation(ignored="it was closed without being merged" if action == "close" else _nothing_new(action))
    merge = _merge_sha(request)
    if merge is None:
        return Translation([ReportedEvent(CHANGE, opened)])
    told = {
        **opened,
        "base_branch": need_text(request, "target_branch"),
        "head_sha": text(request, "last_commit", "id"),
        "merge_sha": merge,
        "merged_at": time_at(request, "merged_at") or need_time(request, "updated_at"),
        "labels": [title for label in objects(request, "labels") if (title := text(label, "title"))],
        "head_branch": text(request, "source_branch"),
        "title": title_of(at(request, "title")),
    }
    return Translation([ReportedEvent(CHANGE, told)])


def _merge_sha(request: Any) -> str | None:
    """The commit that the merge put on the branch: a merge commit, a squash, or by fast-forward the head itself.

    None where the request was squashed and fast-forwarded and GitLab does not name the squash: then the head is on no
    branch, and only the VCS can tell.
    """
    named = full_sha(text(request, "merge_commit_sha")) or full_sha(text(request, "squash_commit_sha"))
    squashed = flag(request, "squash") or text(request, "merge_params", "squash") in ("1", "true")
    return named or (None if squashed else full_sha(text(request, "last_commit", "id")))


def _author(payload: Any, author_id: int | None) -> str | None:
    """The author's user name, where somebody in the payload has the author's number: often only who acts is named."""
    people = [at(payload, "user"), *objects(payload, "assignees"), *objects(payload, "reviewers")]
    named = (text(person, "username") for person in people if whole(person, "id") == author_id)
    return next((name for name in named if name), None) if author_id is not None else None


def _note(payload: Any, _: Sources) -> Translation:
    note, request = at(payload, "object_attributes"), at(payload, "merge_request")
    if text(note, "noteable_type") != "MergeRequest":
        return Translation(ignored="it is a comment on something else than a merge request")
    author = whole(note, "author_id")
    by_bot = _BOT.fullmatch(text(payload, "user", "username") or "") is not None
    if flag(note, "system") or by_bot or author is None or author == whole(request, "author_id"):
        return Translation(ignored="it is a comment by the author or by a machine; pickup time ends when another looks")
    fields = {
        "repository": repository_of(payload),
        "number": need_whole(request, "iid"),
        "first_review_at": need_time(note, "created_at"),
    }
    return Translation([ReportedEvent(CHANGE, fields)])


def _push(payload: Any, sources: Sources) -> Translation:
    path = need_text(payload, "project", "path_with_namespace")
    return push(payload, repository_of(payload), path, sources.gitlab)


def _tag_push(payload: Any, sources: Sources) -> Translation:
    tag, sha = tag_of(need_text(payload, "ref")), full_sha(text(payload, "checkout_sha"))
    if tag is None or sha is None:
        return Translation(ignored="a tag was deleted")
    # GitLab does not say when the tag was pushed: the time of the first receipt stands in.
    return _released(released(sources.gitlab, repository_of(payload), tag, sha, None))


def _release(payload: Any, sources: Sources) -> Translation:
    action = text(payload, "action")
    if action != "create":
        return Translation(ignored=_nothing_new(action))
    tag, sha = need_text(payload, "tag"), need_text(payload, "commit", "id")
    at_time = time_at(payload, "released_at")
    return _released(released(sources.gitlab, repository_of(payload), tag, sha, at_time, text(payload, "url")))


def _released(told: ReportedEvent | None) -> Translation:
    if told is None:
        return Translation(ignored="no tag like this is configured as a deployment (gitlab.tags)")
    return Translation([told])


def _deployment(payload: Any, sources: Sources) -> Translation:
    status, environment = need_text(payload, "status"), need_text(payload, "environment")
    tier = (text(payload, "environment_tier") or "").lower()
    if environment.startswith("review/") and tier != "production" and not is_mapped(sources.gitlab, environment):
        return Translation(ignored="the environment is a review app")
    place = place_of(sources.gitlab, environment, production=tier == "production")
    page = _COMMIT_PAGE.search(text(payload, "commit_url") or "")
    run = whole(payload, "deployment_id") or need_whole(payload, "deployable_id")
    running, changed = status in _RUNNING, time_at(payload, "status_changed_at")
    fields = {
        "id": page[1] if page else need_text(payload, "short_sha"),
        "repository": repository_of(payload),
        "service": place.service,
        "environment": place.environment,
        "status": "in_progress" if running else status,
        "started_at": changed if status == "running" else None,
        "finished_at": None if running else changed,
        "deployment_id": str(run),
        "url": text(payload, "deployable_url"),
    }
    return Translation([ReportedEvent(DEPLOYMENT, fields)])


def _issue(payload: Any, sources: Sources) -> Translation:
    """An issue of the type Incident, or one with the label of incidents."""
    issue, label = at(payload, "object_attributes"), sources.gitlab.incident_label
    titles = [text(entry, "title") for entry in [*objects(issue, "labels"), *objects(payload, "labels")]]
    of_type = "incident" in {(text(issue, name) or "").lower() for name in ("type", "issue_type")}
    labelled = label is not None and label.lower() in {(title or "").lower() for title in titles}
    if not (of_type or labelled):
        return Translation(ignored="it is neither of the type Incident nor has it the label of incidents")
    repository, path = repository_of(payload), need_text(payload, "project", "path_with_namespace")
    service = sources.mapped("gitlab", path)
    closed = text(issue, "state") == "closed"
    severity = text(issue, "severity")
    fields = {
        "id": f"{path}#{need_whole(issue, 'iid')}",
        "service": service,
        "repository": repository if service is None else None,
        "started_at": need_time(issue, "created_at"),
        "resolved_at": (time_at(issue, "closed_at") or time_at(issue, "updated_at")) if closed else None,
        "severity": severity if severity != "unknown" else None,
        "url": text(issue, "url"),
    }
    return Translation([ReportedEvent(INCIDENT, fields)])


def _nothing_new(action: str | None) -> str:
    return f"the action '{shown(action)}' tells nothing that is kept"


_READERS: dict[str, Callable[[Any, Sources], Translation]] = {
    "note": _note,
    "push": _push,
    "tag_push": _tag_push,
    "release": _release,
    "deployment": _deployment,
    "issue": _issue,
    "incident": _issue,
    "work_item": _issue,
}

SOURCE = Source(verify, translate, delivery_header="idempotency-key")

"""GitLab, gitlab.com and self-managed: merge requests, comments, pushes, tags, releases, deployments, incidents.

Source: docs.gitlab.com/user/project/integrations/webhook_events. Verified by the signing token (Standard Webhooks) or by
the secret token, which GitLab sends in a header; where both are sent, the signature decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest.messages import Malformed, ReportedEvent
from ingest.payload import at, flag, instant_of, integer, need_integer, need_text, objects, text
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
from ingest.webhooks.delivery import Delivery, Source, Translation
from ingest.webhooks.signatures import verify_standard, verify_token
from leadline.contract.events import CHANGE, DEPLOYMENT, INCIDENT
from leadline.contract.titles import title_of
from leadline.store.sources import Sources

_COMMIT_PAGE = re.compile(r"/commit/([0-9a-f]{40}(?:[0-9a-f]{24})?)(?:[/?#]|$)")
_BOT = re.compile(r"(?:project|group)_\d+_bot(?:_\w+)?|.*[-_]bot")
_RUNNING = ("created", "running", "blocked")
_MERGE = re.compile(r"^See merge request (\S+)!(\d{1,16})$", re.MULTILINE)
_BEFORE_OFFSET = re.compile(r" (?:UTC|(?=[+-]\d\d:?\d\d))")


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    if delivery.header("webhook-signature"):
        verify_standard(delivery, secrets)
    else:
        verify_token(delivery, secrets, "x-gitlab-token")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:
    kind = text(payload, "object_kind")
    if kind == "merge_request":
        return _read_merge_request(payload, delivery.now)
    reader = _READERS.get(kind or "")
    return reader(payload, sources) if reader else Translation(ignored=unused_event(kind))


def repository_of(payload: Any) -> str:
    path = need_text(payload, "project", "path_with_namespace")
    return repository_at(text(payload, "project", "web_url"), path, "gitlab.com")


def time_at(payload: Any, *path: str) -> int | None:
    """A time in epoch milliseconds, or None.

    GitLab writes `2023-12-05 18:43:00 UTC`, `2021-04-28 21:50:00 +0200`, or RFC 3339.
    """
    value = (text(payload, *path) or "").strip()
    return instant_of(_BEFORE_OFFSET.sub(lambda found: "Z" if found[0] == " UTC" else "", value))


def need_time(payload: Any, *path: str) -> int:
    """Like `time_at`; raises Malformed where there is none."""
    value = time_at(payload, *path)
    if value is None:
        raise Malformed(f"{'.'.join(path)} is missing or not a time")
    return value


def _read_merge_request(payload: Any, now: int) -> Translation:
    request = at(payload, "object_attributes")
    action, merged = text(request, "action"), text(request, "state") == "merged"
    identity = {"repository": repository_of(payload), "number": need_integer(request, "iid")}
    updated_at = time_at(request, "updated_at")
    if action in ("approved", "approval"):
        # GitLab does not say when; a webhook arrives within seconds, and of several times the first is kept.
        approved = {**identity, "first_review_at": now, "approved_at": now}
        return Translation([ReportedEvent(CHANGE, approved, updated_at)])
    opened = {
        **identity,
        "author": _author(payload, integer(request, "author_id")),
        "opened_at": time_at(request, "created_at"),
        "url": text(request, "url"),
    }
    if not merged:
        if action in ("open", "reopen"):
            return Translation([ReportedEvent(CHANGE, opened, updated_at)])
        return Translation(ignored=CLOSED_UNMERGED if action == "close" else unused_action(action))
    merge_sha = _merge_sha(request)
    if merge_sha is None:
        return Translation([ReportedEvent(CHANGE, opened, updated_at)])
    fields = {
        **opened,
        "base_branch": need_text(request, "target_branch"),
        "head_sha": text(request, "last_commit", "id"),
        "merge_sha": merge_sha,
        "merged_at": time_at(request, "merged_at") or need_time(request, "updated_at"),
        "labels": [title for label in objects(request, "labels") if (title := text(label, "title"))],
        "head_branch": text(request, "source_branch"),
        "title": title_of(at(request, "title")),
    }
    return Translation([ReportedEvent(CHANGE, fields, updated_at)])


def _merge_sha(request: Any) -> str | None:
    """The commit that the merge put on the branch: a merge commit, a squash, or by fast-forward the head itself.

    None where the request was squashed and fast-forwarded and GitLab does not name the squash: the head is then on no
    branch, and only the code host's API knows the commit.
    """
    named = full_sha(text(request, "merge_commit_sha")) or full_sha(text(request, "squash_commit_sha"))
    squashed = flag(request, "squash") or text(request, "merge_params", "squash") in ("1", "true")
    return named or (None if squashed else full_sha(text(request, "last_commit", "id")))


def _author(payload: Any, author_id: int | None) -> str | None:
    """The author's user name, if anybody in the payload has the author's number: often it only names who acted."""
    people = [at(payload, "user"), *objects(payload, "assignees"), *objects(payload, "reviewers")]
    named = (text(person, "username") for person in people if integer(person, "id") == author_id)
    return next((name for name in named if name), None) if author_id is not None else None


def _read_note(payload: Any, _: Sources) -> Translation:
    note, request = at(payload, "object_attributes"), at(payload, "merge_request")
    if text(note, "noteable_type") != "MergeRequest":
        return Translation(ignored="the comment is not on a merge request")
    author = integer(note, "author_id")
    by_bot = _BOT.fullmatch(text(payload, "user", "username") or "") is not None
    if flag(note, "system") or by_bot or author is None or author == integer(request, "author_id"):
        return Translation(ignored="a comment by the author or a bot; pickup time ends with the first by somebody else")
    fields = {
        "repository": repository_of(payload),
        "number": need_integer(request, "iid"),
        "first_review_at": need_time(note, "created_at"),
    }
    return Translation([ReportedEvent(CHANGE, fields, time_at(note, "created_at"))])


def _read_push(payload: Any, sources: Sources) -> Translation:
    """The stretch of the commit graph that is certain, and what the push adds to the merge request merged by it.

    GitLab lists the newest twenty commits only, and does not say whether the branch was rewritten. It certainly was not
    on protected branches, which the default branch is unless somebody changed that.
    """
    repository, path = repository_of(payload), need_text(payload, "project", "path_with_namespace")
    branch = branch_of(need_text(payload, "ref"))
    if branch is None or not sources.gitlab.follows(branch, text(payload, "project", "default_branch")):
        return Translation(ignored=UNFOLLOWED_BRANCH)
    after = full_sha(text(payload, "after"))
    commits = [commit for commit in objects(payload, "commits") if full_sha(text(commit, "id"))]
    tip = commits[-1] if commits else None
    if after is None or tip is None or full_sha(text(tip, "id")) != after:
        return Translation(ignored=NO_COMMIT)
    complete = len(commits) == len(objects(payload, "commits")) == integer(payload, "total_commits_count")
    number = _merged_number(commits, path) if complete else 0
    before = full_sha(text(payload, "before")) if complete and flag(payload, "ref_protected") else None
    parents = _tip_parents(before, commits, number) if before else None
    pushed = pushed_commit(repository, branch, after, parents, tip, need_time(tip, "timestamp"))
    events = [ReportedEvent(PUSHED_COMMITS, pushed)]
    if number:
        events.append(ReportedEvent(CHANGE, _added_to_change(repository, number, commits)))
    return Translation(events)


def _tip_parents(before: str, commits: Sequence[dict[str, Any]], merged: int) -> list[str] | None:
    """The tip's parents where they are certain (see `code_host`), else None."""
    if len(commits) == 1:
        return [before]
    return [before, str(commits[-2]["id"]).strip().lower()] if merged else None


def _added_to_change(repository: str, number: int, commits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    merged = commits[:-1]
    times = [time for commit in merged if (time := time_at(commit, "timestamp")) is not None]
    return {
        "repository": repository,
        "number": number,
        "commit_shas": [text(commit, "id") for commit in merged] or None,
        "first_commit_at": min(times, default=None),
        "paths": touched_paths(commits),
    }


def _merged_number(commits: Sequence[dict[str, Any]], path: str) -> int:
    """The merge request of this project that the push merges, and nothing else; otherwise 0."""
    found = [_MERGE.search(text(commit, "message") or "") for commit in commits]
    last = found[-1]
    alone = last is not None and sum(match is not None for match in found) == 1
    return int(last[2]) if last is not None and alone and last[1] == path else 0


def _read_tag_push(payload: Any, sources: Sources) -> Translation:
    tag, sha = tag_of(need_text(payload, "ref")), full_sha(text(payload, "checkout_sha"))
    if tag is None or sha is None:
        return Translation(ignored="a tag was deleted")
    # GitLab does not say when the tag was pushed: the time of the first receipt stands in.
    return _of_tag(tag_deployment(sources.gitlab, repository_of(payload), tag, sha, None))


def _read_release(payload: Any, sources: Sources) -> Translation:
    action = text(payload, "action")
    if action != "create":
        return Translation(ignored=unused_action(action))
    tag, sha = need_text(payload, "tag"), need_text(payload, "commit", "id")
    released_at, url = time_at(payload, "released_at"), text(payload, "url")
    created_at = time_at(payload, "created_at") or released_at
    return _of_tag(tag_deployment(sources.gitlab, repository_of(payload), tag, sha, released_at, url, created_at))


def _of_tag(deployment: ReportedEvent | None) -> Translation:
    return Translation([deployment]) if deployment else Translation(ignored=unconfigured_tag("gitlab"))


def _read_deployment(payload: Any, sources: Sources) -> Translation:
    status, environment = need_text(payload, "status"), need_text(payload, "environment")
    tier = (text(payload, "environment_tier") or "").lower()
    if environment.startswith("review/") and tier != "production" and not is_mapped(sources.gitlab, environment):
        return Translation(ignored="the environment is a review app")
    target = target_of(sources.gitlab, environment, production=tier == "production")
    page = _COMMIT_PAGE.search(text(payload, "commit_url") or "")
    run = integer(payload, "deployment_id") or need_integer(payload, "deployable_id")
    running, changed = status in _RUNNING, time_at(payload, "status_changed_at")
    fields = {
        "id": page[1] if page else need_text(payload, "short_sha"),
        "repository": repository_of(payload),
        "service": target.service,
        "environment": target.environment,
        "status": "in_progress" if running else status,
        "started_at": changed if status == "running" else None,
        "finished_at": None if running else changed,
        "deployment_id": str(run),
        "url": text(payload, "deployable_url"),
    }
    return Translation([ReportedEvent(DEPLOYMENT, fields, changed)])


def _read_issue(payload: Any, sources: Sources) -> Translation:
    """An issue of the type Incident, or one with the label for incidents."""
    issue, label = at(payload, "object_attributes"), sources.gitlab.incident_label
    titles = [text(entry, "title") for entry in [*objects(issue, "labels"), *objects(payload, "labels")]]
    of_type = "incident" in {(text(issue, name) or "").lower() for name in ("type", "issue_type")}
    labelled = label is not None and label.lower() in {(title or "").lower() for title in titles}
    if not (of_type or labelled):
        return Translation(ignored="the issue has neither the type Incident nor the label for incidents")
    repository, path = repository_of(payload), need_text(payload, "project", "path_with_namespace")
    service = sources.mapped("gitlab", path)
    closed, updated_at = text(issue, "state") == "closed", time_at(issue, "updated_at")
    severity = text(issue, "severity")
    fields = {
        "id": f"{path}#{need_integer(issue, 'iid')}",
        "service": service,
        "repository": repository if service is None else None,
        "started_at": need_time(issue, "created_at"),
        "resolved_at": (time_at(issue, "closed_at") or updated_at) if closed else None,
        "severity": severity if severity != "unknown" else None,
        "url": text(issue, "url"),
    }
    return Translation([ReportedEvent(INCIDENT, fields, updated_at)])


_READERS: dict[str, Callable[[Any, Sources], Translation]] = {
    "note": _read_note,
    "push": _read_push,
    "tag_push": _read_tag_push,
    "release": _read_release,
    "deployment": _read_deployment,
    "issue": _read_issue,
    "incident": _read_issue,
    "work_item": _read_issue,
}

SOURCE = Source(verify, translate, delivery_header="idempotency-key")

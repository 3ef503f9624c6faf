"""Bitbucket Cloud: pull requests, approvals, comments, pushes.

Source: support.atlassian.com/bitbucket-cloud/docs/event-payloads. Signed by X-Hub-Signature over the raw body.

Pull request events abbreviate every SHA to twelve digits, too few for the ledger. So they supply the people and times of
a change, and the push that brings the merge, with full SHAs and parents, supplies the merge: it is a commit with
Bitbucket's own message, `Merged in topic (pull request #7)`, to which the branch itself moved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest.messages import ReportedEvent
from ingest.payload import at, entries, flag, instant, need_integer, need_text, objects, text
from ingest.webhooks.code_host import (
    NO_COMMIT,
    PUSHED_COMMITS,
    full_sha,
    picked_from,
    repository_at,
    tag_deployment,
    unconfigured_tag,
    unused_event,
)
from ingest.webhooks.delivery import Delivery, Source, Translation
from ingest.webhooks.signatures import verify_hub_signature
from leadline.contract.events import CHANGE
from leadline.contract.titles import title_of
from leadline.store.sources import CodeHost, Sources

_MERGE = re.compile(r"Merged in .+ \(pull request #(\d{1,16})\)$")


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    verify_hub_signature(delivery, secrets, "x-hub-signature")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:
    event = delivery.header("x-event-key")
    if event == "repo:push":
        return _read_push(payload, repository_of(payload), sources.bitbucket)
    reader = _READERS.get(event)
    return reader(payload) if reader else Translation(ignored=unused_event(event))


def repository_of(payload: Any) -> str:
    path = need_text(payload, "repository", "full_name")
    return repository_at(text(payload, "repository", "links", "html", "href"), path, "bitbucket.org")


def _read_opened(payload: Any) -> Translation:
    return _change(payload, _basic_fields(payload))


def _read_fulfilled(payload: Any) -> Translation:
    """A merge. It usually names only an abbreviation of its commit: then the push supplies it."""
    request = at(payload, "pullrequest")
    approvals = [
        time
        for person in objects(request, "participants")
        if flag(person, "approved") and (time := instant(person, "participated_on")) is not None
    ]
    fields = {
        **_basic_fields(payload),
        "base_branch": need_text(request, "destination", "branch", "name"),
        "approved_at": min(approvals, default=None),
        "head_branch": text(request, "source", "branch", "name"),
        "title": title_of(at(request, "title")),
    }
    merge_sha = full_sha(text(request, "merge_commit", "hash"))
    if merge_sha is not None:
        fields |= {"merge_sha": merge_sha, "merged_at": need_text(request, "updated_on")}
    return _change(payload, fields)


def _read_approved(payload: Any) -> Translation:
    approved = need_text(payload, "approval", "date")
    return _review(payload, at(payload, "approval", "user"), approved, {"approved_at": approved})


def _read_changes_requested(payload: Any) -> Translation:
    request = at(payload, "changes_request")
    return _review(payload, at(request, "user"), need_text(request, "date"), {})


def _read_comment(payload: Any) -> Translation:
    comment = at(payload, "comment")
    return _review(payload, at(comment, "user") or at(payload, "actor"), need_text(comment, "created_on"), {})


def _read_rejected(_: Any) -> Translation:
    return Translation(ignored="the pull request was declined, not merged")


def _review(payload: Any, reviewer: Any, time: str, more: dict[str, Any]) -> Translation:
    author = at(payload, "pullrequest", "author")
    same = any(text(reviewer, name) == text(author, name) is not None for name in ("account_id", "uuid"))
    if same or text(reviewer, "type") != "user":
        return Translation(ignored="by the author or an app; pickup time ends with the first review by somebody else")
    identity = {"repository": repository_of(payload), "number": need_integer(payload, "pullrequest", "id")}
    return _change(payload, {**identity, "first_review_at": time, **more})


def _change(payload: Any, fields: dict[str, Any]) -> Translation:
    return Translation([ReportedEvent(CHANGE, fields, instant(payload, "pullrequest", "updated_on"))])


def _basic_fields(payload: Any) -> dict[str, Any]:
    request = at(payload, "pullrequest")
    return {
        "repository": repository_of(payload),
        "number": need_integer(request, "id"),
        "author": text(request, "author", "nickname"),
        "opened_at": text(request, "created_on"),
        "url": text(request, "links", "html", "href"),
    }


def _read_push(payload: Any, repository: str, host: CodeHost) -> Translation:
    """Commits with their parents, the newest five of each branch, the merges among them, and tags."""
    events: list[ReportedEvent] = []
    reasons: list[str] = []
    for change in objects(payload, "push", "changes"):
        name, kind = text(change, "new", "name") or "", text(change, "new", "type")
        if kind == "tag":
            sha = full_sha(text(change, "new", "target", "hash"))
            # Bitbucket does not say when a tag was pushed: the time of the first receipt stands in.
            deployment = tag_deployment(host, repository, name, sha, None) if sha else None
            events += [deployment] if deployment else []
            reasons += [] if deployment else [unconfigured_tag("bitbucket")]
        elif kind in ("branch", "named_branch") and host.follows(
            name, text(payload, "repository", "mainbranch", "name")
        ):
            events += _read_branch(change, repository, name)
        else:
            reasons.append("the branch is neither a main branch nor a release branch, or was deleted")
    return Translation(events, ignored=None if events else (reasons or [NO_COMMIT])[0])


def _read_branch(change: Any, repository: str, branch: str) -> list[ReportedEvent]:
    commits = {sha: commit for commit in objects(change, "commits") if (sha := _sha(commit))}
    tip = at(change, "new", "target")
    if (after := _sha(tip)) is None:
        return []
    commits.setdefault(after, tip)
    line = _first_parents(after, commits)
    beside = [sha for sha in commits if sha not in line]
    events = [_commits(repository, branch, [commits[sha] for sha in line])]
    if beside:
        events.append(_commits(repository, None, [commits[sha] for sha in beside]))
    if flag(change, "forced"):
        return events
    merges = [(sha, number) for sha in line if (number := _merged_number(commits[sha]))]
    # Which commits a merge brought is certain only if the push holds nothing else.
    alone = len(merges) == len(line) == 1 and not flag(change, "truncated")
    merged = [commits[sha] for sha in beside] if alone else []
    return [*events, *(_merge(repository, branch, sha, number, commits[sha], merged) for sha, number in merges)]


def _first_parents(after: str, commits: dict[str, Any]) -> list[str]:
    """The commits to which the branch itself moved: the tip and its first parents, as far as they are listed."""
    line = [after]
    while True:
        parents = _parents(commits[line[-1]])
        if not parents or parents[0] not in commits or parents[0] in line:
            return line
        line.append(parents[0])


def _commits(repository: str, branch: str | None, commits: Sequence[Any]) -> ReportedEvent:
    listed = [
        {
            "sha": _sha(commit),
            "parents": _parents(commit),
            "committed_at": instant(commit, "date"),
            "author": text(commit, "author", "user", "nickname"),
            "cherry_picked_from": picked_from(text(commit, "message")),
        }
        for commit in commits
    ]
    return ReportedEvent(PUSHED_COMMITS, {"repository": repository, "branch": branch, "commits": listed})


def _merge(repository: str, branch: str, sha: str, number: int, merge: Any, merged: Sequence[Any]) -> ReportedEvent:
    times = [time for commit in merged if (time := instant(commit, "date")) is not None]
    fields = {
        "repository": repository,
        "number": number,
        "base_branch": branch,
        "merge_sha": sha,
        "merged_at": text(merge, "date"),
        "commit_shas": [_sha(commit) for commit in merged] or None,
        "first_commit_at": min(times, default=None),
    }
    return ReportedEvent(CHANGE, fields, instant(merge, "date"))


def _merged_number(commit: Any) -> int:
    found = _MERGE.match((text(commit, "message") or "").partition("\n")[0].rstrip())
    return int(found[1]) if found and instant(commit, "date") is not None else 0


def _sha(commit: Any) -> str | None:
    return full_sha(text(commit, "hash"))


def _parents(commit: Any) -> list[str] | None:
    """All parents, or None unless each has its full SHA."""
    if not isinstance(at(commit, "parents"), list):
        return None
    parents = [_sha(parent) for parent in entries(commit, "parents")]
    full = [parent for parent in parents if parent is not None]
    return full if len(full) == len(parents) else None


_READERS: dict[str, Callable[[Any], Translation]] = {
    "pullrequest:created": _read_opened,
    "pullrequest:updated": _read_opened,
    "pullrequest:fulfilled": _read_fulfilled,
    "pullrequest:rejected": _read_rejected,
    "pullrequest:approved": _read_approved,
    "pullrequest:changes_request_created": _read_changes_requested,
    "pullrequest:comment_created": _read_comment,
}

SOURCE = Source(verify, translate, delivery_header="x-request-uuid")

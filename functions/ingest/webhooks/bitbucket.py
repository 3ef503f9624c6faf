"""Bitbucket Cloud: pull requests, approvals, comments, pushes.

Source: support.atlassian.com/bitbucket-cloud/docs/event-payloads. Signed by X-Hub-Signature over the raw body.

Its pull request events abbreviate every SHA to twelve digits, which no ledger can stand on. So they tell the people and
times of a change, and the push that brings the merge, with whole SHAs and parents, tells that it was merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ingest.webhooks.bitbucket_push import push
from ingest.webhooks.code_host import full_sha, no_interest, repository_at
from ingest.webhooks.delivery import Delivery, ReportedEvent, Source, Translation
from ingest.webhooks.payload import at, flag, instant, need_text, need_whole, objects, text
from ingest.webhooks.signatures import verify_hub_signature
from leadline.contract.events import CHANGE
from leadline.contract.titles import title_of
from leadline.store.sources import Sources


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    verify_hub_signature(delivery, secrets, "x-hub-signature")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:
    event = delivery.header("x-event-key")
    if event == "repo:push":
        return push(payload, repository_of(payload), sources.bitbucket)
    reader = _READERS.get(event)
    return reader(payload) if reader else Translation(ignored=no_interest(event))


def repository_of(payload: Any) -> str:
    path = need_text(payload, "repository", "full_name")
    return repository_at(text(payload, "repository", "links", "html", "href"), path, "bitbucket.org")


def _opened(payload: Any) -> Translation:
    return Translation([ReportedEvent(CHANGE, _basics(payload))])


def _fulfilled(payload: Any) -> Translation:
    """A merge. Of its commit only an abbreviation is named, as a rule: then the push tells it."""
    request = at(payload, "pullrequest")
    approvals = [
        moment
        for person in objects(request, "participants")
        if flag(person, "approved") and (moment := instant(person, "participated_on")) is not None
    ]
    fields = {
        **_basics(payload),
        "base_branch": need_text(request, "destination", "branch", "name"),
        "approved_at": min(approvals, default=None),
        "head_branch": text(request, "source", "branch", "name"),
        "title": title_of(at(request, "title")),
    }
    merge = full_sha(text(request, "merge_commit", "hash"))
    if merge is not None:
        fields |= {"merge_sha": merge, "merged_at": need_text(request, "updated_on")}
    return Translation([ReportedEvent(CHANGE, fields)])


def _approved(payload: Any) -> Translation:
    approved = need_text(payload, "approval", "date")
    return _reviewed(payload, at(payload, "approval", "user"), approved, {"approved_at": approved})


def _changes_requested(payload: Any) -> Translation:
    request = at(payload, "changes_request")
    return _reviewed(payload, at(request, "user"), need_text(request, "date"), {})


def _commented(payload: Any) -> Translation:
    comment = at(payload, "comment")
    return _reviewed(payload, at(comment, "user") or at(payload, "actor"), need_text(comment, "created_on"), {})


def _reviewed(payload: Any, reviewer: Any, when: str, more: dict[str, Any]) -> Translation:
    author = at(payload, "pullrequest", "author")
    same = any(text(reviewer, name) == text(author, name) is not None for name in ("account_id", "uuid"))
    if same or text(reviewer, "type") != "user":
        return Translation(ignored="authors and apps do not end the pickup of a pull request")
    identity = {"repository": repository_of(payload), "number": need_whole(payload, "pullrequest", "id")}
    return Translation([ReportedEvent(CHANGE, {**identity, "first_review_at": when, **more})])


def _rejected(_: Any) -> Translation:
    return Translation(ignored="it was declined, not merged")


def _basics(payload: Any) -> dict[str, Any]:
    request = at(payload, "pullrequest")
    return {
        "repository": repository_of(payload),
        "number": need_whole(request, "id"),
        "author": text(request, "author", "nickname"),
        "opened_at": text(request, "created_on"),
        "url": text(request, "links", "html", "href"),
    }


_READERS: dict[str, Callable[[Any], Translation]] = {
    "pullrequest:created": _opened,
    "pullrequest:updated": _opened,
    "pullrequest:fulfilled": _fulfilled,
    "pullrequest:rejected": _rejected,
    "pullrequest:approved": _approved,
    "pullrequest:changes_request_created": _changes_requested,
    "pullrequest:comment_created": _commented,
}

SOURCE = Source(verify, translate, delivery_header="x-request-uuid")

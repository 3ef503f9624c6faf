"""Bitbucket Cloud's payloads as its documentation describes them, with only what is read and what resembles it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.contract.events_api import Answer
from tests.webhooks.hooks import SECRET, WebhooksApi, hub_signature

REPOSITORY = "bitbucket.org/acme/shop"
HOME = {
    "type": "repository",
    "full_name": "acme/shop",
    "links": {"html": {"href": "https://bitbucket.org/acme/shop"}},
}
ANN = {"type": "user", "nickname": "ann", "display_name": "Ann Miller", "account_id": "1:a", "uuid": "{a}"}
BOB = {"type": "user", "nickname": "bob", "display_name": "Bob Baker", "account_id": "1:b", "uuid": "{b}"}


def sha(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


def a_pull_request(**fields: Any) -> dict[str, Any]:
    request = {
        "type": "pullrequest",
        "id": 7,
        "state": "OPEN",
        "author": ANN,
        "merge_commit": None,
        "title": "Hotfix: totals",
        "source": {"branch": {"name": "topic"}, "commit": {"hash": sha("head")[:12]}},
        "destination": {"branch": {"name": "main"}, "commit": {"hash": sha("base")[:12]}},
        "created_on": "2026-09-18T09:00:00.861881+00:00",
        "updated_on": "2026-09-21T10:00:01.785393+00:00",
        "participants": [
            {"user": BOB, "approved": True, "participated_on": "2026-09-20T09:00:00.611876+00:00"},
            {"user": ANN, "approved": False, "participated_on": "2026-09-19T09:00:00.611876+00:00"},
        ],
        "links": {"html": {"href": "https://bitbucket.org/acme/shop/pull-requests/7"}},
    }
    return {"repository": HOME, "actor": BOB, "pullrequest": {**request, **fields}}


def a_merged_one(**fields: Any) -> dict[str, Any]:
    return a_pull_request(**{"state": "MERGED", "merge_commit": {"hash": sha("merge")[:12]}, **fields})


def an_approval(user: Any = BOB) -> dict[str, Any]:
    return {**a_pull_request(), "approval": {"date": "2026-09-20T09:00:00+00:00", "user": user}}


def a_comment(user: Any = BOB) -> dict[str, Any]:
    return {**a_pull_request(), "comment": {"created_on": "2026-09-19T12:00:00+00:00", "user": user}}


def a_commit(name: str, *parents: str, message: str = "Work\n", **fields: Any) -> dict[str, Any]:
    return {
        "type": "commit",
        "hash": sha(name),
        "date": "2026-09-20T08:00:00+00:00",
        "message": message,
        "author": {"raw": "Ann Miller <ann@example.com>", "user": ANN},
        "parents": [{"type": "commit", "hash": sha(parent)} for parent in parents],
        **fields,
    }


def a_push(*commits: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Of commits, newest first, as Bitbucket lists them."""
    target = {"name": "main", "type": "branch", "target": commits[0] if commits else None}
    change = {
        "old": {"name": "main", "type": "branch", "target": a_commit("base")},
        "new": target,
        "truncated": False,
        "created": False,
        "forced": False,
        "closed": False,
        "commits": list(commits),
    }
    return {"repository": HOME, "actor": BOB, "push": {"changes": [{**change, **fields}]}}


MERGED_IN = "Merged in topic (pull request #7)\n\nTopic\n\nApproved-by: Bob Baker"


def a_merge(*parents: str, **fields: Any) -> dict[str, Any]:
    when = "2026-09-21T10:00:00+00:00"
    return a_commit("merge", *(parents or ("base", "head")), **{"message": MERGED_IN, "date": when, **fields})


def a_tag(name: str = "v1.2.0") -> dict[str, Any]:
    return a_push(old=None, new={"name": name, "type": "tag", "target": a_commit("merge", "base")}, commits=[])


EVERY: dict[str, tuple[str, dict[str, Any]]] = {
    "created": ("pullrequest:created", a_pull_request()),
    "fulfilled": ("pullrequest:fulfilled", a_merged_one()),
    "rejected": ("pullrequest:rejected", a_pull_request(state="DECLINED")),
    "approved": ("pullrequest:approved", an_approval()),
    "commented": ("pullrequest:comment_created", a_comment()),
    "pushed": ("repo:push", a_push(a_commit("two", "one"), a_commit("one", "base"))),
    "merge pushed": ("repo:push", a_push(a_merge(), a_commit("head", "first"), a_commit("first", "base"))),
    "tag": ("repo:push", a_tag()),
    "fork": ("repo:fork", {"repository": HOME}),
}


def post(
    api: WebhooksApi, event: str, payload: Any, *, delivery: str = "d-1", secret: str = SECRET, **headers: str
) -> Answer:
    body = json.dumps(payload).encode()
    signature = {"x-hub-signature": hub_signature(body, secret)}
    return api.post("bitbucket", body, {"x-event-key": event, "x-request-uuid": delivery, **signature, **headers})

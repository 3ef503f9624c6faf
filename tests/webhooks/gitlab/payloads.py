"""GitLab's payloads as its documentation describes them, with only what is read and what is easily mistaken for it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.contract.events_api import Answer
from tests.webhooks.hooks import SECRET, WebhooksApi

REPOSITORY = "gitlab.example.com/shop/web/app"
BEFORE = "b" * 40
PROJECT = {
    "id": 1,
    "name": "App",
    "web_url": "https://gitlab.example.com/shop/web/app",
    "git_ssh_url": "git@gitlab.example.com:shop/web/app.git",
    "path_with_namespace": "shop/web/app",
    "default_branch": "main",
}
ANN = {"id": 51, "name": "Ann Miller", "username": "ann", "email": "[REDACTED]"}
BOB = {"id": 52, "name": "Bob Baker", "username": "bob"}


def sha(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


def a_commit(name: str, message: str = "Work\n", **fields: Any) -> dict[str, Any]:
    return {
        "id": sha(name),
        "message": message,
        "title": message.partition("\n")[0],
        "timestamp": "2026-09-20T10:00:00+02:00",
        "url": f"https://gitlab.example.com/shop/web/app/-/commit/{sha(name)}",
        "author": {"name": "Ann Miller", "email": "ann@example.com"},
        "added": [f"src/{name}.py"],
        "modified": [],
        "removed": [],
        **fields,
    }


def a_merge_request(action: str, state: str = "opened", *, user: Any = ANN, **fields: Any) -> dict[str, Any]:
    attributes = {
        "id": 99,
        "iid": 4,
        "author_id": 51,
        "state": state,
        "action": action,
        "created_at": "2026-09-18 09:00:00 UTC",
        "updated_at": "2026-09-21 10:00:00 UTC",
        "target_branch": "main",
        "source_branch": "topic",
        "title": "Hotfix: totals",
        "merge_commit_sha": None,
        "merge_params": {"force_remove_source_branch": "1"},
        "last_commit": a_commit("head"),
        "labels": [{"id": 206, "title": "API"}],
        "url": "https://gitlab.example.com/shop/web/app/-/merge_requests/4",
    }
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": user,
        "project": PROJECT,
        "object_attributes": {**attributes, **fields},
        "assignees": [ANN],
        "reviewers": [BOB],
    }


def a_merged_one(**fields: Any) -> dict[str, Any]:
    return a_merge_request("merge", "merged", **{"user": BOB, "merge_commit_sha": sha("merge"), **fields})


def a_comment(**fields: Any) -> dict[str, Any]:
    note = {"noteable_type": "MergeRequest", "author_id": 52, "created_at": "2026-09-19 09:00:00 UTC", "system": False}
    return {
        "object_kind": "note",
        "user": BOB,
        "project": PROJECT,
        "object_attributes": {**note, **fields},
        "merge_request": {"iid": 4, "author_id": 51},
    }


def a_push(*commits: dict[str, Any], **fields: Any) -> dict[str, Any]:
    tip = commits[-1]["id"] if commits else "0" * 40
    return {
        "object_kind": "push",
        "event_name": "push",
        "before": BEFORE,
        "after": tip,
        "checkout_sha": tip,
        "ref": "refs/heads/main",
        "ref_protected": True,
        "user_username": "bob",
        "project": PROJECT,
        "commits": list(commits),
        "total_commits_count": len(commits),
        **fields,
    }


def a_merge_commit(name: str = "merge", path: str = "shop/web/app") -> dict[str, Any]:
    return a_commit(name, f"Merge branch 'topic' into 'main'\n\nTopic\n\nSee merge request {path}!4")


def a_deployment(status: str = "success", **fields: Any) -> dict[str, Any]:
    page = f"https://gitlab.example.com/shop/web/app/-/commit/{sha('merge')}"
    return {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": "2026-09-21 14:00:00 +0200",
        "deployment_id": 15,
        "deployable_id": 796,
        "deployable_url": "https://gitlab.example.com/shop/web/app/-/jobs/796",
        "environment": "production",
        "environment_tier": "production",
        "environment_slug": "production",
        "project": PROJECT,
        "short_sha": sha("merge")[:8],
        "commit_url": page,
        **fields,
    }


def a_tag(name: str = "v1.2.0", **fields: Any) -> dict[str, Any]:
    push = a_push(ref=f"refs/tags/{name}", before="0" * 40, after="d" * 40, checkout_sha=sha("merge"))
    return {**push, "object_kind": "tag_push", **fields}


def a_release(tag: str = "v1.2.0", **fields: Any) -> dict[str, Any]:
    return {
        "object_kind": "release",
        "action": "create",
        "tag": tag,
        "released_at": "2026-09-21 12:55:12 UTC",
        "url": f"https://gitlab.example.com/shop/web/app/-/releases/{tag}",
        "project": PROJECT,
        "commit": a_commit("merge"),
        **fields,
    }


def an_issue(kind: str = "work_item", **fields: Any) -> dict[str, Any]:
    attributes = {
        "iid": 23,
        "type": "Incident" if kind == "work_item" else "Issue",
        "state": "opened",
        "action": "open",
        "created_at": "2026-09-21 13:00:00 UTC",
        "updated_at": "2026-09-21 13:20:00 UTC",
        "closed_at": None,
        "severity": "high",
        "labels": [],
        "url": "https://gitlab.example.com/shop/web/app/-/issues/23",
    }
    return {"object_kind": kind, "project": PROJECT, "user": BOB, "object_attributes": {**attributes, **fields}}


EVERY = {
    "opened": a_merge_request("open"),
    "merged": a_merged_one(),
    "approved": a_merge_request("approved", user=BOB),
    "closed": a_merge_request("close", "closed"),
    "comment": a_comment(),
    "push": a_push(a_commit("one")),
    "merge pushed": a_push(a_commit("first"), a_commit("head"), a_merge_commit()),
    "tag": a_tag(),
    "release": a_release(),
    "deployment": a_deployment(),
    "running": a_deployment("running"),
    "incident": an_issue(),
    "issue": an_issue("issue"),
    "pipeline": {"object_kind": "pipeline", "project": PROJECT},
}


def post(api: WebhooksApi, payload: Any, *, delivery: str = "d-1", token: str = SECRET, **headers: str) -> Answer:
    """Posts the payload as GitLab does, with the secret token."""
    body = json.dumps(payload).encode()
    return api.post("gitlab", body, {"x-gitlab-token": token, "idempotency-key": delivery, **headers})

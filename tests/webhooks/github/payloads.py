"""GitHub's payloads with only what matters in a test said; the rest is as in its own examples."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.webhooks.github.examples import an_example

REPOSITORY = "github.com/Codertocat/Hello-World"
BEFORE = "b" * 40


def sha(name: str) -> str:
    """The SHA of the commit with this name."""
    return hashlib.sha1(name.encode()).hexdigest()


def a_pull_request(action: str, number: int = 7, **fields: Any) -> dict[str, Any]:
    payload = an_example("pull_request", "closed" if action == "closed" else "opened")
    payload |= {"action": action, "number": number}
    payload["pull_request"] |= {"number": number, "created_at": "2026-09-18T09:00:00Z", **fields}
    return payload


def a_merged_one(merge: str = "merge", number: int = 7, **fields: Any) -> dict[str, Any]:
    merged = {"merged": True, "merged_at": "2026-09-21T10:00:00Z", "merge_commit_sha": sha(merge)}
    return a_pull_request("closed", number, **{**merged, **fields})


def a_review(state: str, at: str, number: int = 7, reviewer: str = "octodog", kind: str = "User") -> dict[str, Any]:
    payload = an_example("pull_request_review", "submitted")
    payload["pull_request"]["number"] = number
    payload["review"] |= {"state": state, "submitted_at": at, "user": {"login": reviewer, "type": kind}}
    return payload


def a_commit(name: str, message: str = "Work", *, by_github: bool = False, **fields: Any) -> dict[str, Any]:
    committer = {"name": "GitHub", "username": "web-flow"} if by_github else {"name": "Ann", "username": "ann"}
    return {
        "id": sha(name),
        "message": message,
        "timestamp": "2026-09-20T08:00:00Z",
        "author": {"name": "Ann", "email": "ann@example.com", "username": "ann"},
        "committer": committer,
        "added": [],
        "removed": [],
        "modified": [f"src/{name}.py"],
        **fields,
    }


def a_push(*commits: dict[str, Any], ref: str = "refs/heads/master", **fields: Any) -> dict[str, Any]:
    payload = an_example("push")
    payload["repository"]["pushed_at"] = 1_789_984_800  # 2026-09-21T10:00:00Z
    tip = commits[-1] if commits else None
    basics = {"ref": ref, "before": BEFORE, "after": tip["id"] if tip else "0" * 40, "head_commit": tip}
    flags = {"created": False, "deleted": False, "forced": False}
    return {**payload, **basics, **flags, "commits": list(commits), **fields}


def a_deployment_status(state: str, **fields: Any) -> dict[str, Any]:
    """Fields of the deployment; `at` is the time of the status, `workflow` the name of the run it came from."""
    payload = an_example("deployment_status", "created")
    payload["deployment_status"] |= {"state": state, "created_at": fields.pop("at", "2026-09-21T12:00:00Z")}
    if "workflow" in fields:
        payload["workflow_run"] = {"name": fields.pop("workflow")}
    if "environment" in fields:
        payload["deployment_status"]["environment"] = fields["environment"]
    payload["deployment"] |= {"sha": sha("merge"), "created_at": "2026-09-21T11:50:00Z", **fields}
    return payload


def an_issue(action: str = "labeled", *labels: str, **fields: Any) -> dict[str, Any]:
    payload = {**an_example("issues", "labeled"), "action": action}
    payload["issue"] |= {"number": 12, "created_at": "2026-09-21T13:00:00Z", "state": "open", "closed_at": None}
    payload["issue"] |= {"labels": [{"name": label} for label in labels or ("incident",)], **fields}
    return payload

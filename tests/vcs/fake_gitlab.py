"""GitLab over real git repositories, as docs.gitlab.com/api says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.vcs.hosted import Commit, Hosted, Pull
from tests.vcs.loopback import Asked, Reply

NOT_FOUND = Reply(404, {"message": "404 Not Found"})


class FakeGitLab:
    def __init__(self, *repositories: Hosted) -> None:
        self.repositories = {hosted.name: hosted for hosted in repositories}

    def __call__(self, asked: Asked) -> Reply:
        found = re.fullmatch(r"/projects/([^/]+)/(.+)", asked.raw_path)
        hosted = self.repositories.get(unquote(found[1])) if found else None
        if found is None or hosted is None:
            return NOT_FOUND
        for form, answer in _ROUTES:
            match = re.fullmatch(form, found[2])
            if match:
                reply = answer(hosted, asked.query, *match.groups())
                return reply if isinstance(reply, Reply) else Reply(200, _slice(reply, asked))
        return NOT_FOUND


def _commits(hosted: Hosted, query: Any) -> Any:
    name = query.get("ref_name", "HEAD")
    since = [f"--since={query['since']}"] if "since" in query else []
    listed = hosted.git("rev-list", *since, *([name] if ".." in name else [hosted.resolve(name) or "none"]))
    return [_commit(hosted.commit(sha)) for sha in listed.split()]


def _one_commit(hosted: Hosted, _: Any, name: str) -> Any:
    sha = hosted.resolve(name)
    return Reply(200, _commit(hosted.commit(sha))) if sha else NOT_FOUND


def _requests_of(hosted: Hosted, _: Any, sha: str) -> Any:
    if sha not in hosted.commits():
        return NOT_FOUND
    return [_request(hosted, pull) for pull in hosted.pulls_of(sha)]


def _requests(hosted: Hosted, query: Any) -> Any:
    after = _moment(query["updated_after"])
    told = [_request(hosted, pull) for pull in hosted.pulls.values() if pull.landed]
    return [
        row
        for row in sorted(told, key=lambda row: row["updated_at"], reverse=True)
        if _moment(row["updated_at"]) >= after
    ]


def _brought(hosted: Hosted, _: Any, number: str) -> Any:
    return [_commit(hosted.commit(sha)) for sha in reversed(hosted.pulls[int(number)].commits)]


def _diffs(hosted: Hosted, _: Any, number: str) -> Any:
    return [{"old_path": name, "new_path": name} for name in hosted.files(hosted.pulls[int(number)])]


def _notes(hosted: Hosted, _: Any, number: str) -> Any:
    return [
        {
            "body": "approved this merge request" if state == "APPROVED" else "Nice",
            "system": state == "APPROVED",
            "created_at": when,
            "author": {"username": who},
        }
        for who, when, state in hosted.pulls[int(number)].looks
    ]


def _deployments(hosted: Hosted, query: Any) -> Any:
    assert query["order_by"] == "updated_at", "GitLab refuses updated_after with any other order"
    return [
        {
            "id": run.id,
            "iid": run.id,
            "status": run.states[-1][0].lower(),
            "created_at": run.created,
            "updated_at": run.states[-1][1],
            "sha": run.sha,
            "environment": {"id": 1, "name": run.environment},
            "deployable": {"finished_at": run.states[-1][1], "web_url": "https://gitlab.com/x/-/jobs/1"},
        }
        for run in reversed(hosted.runs)
    ]


def _releases(hosted: Hosted, _: Any) -> Any:
    return [
        {"tag_name": tag, "released_at": when, "commit": {"id": sha}, "upcoming_release": False}
        for tag, sha, when in reversed(hosted.releases)
    ]


_ROUTES = (
    (r"repository/commits", _commits),
    (r"repository/commits/([^/]+)", _one_commit),
    (r"repository/commits/([^/]+)/merge_requests", _requests_of),
    (r"merge_requests", _requests),
    (r"merge_requests/(\d+)/commits", _brought),
    (r"merge_requests/(\d+)/diffs", _diffs),
    (r"merge_requests/(\d+)/notes", _notes),
    (r"deployments", _deployments),
    (r"releases", _releases),
)


def _slice(listed: Sequence[Any], asked: Asked) -> Sequence[Any]:
    size = min(int(asked.query.get("per_page", 20)), 100)
    start = (int(asked.query.get("page", 1)) - 1) * size
    return listed[start : start + size]


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "short_id": commit.sha[:8],
        "parent_ids": list(commit.parents),
        "message": commit.message,
        "author_name": commit.author,
        "author_email": commit.email,
        "authored_date": commit.authored.replace("Z", "+00:00"),
        "committed_date": commit.committed.replace("Z", "+00:00"),
    }


def _request(hosted: Hosted, pull: Pull) -> dict[str, Any]:
    """A merge commit, a squash, or neither: a fast-forward tells only its head."""
    merge = pull.landed[-1] if pull.landed else None
    parents = hosted.commit(merge).parents if merge else ()
    merged = hosted.commit(merge).committed if merge else None
    opened = hosted.commit(pull.commits[-1]).committed
    return {
        "iid": pull.number,
        "state": "merged" if merge else "closed",
        "author": {"username": pull.author},
        "target_branch": pull.base,
        "sha": pull.head,
        "source_branch": pull.branch,
        "title": pull.title,
        "merge_commit_sha": merge if len(parents) > 1 else None,
        "squash_commit_sha": merge if len(parents) == 1 and merge != pull.head else None,
        "created_at": opened,
        "updated_at": merged or opened,
        "merged_at": merged,
        "labels": list(pull.labels),
        "web_url": f"https://gitlab.com/{hosted.name}/-/merge_requests/{pull.number}",
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

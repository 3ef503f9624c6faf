"""A push to GitLab: the stretch of the commit graph that is certain, and what it adds to the merge request it merged.

GitLab lists the newest twenty commits only, and does not say whether the branch was rewritten; that it was not is
certain on protected branches only, which the default branch is unless somebody changed that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ingest.webhooks.code_host import branch_of, full_sha, pushed, touched
from ingest.webhooks.delivery import ReportedEvent, Translation
from ingest.webhooks.gitlab_times import need_time, time_at
from ingest.webhooks.payload import flag, need_text, objects, text, whole
from leadline.contract.events import CHANGE
from leadline.store.sources import CodeHost

_MERGE = re.compile(r"^See merge request (\S+)!(\d{1,16})$", re.MULTILINE)


def push(payload: Any, repository: str, path: str, host: CodeHost) -> Translation:
    """`path` is the project's, as merges name it."""
    branch = branch_of(need_text(payload, "ref"))
    if branch is None or not host.follows(branch, text(payload, "project", "default_branch")):
        return Translation(ignored="the branch is neither the default branch nor a release branch")
    after = full_sha(text(payload, "after"))
    commits = [commit for commit in objects(payload, "commits") if full_sha(text(commit, "id"))]
    tip = commits[-1] if commits else None
    if after is None or tip is None or full_sha(text(tip, "id")) != after:
        return Translation(ignored="the push brings no commit")
    complete = len(commits) == len(objects(payload, "commits")) == whole(payload, "total_commits_count")
    merged = _merged_number(commits, path) if complete else 0
    before = full_sha(text(payload, "before")) if complete and flag(payload, "ref_protected") else None
    parents = _parents(before, commits, merged) if before else None
    told = pushed(repository, branch, after, parents, tip, need_time(tip, "timestamp"))
    return Translation([told, _added(repository, merged, commits)] if merged else [told])


def _parents(before: str, commits: Sequence[dict[str, Any]], merged: int) -> list[str] | None:
    """The tip's parents where they are certain (see `code_host`), else None."""
    if len(commits) == 1:
        return [before]
    return [before, str(commits[-2]["id"]).strip().lower()] if merged else None


def _added(repository: str, number: int, commits: Sequence[dict[str, Any]]) -> ReportedEvent:
    brought = commits[:-1]
    times = [made for commit in brought if (made := time_at(commit, "timestamp")) is not None]
    fields = {
        "repository": repository,
        "number": number,
        "commit_shas": [text(commit, "id") for commit in brought] or None,
        "first_commit_at": min(times, default=None),
        "paths": touched(commits),
    }
    return ReportedEvent(CHANGE, fields)


def _merged_number(commits: Sequence[dict[str, Any]], path: str) -> int:
    """The merge request of this project that the push merges, and nothing else; else 0."""
    found = [_MERGE.search(text(commit, "message") or "") for commit in commits]
    last = found[-1]
    alone = last is not None and sum(match is not None for match in found) == 1
    return int(last[2]) if last is not None and alone and last[1] == path else 0

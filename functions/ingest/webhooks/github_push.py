"""A push to GitHub: the stretch of the commit graph that is certain, and what it adds to the pull requests merged by it.

A pull request's own event tells that and when it was merged. The push adds what that event lacks: which commits it
brought, when the first was made, which files they touch. It never says that something was merged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ingest.webhooks.code_host import branch_of, full_sha, pushed, released, tag_of, touched
from ingest.webhooks.delivery import ReportedEvent, Translation
from ingest.webhooks.payload import at, flag, instant, need_text, objects, text
from leadline.contract.events import CHANGE
from leadline.store.sources import CodeHost

MOST_LISTED = 2_048
"""GitHub lists no more commits than this in one push."""

_MERGE = re.compile(r"Merge pull request #(\d{1,16}) from ")
_SQUASH = re.compile(r".*\(#(\d{1,16})\)$")


def push(payload: Any, repository: str, host: CodeHost) -> Translation:
    ref = need_text(payload, "ref")
    if flag(payload, "deleted"):
        return Translation(ignored="a branch or tag was deleted")
    tag = tag_of(ref)
    if tag is not None:
        return _tag(payload, repository, host, tag)
    branch = branch_of(ref)
    if branch is None or not host.follows(branch, text(payload, "repository", "default_branch")):
        return Translation(ignored="the branch is neither the default branch nor a release branch")
    commits = [commit for commit in objects(payload, "commits") if full_sha(text(commit, "id"))]
    tip, after = at(payload, "head_commit"), full_sha(text(payload, "after"))
    if after is None or full_sha(text(tip, "id")) != after:
        return Translation(ignored="the push brings no commit")
    told = [pushed(repository, branch, after, _parents(payload, after, commits), tip, _committed_at(payload, tip))]
    return Translation([*told, *_added(repository, commits)])


def _tag(payload: Any, repository: str, host: CodeHost, tag: str) -> Translation:
    # `after` of an annotated tag is the tag's own object; head_commit is the commit either way.
    sha = full_sha(text(payload, "head_commit", "id"))
    told = released(host, repository, tag, sha, _pushed_at(payload)) if sha else None
    if told is None:
        return Translation(ignored="no tag like this is configured as a deployment (github.tags)")
    return Translation([told])


def _parents(payload: Any, after: str, commits: Sequence[dict[str, Any]]) -> list[str] | None:
    """The tip's parents where they are certain (see `code_host`), else None."""
    before = full_sha(text(payload, "before"))
    listed = len(objects(payload, "commits"))
    all_listed = 0 < listed == len(commits) < MOST_LISTED and full_sha(text(commits[-1], "id")) == after
    if before is None or not all_listed or flag(payload, "forced") or flag(payload, "created"):
        return None
    if len(commits) == 1:
        return [before]
    head = full_sha(text(commits[-2], "id"))
    return [before, head] if head and _merged_number(commits) else None


def _added(repository: str, commits: Sequence[dict[str, Any]]) -> list[ReportedEvent]:
    """What the push adds to the changes whose merge GitHub itself committed."""
    number = _merged_number(commits)
    if number:
        brought = commits[:-1]
        times = [made for commit in brought if (made := instant(commit, "timestamp")) is not None]
        fields = {
            "repository": repository,
            "number": number,
            "commit_shas": [text(commit, "id") for commit in brought],
            "first_commit_at": min(times, default=None),
            "paths": touched(commits),
        }
        return [ReportedEvent(CHANGE, fields)]
    squashes = [(_number(_SQUASH, commit), touched([commit])) for commit in commits if _by_github(commit)]
    return [
        ReportedEvent(CHANGE, {"repository": repository, "number": number, "paths": paths})
        for number, paths in squashes
        if number and paths
    ]


def _merged_number(commits: Sequence[dict[str, Any]]) -> int:
    """The pull request that this push merges with a merge commit of GitHub's, and nothing else; else 0.

    With a second merge among the commits (a merge queue's group, a stack of pull requests) it is not certain which of
    them brought what.
    """
    merges = [commit for commit in commits if _number(_MERGE, commit)]
    alone = len(merges) == 1 and merges[0] is commits[-1] and 1 < len(commits) < MOST_LISTED
    return _number(_MERGE, commits[-1]) if alone and _by_github(commits[-1]) else 0


def _number(form: re.Pattern[str], commit: dict[str, Any]) -> int:
    """The number in the first line of the commit's message; 0 where it has none of this form."""
    found = form.match((text(commit, "message") or "").partition("\n")[0].rstrip())
    return int(found[1]) if found else 0


def _by_github(commit: dict[str, Any]) -> bool:
    """Whether GitHub's own buttons made the commit."""
    return text(commit, "committer", "username") == "web-flow"


def _committed_at(payload: Any, tip: Any) -> int | None:
    """When the tip joined the branch, for its place in the order of time.

    GitHub does not say whether a commit's `timestamp` is the author's date or the committer's. An author's date may be
    months before those of its parents (a rebase, a cherry-pick), which no order of ancestry stands; the time of the
    push never is.
    """
    known = [made for made in (instant(tip, "timestamp"), _pushed_at(payload)) if made is not None]
    return max(known, default=None)


def _pushed_at(payload: Any) -> int | None:
    return instant(payload, "repository", "pushed_at")  # in pushes in seconds, elsewhere RFC 3339

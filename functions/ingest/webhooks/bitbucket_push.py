"""A push to Bitbucket Cloud: commits with their parents, the newest five of each branch; and the merges among them.

A merge is known by the message that Bitbucket writes for it, `Merged in topic (pull request #7)`, on a commit that the
branch itself moved to. It is the only event that names the merge's whole SHA.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ingest.webhooks.code_host import PUSHED_COMMITS, full_sha, picked_from, released
from ingest.webhooks.delivery import ReportedEvent, Translation
from ingest.webhooks.payload import at, entries, flag, instant, objects, text
from leadline.contract.events import CHANGE
from leadline.store.sources import CodeHost

_MERGE = re.compile(r"Merged in .+ \(pull request #(\d{1,16})\)$")


def push(payload: Any, repository: str, host: CodeHost) -> Translation:
    told: list[ReportedEvent] = []
    reasons: list[str] = []
    for change in objects(payload, "push", "changes"):
        name, kind = text(change, "new", "name") or "", text(change, "new", "type")
        if kind == "tag":
            sha = full_sha(text(change, "new", "target", "hash"))
            # Bitbucket does not say when a tag was pushed: the time of the first receipt stands in.
            tag = released(host, repository, name, sha, None) if sha else None
            told += [tag] if tag else []
            reasons += [] if tag else ["no tag like this is configured as a deployment (bitbucket.tags)"]
        elif kind in ("branch", "named_branch") and host.follows(
            name, text(payload, "repository", "mainbranch", "name")
        ):
            told += _branch(change, repository, name)
        else:
            reasons.append("the branch is neither a main branch nor a release branch, or was deleted")
    return Translation(told, ignored=None if told else (reasons or ["the push brings no commit"])[0])


def _branch(change: Any, repository: str, branch: str) -> list[ReportedEvent]:
    commits = {sha: commit for commit in objects(change, "commits") if (sha := _sha(commit))}
    tip = at(change, "new", "target")
    if (after := _sha(tip)) is None:
        return []
    commits.setdefault(after, tip)
    line = _line(after, commits)
    beside = [sha for sha in commits if sha not in line]
    told = [_commits(repository, branch, [commits[sha] for sha in line])]
    if beside:
        told.append(_commits(repository, None, [commits[sha] for sha in beside]))
    if flag(change, "forced"):
        return told
    merges = [(sha, number) for sha in line if (number := _merged_number(commits[sha]))]
    # What a merge brought is certain where it is all that was pushed.
    alone = len(merges) == len(line) == 1 and not flag(change, "truncated")
    brought = [commits[sha] for sha in beside] if alone else []
    return [*told, *(_merged(repository, branch, sha, number, commits[sha], brought) for sha, number in merges)]


def _line(after: str, commits: dict[str, Any]) -> list[str]:
    """The commits that the branch itself moved to: the tip and its first parents, as far as they are listed."""
    line = [after]
    while True:
        parents = _parents(commits[line[-1]])
        if not parents or parents[0] not in commits or parents[0] in line:
            return line
        line.append(parents[0])


def _commits(repository: str, branch: str | None, commits: Sequence[Any]) -> ReportedEvent:
    fields = {"repository": repository, "branch": branch, "commits": [_commit(commit) for commit in commits]}
    return ReportedEvent(PUSHED_COMMITS, fields)


def _commit(commit: Any) -> dict[str, Any]:
    return {
        "sha": _sha(commit),
        "parents": _parents(commit),
        "committed_at": instant(commit, "date"),
        "author": text(commit, "author", "user", "nickname"),
        "cherry_picked_from": picked_from(text(commit, "message")),
    }


def _merged(repository: str, branch: str, sha: str, number: int, merge: Any, brought: Sequence[Any]) -> ReportedEvent:
    times = [made for commit in brought if (made := instant(commit, "date")) is not None]
    fields = {
        "repository": repository,
        "number": number,
        "base_branch": branch,
        "merge_sha": sha,
        "merged_at": text(merge, "date"),
        "commit_shas": [_sha(commit) for commit in brought] or None,
        "first_commit_at": min(times, default=None),
    }
    return ReportedEvent(CHANGE, fields)


def _merged_number(commit: Any) -> int:
    found = _MERGE.match((text(commit, "message") or "").partition("\n")[0].rstrip())
    return int(found[1]) if found and instant(commit, "date") is not None else 0


def _sha(commit: Any) -> str | None:
    return full_sha(text(commit, "hash"))


def _parents(commit: Any) -> list[str] | None:
    """All parents, or None where not every one is named whole."""
    if not isinstance(at(commit, "parents"), list):
        return None
    parents = [_sha(parent) for parent in entries(commit, "parents")]
    whole = [parent for parent in parents if parent is not None]
    return whole if len(whole) == len(parents) else None

"""Makes the events of a repository's history: its commit graph, its changes, its releases.

They contain no names or addresses unless `--names` is given: a person is a pseudonym, the same in every repository.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leadline.contract.text import CONTROL
from leadline_cli.commit_graph import DAY, CommitGraph
from leadline_cli.merged_changes import MergedChange
from leadline_cli.release_tags import Tag

Event = dict[str, Any]

COMMITS_A_PAGE = 500
BYTES_A_PAGE = 200_000
"""Limits of one commits event, below the 256 KiB that the queue accepts of one event."""

SHAS_A_CHANGE = 1000
"""Of a change with more commits the newest are named; the graph holds the rest."""

EARLIEST = 946_684_800
"""2000-01-01 in epoch seconds: the API accepts no earlier event."""

# Where a request's page is, for the hosts whose addresses are known.
_PAGES = {
    "github.com": "pull",
    "gitlab.com": "-/merge_requests",
    "bitbucket.org": "pull-requests",
    "codeberg.org": "pulls",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What the events are about. `branch`: the one that changes are merged into, if known."""

    repository: str
    branch: str | None
    environment: str = "production"
    service: str | None = None


def pseudonym(email: str, salt: str) -> str:
    """A stable name for a person, made from the address by HMAC-SHA256.

    Without a secret salt, anybody who knows the address can compute it: it only keeps names out of sight.
    """
    digest = hmac.new(salt.encode(), email.strip().lower().encode(), hashlib.sha256).hexdigest()
    return f"dev-{digest[:12]}"


def plain_name(name: str, salt: str) -> str:
    """A person's name as the API accepts it: one line, at most 200 bytes. Without a name, a pseudonym."""
    cleaned = " ".join(re.sub(f"[{CONTROL}]", " ", name).split())
    return cleaned.encode()[:200].decode(errors="ignore").strip() or pseudonym(name, salt)


def commit_events(
    graph: CommitGraph,
    on_branch: bytearray,
    picked_from: Mapping[int, str],
    target: Target,
    person: Callable[[str], str],
) -> Iterator[Event]:
    """Pages of the graph, parents before children: the branch's commits, then those that only releases reach."""
    for branch, flag in ((target.branch, 1), (None, 0)):
        page: list[Event] = []
        length = 0
        for commit in range(len(graph)):
            if on_branch[commit] != flag:
                continue
            entry: Event = {
                "sha": graph.shas[commit],
                "parents": [graph.shas[parent] for parent in graph.parents[commit]],
                "committed_at": timestamp(graph.stands_at[commit]),
                "author": person(graph.author(commit)),
            }
            if 0 <= graph.authored[commit] <= graph.committed[commit]:
                entry["authored_at"] = timestamp(graph.authored[commit])
            if commit in picked_from:
                entry["cherry_picked_from"] = picked_from[commit]
            size = len(json.dumps(entry, ensure_ascii=False).encode())
            if page and (len(page) == COMMITS_A_PAGE or length + size > BYTES_A_PAGE):
                yield _page(target, branch, page)
                page, length = [], 0
            page.append(entry)
            length += size
        if page:
            yield _page(target, branch, page)


def _page(target: Target, branch: str | None, commits: Sequence[Event]) -> Event:
    event: Event = {"repository": target.repository, "commits": list(commits)}
    return event if branch is None else event | {"branch": branch}


def change_events(
    graph: CommitGraph,
    changes: Iterable[MergedChange],
    target: Target,
    person: Callable[[str], str],
    *,
    first_release: Sequence[int],
    numbered_by_forge: bool,
) -> Iterator[Event]:
    """One event per change, by merge time.

    A commit that was released before the change was merged is not named (`first_release`: by commit), for the change is
    not what brought it out: it went out on a release branch that was taken back to main afterwards.
    """
    host = target.repository.partition("/")[0]
    for change in sorted(changes, key=lambda change: (graph.committed[change.merge], change.merge, change.number)):
        merged_at = graph.committed[change.merge]
        own = change.commits if change.head is not None and change.commits else change.all_commits()
        with_it = [c for c in change.commits if first_release[c] == first_release[change.merge]]
        # A server that squashes may be a second behind the author's clock; a clock that is a day ahead says nothing.
        authored = [
            (min(graph.authored[commit], merged_at), commit)
            for commit in own
            if EARLIEST <= graph.authored[commit] <= merged_at + DAY
        ]
        first = min(authored, default=None)
        event: Event = {
            "repository": target.repository,
            "number": change.number,
            "merge_sha": graph.shas[change.merge],
            "merged_at": timestamp(merged_at),
            "author": person(graph.author(first[1] if first else change.merge)),
        }
        if change.into is not None:
            event["base_branch"] = change.into
        if change.head is not None and first_release[change.head] == first_release[change.merge]:
            event["head_sha"] = graph.shas[change.head]
        if with_it:
            event["commit_shas"] = [graph.shas[commit] for commit in with_it[:SHAS_A_CHANGE]]
        if first is not None:
            event["first_commit_at"] = timestamp(first[0])
        if numbered_by_forge and host in _PAGES:
            event["url"] = f"https://{target.repository}/{_PAGES[host]}/{change.number}"
        yield event


def deployment_events(tags: Sequence[Tag], target: Target, previous: Tag | None) -> Iterator[Event]:
    """One successful deployment per release, oldest first. `previous`: the release before them, if one was left out."""
    for index, tag in enumerate(tags):
        event: Event = {
            "repository": target.repository,
            "id": tag.sha,
            "environment": target.environment,
            "status": "success",
            "finished_at": timestamp(tag.at),
            "deployment_id": tag.name,
            "version": tag.name,
        }
        if target.service is not None:
            event["service"] = target.service
        if index == 0 and previous is not None and previous.sha != tag.sha:
            event["previous_id"] = previous.sha
        yield event


def timestamp(seconds: int) -> str:
    """RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

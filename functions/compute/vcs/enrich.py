"""What a code host knows, as messages: compute folds them like those that were sent.

`enrich` serves one deployment whose commit or range is not known, `recent` lists what happened lately in a repository.
Folding a message again changes nothing, so both may be done again at any time.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from compute.vcs.cache import Facts
from compute.vcs.port import Deployed, History, Listing, NotFound, Page, Vcs
from compute.vcs.reading import batches
from compute.vcs.reading import sha as whole_sha
from leadline.contract.event_ids import canonical
from leadline.contract.messages import ChangeMessage, CommitsMessage, DeploymentMessage, EventMessage
from leadline.store.sources import CodeHost, Target, choose

COMMITS_A_MESSAGE = 200

_PRODUCTION = ("production", "prod")


def enrich(vcs: Vcs, facts: Facts, repository: str, sha: str, since: str | None, now: int) -> list[EventMessage]:
    """What is to be folded so that the range from `since` (what was deployed before, if anything) to `sha` is known.

    `sha` may be short. `now` in epoch milliseconds. Raises VcsError; NotFound where the repository has no such commit.
    """
    history = _history(vcs, repository, sha, since)
    commits = {commit["sha"]: commit for commit in history.commits}
    if since is not None and not _reaches(history, since):
        # A rollback, or another branch: where the two part is seen only from the other side.
        commits.update((commit["sha"], commit) for commit in _other_side(vcs, repository, since, history.sha))
    changes = [message(ChangeMessage, change, now) for change in _changes(vcs, facts, repository, history, now)]
    # The commit itself comes last: only then has the deployment that waits for it anything to be derived from, all at once.
    head = commits.pop(history.sha)
    return [*changes, *_commits(repository, [*commits.values(), head], now)]


def recent(host: Listing, repository: str, since: int, cursor: str | None, rules: CodeHost, now: int) -> "Recent":
    """A page of what happened since then (epoch milliseconds). `rules`: which service and environment deployments are of."""
    page = host.recent(repository, since, cursor)
    return Recent(page, repository, rules, now)


class Recent:
    """A page as messages. `cursor` is to be handed in for the next one; None after the last."""

    def __init__(self, page: Page, repository: str, rules: CodeHost, now: int) -> None:
        self.cursor = page.cursor
        deployments = [data for deployed in page.deployments if (data := _placed(deployed, rules)) is not None]
        self.messages: list[EventMessage] = [
            *_commits(repository, page.commits, now),
            *(message(ChangeMessage, change, now) for change in page.changes),
            *(message(DeploymentMessage, data, now) for data in deployments),
        ]


def message(kind: type[EventMessage], data: dict[str, Any], now: int) -> EventMessage:
    """As ingest queues it. The same data always gets the same id."""
    digest = hashlib.sha256(f"{kind.kind}\n{canonical(data)}".encode()).hexdigest()[:24]
    return kind(event_id=f"vcs_{digest}", received_at=now, source="compute", data=data)


def _history(vcs: Vcs, repository: str, sha: str, since: str | None) -> History:
    if since is not None:
        try:
            return vcs.history(repository, sha, since)
        except NotFound:
            pass  # what was deployed before may be gone from the host by now; `sha` need not be
    return vcs.history(repository, sha, None)


def _reaches(history: History, since: str) -> bool:
    """Whether `since` is an ancestor: then, and only then, it is a parent of one of the commits after it."""
    return any(parent.startswith(since) for commit in history.commits for parent in commit["parents"])


def _other_side(vcs: Vcs, repository: str, since: str, sha: str) -> list[dict[str, Any]]:
    try:
        return vcs.history(repository, since, sha).commits
    except NotFound:
        return []


def _commits(repository: str, commits: Sequence[dict[str, Any]], now: int) -> Iterator[EventMessage]:
    for batch in batches(commits, COMMITS_A_MESSAGE):
        yield message(CommitsMessage, {"repository": repository, "commits": list(batch)}, now)


def _changes(vcs: Vcs, facts: Facts, repository: str, history: History, now: int) -> list[dict[str, Any]]:
    """The changes of all these commits, and of those that some of them were picked from.

    Each is requested, even where a change found already brought it: it may be the merge of another (a release branch merged
    back brings the merges made on it).
    """
    picked = (commit.get("cherry_picked_from") for commit in history.commits)
    shas = [commit["sha"] for commit in history.commits] + [sha for sha in picked if whole_sha(sha)]
    unknown = facts.unknown(shas, now)
    if not unknown:
        return []
    found = _own_commits(facts, vcs.changes(repository, unknown))
    facts.note_no_change(sorted(set(unknown) - {sha for change in found for sha in _shas(change)}), now)
    return found


def _own_commits(facts: Facts, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The changes, without the commits and head of those that bring other changes' merges along.

    A release branch merged back, or main taken to it, is such a change: its commits are the work of others, and deploying one
    of them does not ship it. Only its own merge stands for it.
    """
    merges = facts.merges(sha for change in changes for sha in change.get("commit_shas", ()))
    for change in changes:
        merges.setdefault(change["merge_sha"], set()).add(change["number"])
    kept = []
    for change in changes:
        others = {number for sha in change.get("commit_shas", ()) for number in merges.get(sha, ())} - {
            change["number"]
        }
        left_out = ("commit_shas", "head_sha") if others else ()
        kept.append({name: value for name, value in change.items() if name not in left_out})
    return kept


def _shas(change: dict[str, Any]) -> Iterable[str]:
    return [
        *change.get("commit_shas", ()),
        change["merge_sha"],
        *([change["head_sha"]] if "head_sha" in change else []),
    ]


def _placed(deployed: Deployed, rules: CodeHost) -> dict[str, Any] | None:
    """The deployment's data with the service and environment that its webhook would give it; None where it is not counted."""
    if deployed.tag is not None:
        target = choose(rules.tags, deployed.tag)
        return None if target is None else _at(deployed.data, target, "production")
    target = choose(rules.environments, deployed.environment)
    if deployed.transient and not deployed.production and target is None:
        return None
    production = deployed.production or deployed.environment.strip().lower() in _PRODUCTION
    return _at(deployed.data, target or Target(), "production" if production else deployed.environment)


def _at(data: dict[str, Any], target: Target, environment: str) -> dict[str, Any]:
    service = {"service": target.service} if target.service is not None else {}
    return {**data, **service, "environment": target.environment or environment, "baseline": False}

"""What the translators of code hosts share: names of repositories, pushed commits, where a deployment goes.

A push lists the commits that arrived but, except on Bitbucket, not their parents. Two cases are certain:

* One commit arrived and the branch was not rewritten: its parent is the branch's previous tip (a squash, for example).
* The host's merge button made the last commit: it merges the previous tip with the commit listed before it, through
  which all others are reached.

Nothing else is guessed: a wrong parent would stay in the ledger for good, a missing one is filled in from the code
host's API. Any other push yields only its new tip, without parents, so that the SHA is known when it is deployed. The
ledger then takes the branch's merge order for its ancestry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ingest.messages import ReportedEvent
from ingest.payload import safe_word, text, texts
from leadline.contract.events import COMMIT_FIELDS, DEPLOYMENT, commits_event
from leadline.store.sources import CodeHost, Target, choose

MAX_PATHS = 3_000

_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)\s*$", re.MULTILINE)
_FULL_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ZEROS = re.compile(r"0+")
_PRODUCTION = ("production", "prod")


PUSHED_COMMITS = commits_event(
    tuple(replace(known, required=False) if known.name == "parents" else known for known in COMMIT_FIELDS)
)
"""Commits whose parents may be unknown."""


def repository_at(web_url: str | None, path: str, default_host: str) -> str:
    """`github.com/acme/api`: the path after the host of its web page, which self-managed hosts need."""
    try:
        host = urlsplit(web_url or "").netloc.rpartition("@")[2].lower()
    except ValueError:
        host = ""
    return f"{host or default_host}/{path}"


def full_sha(value: str | None) -> str | None:
    """The value if it is a full commit SHA. All zeros mean "no commit"."""
    sha = (value or "").strip().lower()
    return sha if _FULL_SHA.fullmatch(sha) and not _ZEROS.fullmatch(sha) else None


def picked_from(message: str | None) -> str | None:
    """The commit named by `git cherry-pick -x`: the last such line, since a pick may be picked again."""
    found = _PICKED.findall(message or "")
    return found[-1] if found else None


def pushed_commit(
    repository: str, branch: str, sha: str, parents: Sequence[str] | None, commit: Mapping[str, Any], committed_at: Any
) -> dict[str, Any]:
    """The fields of a push of one commit. `parents`: None where they are unknown."""
    fields = {
        "sha": sha,
        "parents": list(parents) if parents is not None else None,
        "committed_at": committed_at,
        "author": text(commit, "author", "username"),
        "cherry_picked_from": picked_from(text(commit, "message")),
    }
    return {"repository": repository, "branch": branch, "commits": [fields]}


def touched_paths(commits: Iterable[Any]) -> list[str] | None:
    """The files that these commits touch; None where that is unknown, or where there are too many."""
    found = dict.fromkeys(
        path for commit in commits for kind in ("added", "modified", "removed") for path in texts(commit, kind)
    )
    return list(found) if 0 < len(found) <= MAX_PATHS else None


def branch_of(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") if ref and ref.startswith("refs/heads/") else None


def tag_of(ref: str | None) -> str | None:
    return ref.removeprefix("refs/tags/") if ref and ref.startswith("refs/tags/") else None


def target_of(host: CodeHost, environment: str, *, production: bool, workflow: str | None = None) -> Target:
    """The service and environment under which a deployment to the host's `environment` is counted.

    The configuration decides ("workflow/environment" before "environment"). Without it, what the host marks as production
    is `production`, and any other environment keeps its name. `production`: whether the host marks it so.
    """
    names = [f"{workflow}/{environment}", environment] if workflow else [environment]
    target = next((found for name in names if (found := choose(host.environments, name)) is not None), Target())
    plain = environment.strip().lower()
    own = "production" if production or plain in _PRODUCTION else environment
    return Target(target.service, target.environment or own)


def is_mapped(host: CodeHost, environment: str) -> bool:
    """Whether the configuration names this environment, by name or pattern."""
    return choose(host.environments, environment) is not None


def tag_deployment(
    host: CodeHost,
    repository: str,
    tag: str,
    sha: str,
    finished_at: Any,
    url: str | None = None,
    source_time: int | None = None,
) -> ReportedEvent | None:
    """The deployment that a tag stands for; None where it is not configured as one. A tag and its release are one."""
    target = choose(host.tags, tag)
    if target is None:
        return None
    fields = {
        "id": sha,
        "repository": repository,
        "service": target.service,
        "environment": target.environment,
        "status": "success",
        "finished_at": finished_at,
        "deployment_id": f"tag:{tag}",
        "version": tag,
        "url": url,
    }
    return ReportedEvent(DEPLOYMENT, fields, source_time)


def unused_event(event: str | None) -> str:
    """Why an event of this kind is ignored."""
    return f"events of the kind '{safe_word(event)}' are not used"


def unused_action(action: str | None) -> str:
    """Why an event is ignored that is only about this action."""
    return f"the action '{safe_word(action)}' changes nothing that Leadline records"


def unconfigured_tag(source: str) -> str:
    """Why a tag is ignored."""
    return f"no tag like this is configured as a deployment ({source}.tags)"


UNFOLLOWED_BRANCH = "the branch is neither the default branch nor a release branch"
NO_COMMIT = "the push brings no commit"
CLOSED_UNMERGED = "closed without being merged"

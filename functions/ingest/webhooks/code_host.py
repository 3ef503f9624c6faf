"""What the translators of code hosts share: names of repositories, pushed commits, where a deployment goes.

A push says which commits arrived, and (Bitbucket aside) not what their parents are. What can be known for certain:

* One commit arrived, and the branch was not rewritten: its parent is the branch's former tip. A squash is such a push.
* The host's own merge button made the last commit: a merge of the former tip with the one listed before it, since all
  others are reached through that one.

Nothing else is guessed: a wrong parent would stay in the ledger for good, a missing one is filled in by the VCS. Of any
other push only the new tip is told, without parents: that it exists and is on the branch, so that deploying it is not
a riddle. The ledger then takes the branch's merge order for its ancestry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ingest.webhooks.delivery import ReportedEvent
from ingest.webhooks.payload import shown, text, texts
from leadline.contract.events import COMMIT_FIELDS, DEPLOYMENT, commits_event
from leadline.store.sources import CodeHost, Target, choose

MAX_PATHS = 3_000

_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)\s*$", re.MULTILINE)
_FULL_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NO_COMMIT = re.compile(r"0+")
_PRODUCTION = ("production", "prod")


PUSHED_COMMITS = commits_event(
    tuple(replace(known, required=False) if known.name == "parents" else known for known in COMMIT_FIELDS)
)
"""Commits whose parents the host may not have sent, which the ledger can live with."""


def repository_at(web_url: str | None, path: str, default_host: str) -> str:
    """`github.com/acme/api`: the path with the host of its web page, as hosts of one's own have names of their own."""
    try:
        host = urlsplit(web_url or "").netloc.rpartition("@")[2].lower()
    except ValueError:
        host = ""
    return f"{host or default_host}/{path}"


def full_sha(value: str | None) -> str | None:
    """The value if it is a commit's whole SHA; all zeros mean that there is none."""
    plain = (value or "").strip().lower()
    return plain if _FULL_SHA.fullmatch(plain) and not _NO_COMMIT.fullmatch(plain) else None


def picked_from(message: str | None) -> str | None:
    """The commit that `git cherry-pick -x` says it copied: the last such line, since a pick may be picked again."""
    found = _PICKED.findall(message or "")
    return found[-1] if found else None


def pushed(
    repository: str, branch: str, sha: str, parents: Sequence[str] | None, commit: Mapping[str, Any], at: Any
) -> ReportedEvent:
    """One pushed commit; `parents` None where they are not known, `at` when it was committed."""
    told = {
        "sha": sha,
        "parents": list(parents) if parents is not None else None,
        "committed_at": at,
        "author": text(commit, "author", "username"),
        "cherry_picked_from": picked_from(text(commit, "message")),
    }
    return ReportedEvent(PUSHED_COMMITS, {"repository": repository, "branch": branch, "commits": [told]})


def touched(commits: Iterable[Any]) -> list[str] | None:
    """The files that these commits touch; None where that is not known, or too many to tell."""
    found = dict.fromkeys(
        path for commit in commits for kind in ("added", "modified", "removed") for path in texts(commit, kind)
    )
    return list(found) if 0 < len(found) <= MAX_PATHS else None


def branch_of(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") if ref and ref.startswith("refs/heads/") else None


def tag_of(ref: str | None) -> str | None:
    return ref.removeprefix("refs/tags/") if ref and ref.startswith("refs/tags/") else None


def place_of(host: CodeHost, environment: str, *, production: bool, workflow: str | None = None) -> Target:
    """Which service and environment a deployment to the host's `environment` is counted under.

    By configuration ("workflow/environment" before "environment"), else: what the host calls production is
    `production`, and any other keeps its name. Repositories that hold several services name them in the configuration.
    """
    names = [f"{workflow}/{environment}", environment] if workflow else [environment]
    target = next((found for name in names if (found := choose(host.environments, name)) is not None), Target())
    plain = environment.strip().lower()
    own = "production" if production or plain in _PRODUCTION else environment
    return Target(target.service, target.environment or own)


def is_mapped(host: CodeHost, environment: str) -> bool:
    """Whether somebody configured this environment by name or pattern."""
    return choose(host.environments, environment) is not None


def released(
    host: CodeHost, repository: str, tag: str, sha: str, at: Any, url: str | None = None
) -> ReportedEvent | None:
    """The deployment that a tag is, where the configuration says so. The tag and its release are one deployment."""
    target = choose(host.tags, tag)
    if target is None:
        return None
    fields = {
        "id": sha,
        "repository": repository,
        "service": target.service,
        "environment": target.environment,
        "status": "success",
        "finished_at": at,
        "deployment_id": f"tag:{tag}",
        "version": tag,
        "url": url,
    }
    return ReportedEvent(DEPLOYMENT, fields)


def no_interest(event: str | None) -> str:
    return f"the event '{shown(event)}' is of no interest"

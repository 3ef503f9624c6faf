"""The commit and the repository that an event of CDEvents is about. Only `change.merged` has a field for them.

The published rule; the first place that has a commit counts (docs/connect/cdevents.md):

1. `customData.leadline`: fields of the Events API by their own names, which override everything else.
2. `customData`: a SHA under one of the names below, a repository under `repository` or its like.
3. The artifact's package URL, where it names a commit (`ingest.artifacts`).
4. An earlier or later `artifact.packaged` or `artifact.published` of the same artifact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ingest.artifacts import Origin, checked_repository, full_or_short_sha, is_full_sha, read_purl

SHA_NAMES = (
    *("commit", "sha", "revision", "commit_sha", "commitSha", "commitId", "git_commit", "gitCommit"),
    "org.opencontainers.image.revision",
)
MERGE_NAMES = ("merge_sha", "mergeSha", "merge_commit_sha", "mergeCommitSha", *SHA_NAMES)
HEAD_NAMES = ("head_sha", "headSha")
REPOSITORY_NAMES = ("repository", "repositoryUrl", "repository_url", "org.opencontainers.image.source")

_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:/*)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?)((?:/.*)?)")
# A user before the host, and a query: registries accept tokens in both, and neither identifies the artifact.
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@?#]+@|\?.*", re.DOTALL)
_LETTER = re.compile(r"[a-fA-F]")


def own_fields(custom: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of the Events API in the event's `customData.leadline`."""
    own = custom.get("leadline")
    return {name: value for name, value in own.items() if value is not None} if isinstance(own, dict) else {}


def origin_of(custom: Mapping[str, Any], artifact: str | None) -> Origin:
    """What the event itself says: rules 2 and 3."""
    purl = read_purl(artifact) if artifact else None
    by_name = purl.origin if purl else Origin()
    sha = sha_in(custom, SHA_NAMES) or by_name.sha
    return Origin(sha, _repository_in(custom) or by_name.repository)


def packaged_origin(custom: Mapping[str, Any], artifact: str, change: Any) -> Origin:
    """What an artifact was built from, by the event that packaged it: customData, its change, its package URL."""
    by_name = origin_of({}, artifact)
    name = change.get("id") if isinstance(change, dict) else None
    by_change = full_or_short_sha(name)
    if by_change and not (is_full_sha(by_change) or _LETTER.search(by_change)):
        by_change = None  # digits only: the number of a change in a code review system
    repository = repository_in_reference(None, change.get("source")) if isinstance(change, dict) else None
    return Origin(
        sha_in(custom, SHA_NAMES) or by_change or by_name.sha,
        _repository_in(custom) or repository or by_name.repository,
    )


def artifact_key(artifact: str) -> str:
    """One key for all spellings of an artifact: its package URL without qualifiers, else its name without credentials."""
    purl = read_purl(artifact)
    return purl.key if purl else _CREDENTIALS.sub("", artifact.strip())


def sha_in(custom: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((sha for name in names if (sha := full_or_short_sha(custom.get(name)))), None)


def repository_in_reference(name: str | None, source: Any) -> str | None:
    """The repository of a reference such as `{"id": "acme/api", "source": "https://github.com"}`, or of either alone."""
    host = _HOST.fullmatch(source.strip()) if isinstance(source, str) else None
    if name is None:
        return checked_repository(host[1] + host[2]) if host else None
    own = _HOST.fullmatch(name.strip())
    if host is None or (own is not None and own[2].count("/") > 1):
        return checked_repository(name)
    base = (host[1] + host[2]).rstrip("/")
    return checked_repository(base if base.endswith("/" + name.strip("/")) else f"{base}/{name.strip('/')}")


def _repository_in(custom: Mapping[str, Any]) -> str | None:
    for name in REPOSITORY_NAMES:
        value = custom.get(name)
        if isinstance(value, str) and (repository := checked_repository(value)):
            return repository
    return None

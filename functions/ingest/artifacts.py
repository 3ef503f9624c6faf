"""The commit an artifact was built from, as far as its name says: package URLs and image references.

    pkg:github/acme/api@7fd1a60b01f9…                                       a commit of github.com/acme/api
    pkg:golang/git.acme.dev/team/app@v0.0.0-20260921141320-7fd1a60b01f9     its abbreviation, in Go's pseudo-version
    pkg:oci/api@sha256%3A0b31…?vcs_url=git%2Bhttps://github.com/acme/api%407fd1a60b01f9…
    ghcr.io/acme/api:sha-7fd1a60

A digest ("sha256:…") or a release's version is not a commit: where the name has none, nothing is guessed.
Source: the package URL specification, and the tags that common CI actions give to images.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.repository_path import read_repository_path, suggest

MAX_PURL = 2_000

_PURL = re.compile(r"pkg:/*([A-Za-z][A-Za-z0-9.+-]*)/(.+)", re.DOTALL)
_FULL = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_ABBREVIATED = re.compile(r"[0-9a-fA-F]{7,64}")
_PSEUDO_VERSION = re.compile(r"v\d+\.\d+\.\d+-(?:.*\.)?\d{14}-([0-9a-f]{12})(?:\+incompatible)?")
# As docker/metadata-action tags: after such a prefix comes a commit, however short.
_TAG = re.compile(r"(?:.*[-_.])?(?:sha|git|commit)[-_.]([0-9a-fA-F]{7,40})|(?:.*[-_.])?([0-9a-fA-F]{40})")
_GIT_URL = re.compile(r"(?:git\+)?(?P<url>[A-Za-z][A-Za-z0-9+.-]*://.+?)(?:@(?P<commit>[0-9a-fA-F]{7,64}))?(?:#.*)?")

# Package types that mean a repository at a commit.
_HOSTS = {"github": "github.com/", "gitlab": "gitlab.com/", "bitbucket": "bitbucket.org/", "golang": "", "git": ""}


@dataclass(frozen=True, slots=True)
class Origin:
    """What an artifact was built from, as far as it is known. The SHA may be abbreviated."""

    sha: str | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Purl:
    """A parsed package URL. `key` is the same for all spellings of one artifact: no qualifiers, no subpath."""

    kind: str
    name: str
    version: str | None
    qualifiers: dict[str, str]

    @property
    def key(self) -> str:
        return f"pkg:{self.kind}/{self.name}" + (f"@{self.version}" if self.version else "")

    @property
    def origin(self) -> Origin:
        by_url = repository_of(self.qualifiers.get("vcs_url"))
        host = _HOSTS.get(self.kind)
        own = checked_repository(host + self.name) if host is not None else None
        return Origin(self._find_sha() or by_url.sha, by_url.repository or own)

    def _find_sha(self) -> str | None:
        version = self.version or ""
        if self.kind in _HOSTS:
            pseudo = _PSEUDO_VERSION.fullmatch(version)
            if pseudo or _ABBREVIATED.fullmatch(version):
                return pseudo[1] if pseudo else version.lower()
        for name in ("commit", "revision", "vcs_ref"):
            if _ABBREVIATED.fullmatch(self.qualifiers.get(name, "")):
                return self.qualifiers[name].lower()
        return commit_of_tag(self.qualifiers.get("tag") or version)


def read_purl(text: str) -> Purl | None:
    """The package URL in this text, or None."""
    match = _PURL.fullmatch(text.strip()) if len(text) <= MAX_PURL else None
    if match is None:
        return None
    rest = match[2].partition("#")[0]
    rest, _, query = rest.partition("?")
    # An @ in a name (npm's scopes) is percent-encoded; the version's is the last one.
    path, at, version = rest.rpartition("@")
    if not at:
        path, version = rest, ""
    name = "/".join(unquote(segment) for segment in path.split("/") if segment)
    if not name:
        return None
    qualifiers = {key.lower(): value for key, value in parse_qsl(query, keep_blank_values=False)}
    return Purl(match[1].lower(), name, unquote(version) or None, qualifiers)


def commit_of_tag(tag: str) -> str | None:
    """The commit in an image's tag or a version: a full SHA, or one with a prefix that says so ("sha-7fd1a60")."""
    match = _TAG.fullmatch(tag)
    return (match[1] or match[2]).lower() if match else None


def commit_of_image(reference: str) -> str | None:
    """The commit in the tag of an image reference such as `ghcr.io/acme/api:sha-7fd1a60@sha256:…`."""
    name = reference.partition("@")[0].rpartition("/")[2]
    return commit_of_tag(name.partition(":")[2])


def repository_of(vcs_url: str | None) -> Origin:
    """The repository and the commit in `git+https://github.com/acme/api.git@7fd1a60…`."""
    match = _GIT_URL.fullmatch((vcs_url or "").strip())
    if match is None:
        return Origin()
    commit = match["commit"]
    return Origin(commit.lower() if commit else None, checked_repository(match["url"]))


def checked_repository(text: str) -> str | None:
    """The repository's path as it is stored, from its path or URL; None where it is neither."""
    try:
        return read_repository_path(text)
    except InvalidValue:
        return suggest(text)


def full_or_short_sha(value: object) -> str | None:
    """The SHA in lower case, full or abbreviated; None where the value is not a SHA."""
    text = value.strip() if isinstance(value, str) else ""
    return text.lower() if _ABBREVIATED.fullmatch(text) else None


def is_full_sha(text: str) -> bool:
    return _FULL.fullmatch(text) is not None

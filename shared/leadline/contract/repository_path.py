"""Repositories are named by their path, with or without the host.

    acme/api      github.com/acme/api      gitlab.com/group/sub/app      git.acme.dev:8443/team/app

Hosts are lower-cased, since their case does not matter. The path is kept as sent: whether its case matters depends on the host,
and a CI system always spells its own repositories the same way. `acme/api` and `github.com/acme/api` are two repositories on
purpose: Leadline can't know which host a bare path is on.
"""

from __future__ import annotations

import re
from typing import NoReturn

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.repository_spelling import begins_with_host, spelled

MAX_LENGTH = 200
MAX_SEGMENTS = 22
"""A host, GitLab's twenty levels of groups, and the project."""

_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~+-]|%[0-9A-Fa-f]{2})+")
_PROTOCOL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/+")
_SCP = re.compile(r"([A-Za-z0-9.-]+):(?!\d+(?:/|$))(.+)")
# On these hosts the path is always owner/name; anything after that is a page of the repository.
_OWNER_AND_NAME = frozenset({"github.com", "bitbucket.org"})


def read_repository_path(value: object) -> str:
    """The repository's path in the one spelling that is stored.

    Raises InvalidValue: `type` unless it is a string, `too_long`, else `repository`. Its detail suggests a spelling if possible,
    and never repeats credentials.
    """
    if not isinstance(value, str):
        raise InvalidValue("type", "must be a string such as acme/api or github.com/acme/api")
    if len(value) > MAX_LENGTH * 4:
        raise InvalidValue("too_long", f"has more than {MAX_LENGTH} characters")
    path = value.strip()
    wrong = _fault_in(path)
    if wrong is not None:
        _refuse(path, wrong)
    if len(path) > MAX_LENGTH:
        raise InvalidValue("too_long", f"has more than {MAX_LENGTH} characters")
    return spelled(path)


def _fault_in(text: str) -> str | None:
    if not text:
        return "is empty"
    if _PROTOCOL.match(text):
        return "must be a path without a protocol" + (" and credentials" if "@" in text else "")
    if "@" in text:
        return "must be a path without user or credentials"
    if "?" in text or "#" in text:
        return "must be a path without a query or fragment"
    if text.startswith("/") or text.endswith("/"):
        return "must not start or end with a slash"
    if "//" in text:
        return "contains an empty segment"
    if text.lower().endswith(".git"):
        return "must not end in .git"
    segments = text.split("/")
    host = segments[0].lower() if len(segments) > 2 or segments[0].lower() in _OWNER_AND_NAME else ""
    if host in {f"www.{name}" for name in _OWNER_AND_NAME}:
        return "names the host of web pages"
    if host in _OWNER_AND_NAME and len(segments) != 3:
        return f"must be {host}/owner/name"
    if len(segments) < 2:
        return "must have at least an owner and a name, like github.com/acme/api"
    if len(segments) > MAX_SEGMENTS:
        return f"has more than {MAX_SEGMENTS} segments"
    named = segments[1:] if begins_with_host(segments) else segments
    if all(_SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in named):
        return None
    return "may contain only letters, digits, '.', '_', '-', '~', '+', '%20' and '/'"


def _refuse(text: str, wrong: str) -> NoReturn:
    better = suggest(text)
    raise InvalidValue(
        "repository", f"{wrong}; send {better}" if better else f"{wrong}; send a path like github.com/acme/api"
    )


def suggest(text: str) -> str | None:
    """The spelling to send instead, or None if that is not certain."""
    rest, protocol = text.strip().replace("\\", "/"), ""
    if match := _PROTOCOL.match(rest):
        protocol, rest = match[1].lower(), rest[match.end() :]
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    head, slash, tail = rest.partition("/")
    # Credentials precede the only @, in the first segment. An @ anywhere else may end a password that contains a slash or question
    # mark. Then the rest could be a part of the password, and nothing is suggested.
    if "@" in tail or text.count("@") > head.count("@") or head.count("@") > 1:
        return None
    rest = head.rpartition("@")[2] + slash + tail
    if match := _SCP.fullmatch(rest):
        rest = f"{match[1]}/{match[2]}"
    elif protocol == "ssh":  # the port belongs to ssh, not to the repository
        rest = re.sub(r"^([^/:]+):\d+", r"\1", rest)
    segments = [segment.replace(" ", "%20") for segment in rest.split("/") if segment]
    if segments:
        segments[-1] = re.sub(r"(?i)(?:\.git)+$", "", segments[-1])
        segments[0] = re.sub(r"(?i)^www\.(?=(?:github\.com|bitbucket\.org)$)", "", segments[0])
        if segments[0].lower() in _OWNER_AND_NAME:
            segments = [*segments[:2], *(re.sub(r"(?i)\.git$", "", segment) for segment in segments[2:3])]
    try:
        return None if (better := "/".join(segments)) == text else read_repository_path(better)
    except InvalidValue:
        return None

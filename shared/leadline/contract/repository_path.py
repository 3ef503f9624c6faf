"""How a repository is named: by its path, with or without the host, and nothing else.

    acme/api      github.com/acme/api      gitlab.com/group/sub/app      git.acme.dev:8443/team/app

The host is lower-cased, since hosts have no case. The path is kept as sent: hosts differ in whether case counts, and a
CI system always writes its own repositories alike. `acme/api` and `github.com/acme/api` are two repositories, on
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
# Where the path is always owner/name: whatever follows is a page of that repository, not the repository.
_OWNER_AND_NAME = frozenset({"github.com", "bitbucket.org"})


def read_repository_path(value: object) -> str:
    """The repository's path in the one spelling that is stored.

    Raises InvalidValue: `type` if it is no string, `too_long`, else `repository`, whose detail names the spelling to send
    where one can be told, never with credentials in it.
    """
    if not isinstance(value, str):
        raise InvalidValue("type", "must be a string such as acme/api or github.com/acme/api")
    if len(value) > MAX_LENGTH * 4:
        raise InvalidValue("too_long", f"has more than {MAX_LENGTH} characters")
    path = value.strip()
    wrong = _what_is_wrong(path)
    if wrong is not None:
        _refuse(path, wrong)
    if len(path) > MAX_LENGTH:
        raise InvalidValue("too_long", f"has more than {MAX_LENGTH} characters")
    return spelled(path)


def _what_is_wrong(text: str) -> str | None:
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
        return "holds an empty segment"
    if text.lower().endswith(".git"):
        return "must not end in .git"
    segments = text.split("/")
    host = segments[0].lower() if len(segments) > 2 or segments[0].lower() in _OWNER_AND_NAME else ""
    if host in {f"www.{name}" for name in _OWNER_AND_NAME}:
        return "names a web page's host"
    if host in _OWNER_AND_NAME and len(segments) != 3:
        return f"must be {host}/owner/name"
    if len(segments) < 2:
        return "must have at least an owner and a name, like github.com/acme/api"
    if len(segments) > MAX_SEGMENTS:
        return f"has more than {MAX_SEGMENTS} segments"
    named = segments[1:] if begins_with_host(segments) else segments
    if all(_SEGMENT.fullmatch(segment) and segment not in (".", "..") for segment in named):
        return None
    return "may hold letters, digits, '.', '_', '-', '~', '+', '%20' and '/' only"


def _refuse(text: str, wrong: str) -> NoReturn:
    better = suggest(text)
    raise InvalidValue(
        "repository", f"{wrong}; send {better}" if better else f"{wrong}; send a path like github.com/acme/api"
    )


def suggest(text: str) -> str | None:
    """The spelling to send instead, or None where that can't be told for certain."""
    rest, protocol = text.strip().replace("\\", "/"), ""
    if match := _PROTOCOL.match(rest):
        protocol, rest = match[1].lower(), rest[match.end() :]
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    head, slash, tail = rest.partition("/")
    # Credentials stand before the only @, in the first segment. An @ anywhere else may be the end of a password that
    # holds a slash or a question mark: then what is left could be a piece of it, and nothing is suggested.
    if "@" in tail or text.count("@") > head.count("@") or head.count("@") > 1:
        return None
    rest = head.rpartition("@")[2] + slash + tail
    if match := _SCP.fullmatch(rest):
        rest = f"{match[1]}/{match[2]}"
    elif protocol == "ssh":  # the port is ssh's own, not the repository's
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

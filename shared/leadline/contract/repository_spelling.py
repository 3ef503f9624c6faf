"""The stored spelling of a repository's path: the host in lower case, the rest as sent."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HOST = re.compile(r"(?=.{1,255}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?|localhost:\d{1,5}")


def begins_with_host(segments: Sequence[str]) -> bool:
    """Whether the path begins with a host. Two segments are always an owner and a name."""
    return len(segments) > 2 and _HOST.fullmatch(segments[0]) is not None


def spelled(path: str) -> str:
    """The path as it is stored."""
    segments = path.split("/")
    return "/".join([segments[0].lower(), *segments[1:]]) if begins_with_host(segments) else path

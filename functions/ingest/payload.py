"""Reading payloads of any shape: each accessor returns a value of the type it names, or None.

text(payload, "pull_request", "base", "ref")        'main', or None
objects(payload, "commits")                         the objects in that list, or []
"""

from __future__ import annotations

import re
from typing import Any

from ingest.messages import Malformed
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.times import read_time

_SAFE_WORD = re.compile(r"[A-Za-z0-9_:. /-]{1,60}", re.ASCII)


def at(payload: Any, *path: str) -> Any:
    """The value at this path, or None."""
    for name in path:
        if not isinstance(payload, dict):
            return None
        payload = payload.get(name)
    return payload


def text(payload: Any, *path: str) -> str | None:
    value = at(payload, *path)
    return value if isinstance(value, str) and value.strip() else None


def integer(payload: Any, *path: str) -> int | None:
    value = at(payload, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(payload: Any, *path: str) -> bool:
    return at(payload, *path) is True


def entries(payload: Any, *path: str) -> list[Any]:
    value = at(payload, *path)
    return value if isinstance(value, list) else []


def objects(payload: Any, *path: str) -> list[dict[str, Any]]:
    return [entry for entry in entries(payload, *path) if isinstance(entry, dict)]


def texts(payload: Any, *path: str) -> list[str]:
    return [entry for entry in entries(payload, *path) if isinstance(entry, str) and entry.strip()]


def instant(payload: Any, *path: str) -> int | None:
    """A time in epoch milliseconds, from RFC 3339 with an offset or an epoch number."""
    return instant_of(at(payload, *path))


def instant_of(value: object) -> int | None:
    try:
        return read_time(value)
    except InvalidValue:
        return None


def need_text(payload: Any, *path: str) -> str:
    """Like `text`; raises Malformed where there is none."""
    value = text(payload, *path)
    if value is None:
        raise Malformed(f"{'.'.join(path)} is missing")
    return value


def need_integer(payload: Any, *path: str) -> int:
    """Like `integer`; raises Malformed where there is none."""
    value = integer(payload, *path)
    if value is None:
        raise Malformed(f"{'.'.join(path)} is missing")
    return value


def safe_word(value: str | None) -> str:
    """The value if an answer may repeat it, being a plain word of the sender's protocol; else "unknown"."""
    return value if value and _SAFE_WORD.fullmatch(value) else "unknown"

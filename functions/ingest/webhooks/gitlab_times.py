"""Times as GitLab's hooks write them: `2023-12-05 18:43:00 UTC`, `2021-04-28 21:50:00 +0200`, or RFC 3339."""

from __future__ import annotations

import re
from typing import Any

from ingest.webhooks.delivery import Malformed
from ingest.webhooks.payload import instant_of, text

_APART = re.compile(r" (?:UTC|(?=[+-]\d\d:?\d\d))")


def time_at(payload: Any, *path: str) -> int | None:
    """The time that stands there in epoch milliseconds, or None."""
    value = (text(payload, *path) or "").strip()
    return instant_of(_APART.sub(lambda apart: "Z" if apart[0] == " UTC" else "", value))


def need_time(payload: Any, *path: str) -> int:
    """Like `time_at`; raises Malformed where there is none."""
    value = time_at(payload, *path)
    if value is None:
        raise Malformed(f"{'.'.join(path)} is missing or is no time")
    return value

"""ETag and If-Match: nobody overwrites what he has not seen.

An ETag is a digest of what a resource says, so it changes exactly when that does. A change needs If-Match with the ETag that was
read, or with * by who does not care. Teams came before ETags: of them it is checked where it is sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from leadline.http.problems import Problem
from leadline.queue import canonical
from query.web.request import Reply, Request

IF_MATCH = {"If-Match": "The ETag of what the change is made to, or * for whatever there is. Needed unless it is new."}
MAY_MATCH = {"If-Match": "The ETag of what the change is made to: it is refused if that was changed meanwhile."}

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')


def etag(value: Any) -> str:
    """The ETag of an answer."""
    return f'"{hashlib.sha256(canonical(value).encode()).hexdigest()[:20]}"'


def with_etag(value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(value, {"etag": etag(value), **(headers or {})})


def check_if_match(request: Request, current: Any | None, *, needed: bool = True) -> None:
    """Raises Problem (412, 428) unless the request may change what is `current`ly there; None where there is nothing.

    `needed`: whether a change without If-Match is refused.
    """
    wanted = request.headers.get("if-match", "").strip()
    if request.headers.get("if-none-match", "").strip() == "*" and current is not None:
        raise _changed("There is one already")
    if current is None:
        if wanted:
            raise _changed("There is none")
        return
    if not wanted and not needed:
        return
    if not wanted:
        raise Problem(428, "Precondition required", "Send If-Match with the ETag of what you read, or *.")
    if wanted != "*" and etag(current) not in _strong_tags(wanted):
        raise _changed("It was changed since you read it")


def _strong_tags(header: str) -> set[str]:
    return {f'"{tag}"' for weak, tag in _TAG.findall(header) if not weak}


def _changed(what: str) -> Problem:
    return Problem(412, "Precondition failed", f"{what}: read it again, and make the change to that.")

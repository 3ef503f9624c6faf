"""ETag and If-Match, which prevent lost updates.

An ETag is a digest of the resource, so it changes exactly when the resource does. A change requires If-Match with
the ETag that was read, or * to overwrite any version. For teams, which are older than ETags, If-Match is optional.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from leadline.contract.event_ids import canonical
from leadline.http.problems import Problem
from query.http.request import Reply, Request

IF_MATCH = {
    "If-Match": "The ETag from your last read, or `*` to overwrite whatever is stored. Required unless the resource is new."
}
MAY_MATCH = {"If-Match": "The ETag from your last read. The request is rejected if the resource has changed since."}

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')


def etag(value: Any) -> str:
    """The ETag of a resource."""
    return f'"{hashlib.sha256(canonical(value).encode()).hexdigest()[:20]}"'


def with_etag(value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(value, {"etag": etag(value), **(headers or {})})


def check_if_match(request: Request, current: Any | None, *, needed: bool = True) -> None:
    """Raises Problem (412, 428) unless the request may change the `current` resource (None if it does not exist yet).

    `needed`: whether a change without If-Match is rejected.
    """
    wanted = request.headers.get("if-match", "").strip()
    if request.headers.get("if-none-match", "").strip() == "*" and current is not None:
        raise _changed("It exists already")
    if current is None:
        if wanted:
            raise _changed("It does not exist")
        return
    if not wanted and not needed:
        return
    if not wanted:
        raise Problem(428, "Precondition required", "Send If-Match with the ETag from your last read, or *.")
    if wanted != "*" and etag(current) not in _strong_tags(wanted):
        raise _changed("It has changed since you read it")


def _strong_tags(header: str) -> set[str]:
    return {f'"{tag}"' for weak, tag in _TAG.findall(header) if not weak}


def _changed(what: str) -> Problem:
    return Problem(412, "Precondition failed", f"{what}. Read it again and repeat your change.")

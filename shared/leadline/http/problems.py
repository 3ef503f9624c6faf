"""Every error answer over HTTP: `application/problem+json` (RFC 9457), one shape for all routes.

A `Problem` can be raised from anywhere below a handler; the handler answers `problem.response()`. Details are written
for the sender and never repeat a value that was sent, since that may be a secret; they may name a field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from leadline.contract.invalid_value import Fault

MAX_ERRORS = 100


class Problem(Exception):
    """An error answer: HTTP `status`, a `title` shared by all problems of its kind, a `detail` for this one.

    `type` is made from the title. `errors` lists the faults of invalid input, the first 100 of them. `members` are
    added to the body, `headers` (lower case) to the answer. `key_id`: the key that was refused, for the access log only.
    """

    key_id: str | None = None

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[Fault] = (),
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    @property
    def type(self) -> str:
        """A stable name of the kind of problem: a URN, not an address to fetch."""
        return "urn:leadline:problem:" + re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"type": self.type, "title": self.title, "status": self.status, "detail": self.detail}
        if self.errors:
            body["errors"] = at_most(self.errors, MAX_ERRORS)
        return {**body, **self.members}

    def response(self) -> dict[str, Any]:
        """The answer of a Lambda behind an HTTP API (payload 2.0)."""
        return {
            "statusCode": self.status,
            "headers": {"content-type": "application/problem+json", "cache-control": "no-store", **self.headers},
            "body": json.dumps(self.body()),
        }


def at_most(faults: Sequence[Fault], most: int) -> list[Fault]:
    """The first `most` faults and, if there were more, one entry (code `more`) that says how many."""
    listed = list(faults[:most])
    if len(faults) > most:
        listed.append({"pointer": "", "code": "more", "detail": f"{len(faults) - most} more faults are not listed"})
    return listed


def unavailable(detail: str, *, retry_after: int = 5, members: Mapping[str, Any] | None = None) -> Problem:
    """503: something we stand on can't be reached. `retry_after` in seconds."""
    headers = {"retry-after": str(retry_after)}
    return Problem(503, "Temporarily unavailable", detail, headers=headers, members=members)


def internal() -> Problem:
    """500: our bug. What it was is in the log, not in the answer."""
    return Problem(500, "Internal error", "This is a fault in Leadline, not in the request; it has been logged.")

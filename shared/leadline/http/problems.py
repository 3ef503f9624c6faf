"""Error answers over HTTP: `application/problem+json` (RFC 9457), one shape for all routes.

A `Problem` can be raised anywhere below a handler, which answers `problem.response()`. Details are written for the sender. They
may name a field but never repeat a value that was sent, since that may be a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from leadline.contract.invalid_value import Fault

MAX_ERRORS = 100


class Problem(Exception):
    """An error answer: HTTP `status`, a `title` shared by all problems of its kind, a `detail` about this one.

    `type` follows from the title. `errors`: the faults of invalid input; the answer lists the first 100. `members` are
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
        """A stable name for the kind of problem: a URN, not an address to fetch."""
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
    """The first `most` faults. If there are more, one entry with the code `more` says how many."""
    listed = list(faults[:most])
    if len(faults) > most:
        listed.append({"pointer": "", "code": "more", "detail": f"{len(faults) - most} more faults are not listed"})
    return listed


def unavailable(detail: str, *, retry_after: int = 5, members: Mapping[str, Any] | None = None) -> Problem:
    """503: the table or the queue can't be reached. `retry_after` in seconds."""
    headers = {"retry-after": str(retry_after)}
    return Problem(503, "Temporarily unavailable", detail, headers=headers, members=members)


def internal() -> Problem:
    """500: a bug. The log says which; the answer does not."""
    return Problem(500, "Internal error", "This is a bug in Leadline, not in the request. It has been logged.")

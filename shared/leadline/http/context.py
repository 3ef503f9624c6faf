"""What is known about a request while it is handled: for the access log, and for headers that every answer carries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from leadline.store.access import LogEntry
from leadline.store.table import Write

_ID = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
UNKNOWN = "unknown"


class Caller(Protocol):
    """The key that a request was made with, and its last use as stored (epoch milliseconds, 0 for never)."""

    @property
    def key_id(self) -> str: ...

    @property
    def used_at(self) -> int: ...


@dataclass(slots=True)
class RequestContext:
    """What a handler finds out about the request it works on.

    `at`: time of receipt in epoch milliseconds, None until known. `route`: the route's template; None keeps the request out of the
    access log. `principal`: the caller, once authenticated. `refused_key_id`: the id of a key that was revoked or has expired.
    `headers`: added to the answer. `also`: gives further writes, stored with the access log's entry.
    """

    at: int | None = None
    route: str | None = UNKNOWN
    principal: Caller | None = None
    refused_key_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    also: Callable[[], Sequence[Write]] = tuple
    started: float = field(default_factory=time.monotonic)

    def entry(self, event: Mapping[str, Any], status: int) -> LogEntry | None:
        """The request's entry of the access log; None if it gets none."""
        if self.route is None or self.at is None:
            return None
        source = str(((event.get("requestContext") or {}).get("http") or {}).get("sourceIp") or "")[:50] or None
        key_id = self.principal.key_id if self.principal is not None else self.refused_key_id
        took = int((time.monotonic() - self.started) * 1000)
        return LogEntry(self.at, request_id(event), self.route, status, took, key_id, source)


def request_id(event: Mapping[str, Any]) -> str:
    """API Gateway's id of the request."""
    found = str((event.get("requestContext") or {}).get("requestId") or "")
    return found if _ID.fullmatch(found) else "none"


def identified(event: Mapping[str, Any], response: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """The answer with its request id and these headers added; the answer's own headers win."""
    return {**response, "headers": {**headers, "x-request-id": request_id(event), **response["headers"]}}

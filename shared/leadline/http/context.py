"""What is known of a request while it is answered: for the access log, and for headers that every answer carries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.access.keys import Principal
from leadline.store.access import LogEntry
from leadline.store.table import Write

_ID = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
UNKNOWN = "unknown"


@dataclass(slots=True)
class RequestContext:
    """`at`: when it came, in epoch ms, None until that is known. `route` is a template of ours once it is known, None for what is
    not noted; `headers` go out with the answer. `ended`: the id of a key that was right once.
    `also` makes what else is noted once it is answered."""

    at: int | None = None
    route: str | None = UNKNOWN
    principal: Principal | None = None
    ended: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    also: Callable[[], Sequence[Write]] = tuple
    started: float = field(default_factory=time.monotonic)

    def entry(self, event: Mapping[str, Any], status: int) -> LogEntry | None:
        """The line of the access log; None where none is kept."""
        if self.route is None or self.at is None:
            return None
        source = str(((event.get("requestContext") or {}).get("http") or {}).get("sourceIp") or "")[:50] or None
        key_id = self.principal.key_id if self.principal is not None else self.ended
        took = int((time.monotonic() - self.started) * 1000)
        return LogEntry(self.at, request_id(event), self.route, status, took, key_id, source)


def request_id(event: Mapping[str, Any]) -> str:
    """API Gateway's id of the request."""
    found = str((event.get("requestContext") or {}).get("requestId") or "")
    return found if _ID.fullmatch(found) else "none"


def identified(event: Mapping[str, Any], response: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """The answer with its request id, and with these headers where it has none of the same name."""
    return {**response, "headers": {**headers, "x-request-id": request_id(event), **response["headers"]}}

"""A short-lived cache of badges. A badge on a busy page is requested often and rarely changes."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

KEPT_MS = 30_000
"""How long a process serves a cached badge, even if its link was revoked meanwhile."""
_MOST = 1_000


class BadgeMemory:
    """Thread-safe. Stores digests of links, never links."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[int, Any]] = {}
        self._lock = threading.Lock()

    def get(self, token: str, now: int) -> Any | None:
        """The badge cached for the link in the last 30 seconds, or None. `now`: epoch milliseconds."""
        at, shown = self._held.get(_digest(token), (0, None))
        return shown if 0 <= now - at < KEPT_MS else None

    def keep(self, token: str, now: int, shown: Any) -> None:
        with self._lock:
            if len(self._held) >= _MOST:
                self._held.clear()
            self._held[_digest(token)] = (now, shown)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

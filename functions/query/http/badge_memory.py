"""What badges showed a moment ago. A badge in a busy page is requested often and changes seldom."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

KEPT_MS = 30_000
"""How long a process repeats what it showed, even for a link revoked meanwhile."""
_MOST = 1_000


class BadgeMemory:
    """Safe to share between threads. Keeps digests of links, never links."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[int, Any]] = {}
        self._lock = threading.Lock()

    def get(self, token: str, now: int) -> Any | None:
        """What the link showed in the last half minute. `now`: epoch ms."""
        at, shown = self._held.get(_digest(token), (0, None))
        return shown if 0 <= now - at < KEPT_MS else None

    def keep(self, token: str, now: int, shown: Any) -> None:
        with self._lock:
            if len(self._held) >= _MOST:
                self._held.clear()
            self._held[_digest(token)] = (now, shown)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

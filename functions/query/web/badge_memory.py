"""What badges showed a moment ago: a picture in a page that many open is asked for often, and does not change often."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

KEPT_MS = 30_000
"""For so long a process shows what it showed, also of a link that was revoked meanwhile."""
_MOST = 1_000


class BadgeMemory:
    """Safe to share between threads. Links themselves are not kept, only their digests."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[int, Any]] = {}
        self._lock = threading.Lock()

    def get(self, token: str, now: int) -> Any | None:
        """What the link showed within the last half minute. `now` in epoch ms."""
        at, shown = self._held.get(_digest(token), (0, None))
        return shown if 0 <= now - at < KEPT_MS else None

    def keep(self, token: str, now: int, shown: Any) -> None:
        with self._lock:
            if len(self._held) >= _MOST:
                self._held.clear()
            self._held[_digest(token)] = (now, shown)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

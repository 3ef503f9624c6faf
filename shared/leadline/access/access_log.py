"""The access log, and when each key was last used.

Costs one put for each request, after the answer is ready. Once an hour a key's last use is written along with it, and so are
the events of the request that were rejected.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from leadline import telemetry
from leadline.access.keys import used_key
from leadline.access.settings_cache import SettingsCache
from leadline.http.context import Caller
from leadline.store.access import LogEntry
from leadline.store.table import Put, Table, Write

HOUR_MS = 3_600_000
_MAX_REMEMBERED = 1_000


class AccessLog:
    """`clock` gives epoch milliseconds, `function` names the logger for faults. Safe to share between threads."""

    def __init__(self, table: Table, clock: Callable[[], int], settings: SettingsCache, function: str) -> None:
        self._table = table
        self._clock = clock
        self._settings = settings
        self._last_uses: dict[str, int] = {}
        self._lock = threading.Lock()
        self._log = telemetry.logger(function)

    def record(
        self, entry: LogEntry | None, caller: Caller | None, more_writes: Callable[[], Sequence[Write]] = tuple
    ) -> None:
        """Stores the entry, and once an hour that the caller's key was used. Never raises, since the answer is ready.

        The writes of `more_writes` are added to the same request; if that fails, the rest is written without them.
        """
        try:
            writes: list[Write] = []
            settings = self._settings.settings()
            if entry is not None and settings.log:
                writes.append(Put(entry.to_item(settings.log_days)))
            if caller is not None and self._first_use_this_hour(caller):
                pk, sk = used_key(caller.key_id)
                writes.append(Put({"pk": pk, "sk": sk, "at": self._clock()}))
            if not self._write_with(writes, more_writes) and writes:
                self._table.write(writes)
        except Exception as error:
            self._log.warning("access log entry not stored", extra=telemetry.describe(error))

    def _write_with(self, writes: Sequence[Write], more_writes: Callable[[], Sequence[Write]]) -> bool:
        """Writes everything in one request if there are more writes. Whether it did."""
        try:
            if more := more_writes():
                self._table.write([*writes, *more])
            return bool(more)
        except Exception as error:
            self._log.warning("rejected events not stored", extra=telemetry.describe(error))
            return False

    def _first_use_this_hour(self, caller: Caller) -> bool:
        now = self._clock()
        if now - max(caller.used_at, self._last_uses.get(caller.key_id, 0)) < HOUR_MS:
            return False
        with self._lock:
            if len(self._last_uses) >= _MAX_REMEMBERED:
                self._last_uses.clear()
            self._last_uses[caller.key_id] = now
        return True

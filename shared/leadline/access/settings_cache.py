"""The access settings (plans, access log, web origins), cached for half a minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadline.store.access import ACCESS_KEY, AccessSettings
from leadline.store.table import Item, Key, Table

CACHE_MS = 30_000


class SettingsCache:
    """Reads the settings in the same request as the caller's key, so that they rarely cost a request of their own.

    `clock` gives epoch milliseconds. Safe to share between threads.
    """

    def __init__(self, table: Table, clock: Callable[[], int]) -> None:
        self._table = table
        self._clock = clock
        self._cached: tuple[int, AccessSettings] | None = None

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """As `Table.get`, for authentication. Reads the settings in the same request when they are out of date."""
        now = self._clock()
        if self._fresh(now) is not None:
            return self._table.get(keys)
        found = self._table.get([*keys, ACCESS_KEY])
        self._cached = (now, AccessSettings.from_item(found.get(ACCESS_KEY)))
        return {key: found[key] for key in keys if key in found}

    def settings(self) -> AccessSettings:
        """The settings, at most half a minute old. Raises Transient."""
        settings = self._fresh(self._clock())
        if settings is None:
            self.get([])
            settings = self._cached[1] if self._cached is not None else AccessSettings()
        return settings

    def forget(self) -> None:
        """Makes the next caller read the settings again."""
        self._cached = None

    def _fresh(self, now: int) -> AccessSettings | None:
        cached = self._cached
        return cached[1] if cached is not None and 0 <= now - cached[0] < CACHE_MS else None

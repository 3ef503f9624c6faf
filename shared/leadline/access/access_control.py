"""What both functions need to let requests in: the settings, the rate limiter and the access log, on one table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from leadline.access.access_log import AccessLog
from leadline.access.rate_limiter import RateLimiter
from leadline.access.settings_cache import SettingsCache
from leadline.store.services import repositories_of
from leadline.store.table import Table


@dataclass(frozen=True, slots=True)
class AccessControl:
    """`repositories_of` gives the repository of each of these services that exists, for keys limited to services."""

    settings: SettingsCache
    rate_limiter: RateLimiter
    log: AccessLog
    repositories_of: Callable[[Collection[str]], Mapping[str, str | None]]

    @classmethod
    def on(cls, table: Table, clock: Callable[[], int], function: str) -> AccessControl:
        """`clock` gives epoch milliseconds, `function` names the logger."""
        settings = SettingsCache(table, clock)
        limiter = RateLimiter(table, clock, settings)
        return cls(settings, limiter, AccessLog(table, clock, settings, function), partial(repositories_of, table))

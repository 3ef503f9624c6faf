"""Holds each key to its plan: requests per minute and per day, and access to the Product API.

Costs one update of the table for each request with a key whose plan has limits: it adds one to the counts of the day and the
minute and checks both limits. Once a limit is reached, the process refuses further requests without asking the table.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from leadline.access.authentication import Principal
from leadline.access.settings_cache import SettingsCache
from leadline.http.problems import Problem
from leadline.store.access import KeyPlan, quota_key
from leadline.store.table import Table

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_KEPT_MINUTES = 30
_MAX_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class _ReachedLimit:
    """A limit of a plan that a key has reached: `limit` requests a `window`. The window ends at `until` (epoch milliseconds)."""

    until: int
    window: str
    limit: int


class RateLimiter:
    """`clock` gives epoch milliseconds. Safe to share between threads."""

    def __init__(self, table: Table, clock: Callable[[], int], settings: SettingsCache) -> None:
        self._table = table
        self._clock = clock
        self._settings = settings
        self._reached: dict[str, _ReachedLimit] = {}
        self._lock = threading.Lock()

    def admit(self, principal: Principal, *, product_api: bool) -> dict[str, str]:
        """Counts a request against the key's plan. Returns the headers that say how many are left.

        Raises Problem: 403 if the plan excludes the Product API, 429 if a limit is reached. Refused requests are not counted.
        """
        if principal.plan is None:
            return {}
        plan = self._plan(principal.plan)
        if product_api and not plan.api:
            detail = f'The plan "{principal.plan}" does not include the Product API. It only allows sending events.'
            raise Problem(403, "Not in the plan", detail)
        return self._count(principal.key_id, plan) if plan.limited else {}

    def _plan(self, name: str) -> KeyPlan:
        plan = self._settings.settings().plans.get(name)
        if plan is None:  # it may have been created after the settings were cached
            self._settings.forget()
            plan = self._settings.settings().plans.get(name)
        if plan is None:
            raise Problem(403, "Not in the plan", "This key's plan no longer exists.")
        return plan

    def _count(self, key_id: str, plan: KeyPlan) -> dict[str, str]:
        now = self._clock()
        reached = self._reached.get(key_id)
        # The plan may have other limits by now.
        if reached is not None and now < reached.until and reached.limit in (plan.per_minute, plan.per_day):
            raise _too_many_requests(reached, plan, now)
        minute = now // _MINUTE_MS
        limits = {"n": plan.per_day, _minute_name(minute): plan.per_minute}
        forget = [_minute_name(minute - ago) for ago in range(1, _KEPT_MINUTES + 1)]
        day_ends = (now // _DAY_MS + 1) * _DAY_MS
        minute_ends = (minute + 1) * _MINUTE_MS
        counted, counts = self._table.count(
            quota_key(key_id, now), limits, forget=forget, ttl=(day_ends + _DAY_MS) // 1000
        )
        used = {"day": counts.get("n", 0), "minute": counts.get(_minute_name(minute), 0)}
        if not counted:
            is_day = plan.per_day is not None and used["day"] >= plan.per_day
            limit = (plan.per_day if is_day else plan.per_minute) or 0
            reached = _ReachedLimit(day_ends if is_day else minute_ends, "day" if is_day else "minute", limit)
            self._remember(key_id, reached)
            raise _too_many_requests(reached, plan, now)
        windows = {
            "minute": (plan.per_minute, used["minute"], minute_ends),
            "day": (plan.per_day, used["day"], day_ends),
        }
        remaining = [
            f'"{window}";r={max(0, limit - count)};t={_seconds(until - now)}'
            for window, (limit, count, until) in windows.items()
            if limit is not None
        ]
        return {"ratelimit-policy": _policy(plan), "ratelimit": ", ".join(remaining)}

    def _remember(self, key_id: str, reached: _ReachedLimit) -> None:
        with self._lock:
            if len(self._reached) >= _MAX_REMEMBERED:
                self._reached.clear()
            self._reached[key_id] = reached


def _minute_name(minute: int) -> str:
    return f"m{minute % 1440:04d}"


def _seconds(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 1000))


def _policy(plan: KeyPlan) -> str:
    """The header of the IETF's draft of RateLimit fields: each quota and its window in seconds."""
    limits = {"minute": (plan.per_minute, 60), "day": (plan.per_day, 86_400)}
    return ", ".join(f'"{name}";q={limit};w={window}' for name, (limit, window) in limits.items() if limit is not None)


def _too_many_requests(reached: _ReachedLimit, plan: KeyPlan, now: int) -> Problem:
    seconds = _seconds(reached.until - now)
    headers: Mapping[str, str] = {
        "retry-after": str(seconds),
        "ratelimit-policy": _policy(plan),
        "ratelimit": f'"{reached.window}";r=0;t={seconds}',
    }
    detail = f"The plan allows {reached.limit} requests per {reached.window}. Retry in {seconds} s."
    return Problem(429, "Too many requests", detail, headers=headers)

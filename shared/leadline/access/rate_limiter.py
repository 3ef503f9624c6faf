"""What every request with a key passes, in both functions: the plan's limits before it is worked, the access log after.

Cost, in requests to the table:
- settings and plans: read along with the key, at most twice a minute a process;
- a key whose plan has limits: one update a request, which adds one to its day and its minute and checks both bounds. Once a bound
  is met, this process remembers until when, and refuses without asking the table again;
- the access log: one put a request, after the answer is decided. A key's last use goes along with it once an hour, and so do the
  events that it refused.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadline import telemetry
from leadline.access.keys import Principal, used_key
from leadline.http.problems import Problem
from leadline.store.access import ACCESS_KEY, AccessSettings, LogEntry, Plan, quota_key
from leadline.store.services import service_key
from leadline.store.table import Item, Key, Put, Table, Write

SETTINGS_MS = 30_000
HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
_DAY_MS = 24 * HOUR_MS
_FORGET_MINUTES = 30
_MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class _Met:
    """A bound that was met: refused until then (epoch ms), with these headers but for the seconds left."""

    until: int
    what: str
    bound: int


class Gate:
    """`clock` gives epoch milliseconds. Safe to share between threads."""

    def __init__(self, table: Table, clock: Callable[[], int], service: str) -> None:
        self._table = table
        self._clock = clock
        self._service = service
        self._settings: tuple[int, AccessSettings] | None = None
        self._used: dict[str, int] = {}
        self._met: dict[str, _Met] = {}
        self._lock = threading.Lock()
        self._log = telemetry.logger(service)

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """As `Table.get`, for the key check: where the settings have grown old, they are read in the same request."""
        now = self._clock()
        if self._fresh(now) is not None:
            return self._table.get(keys)
        found = self._table.get([*keys, ACCESS_KEY])
        self._settings = (now, AccessSettings.from_item(found.get(ACCESS_KEY)))
        return {key: found[key] for key in keys if key in found}

    def settings(self) -> AccessSettings:
        """At most half a minute old. Raises Transient."""
        settings = self._fresh(self._clock())
        if settings is None:
            self.get([])
            settings = self._settings[1] if self._settings is not None else AccessSettings()
        return settings

    def _fresh(self, now: int) -> AccessSettings | None:
        held = self._settings
        return held[1] if held is not None and 0 <= now - held[0] < SETTINGS_MS else None

    def ties(self, names: Collection[str]) -> dict[str, str | None]:
        """Of those of these services that exist, the repository each is tied to."""
        found = self._table.get([service_key(name) for name in names]) if names else {}
        return {name: item.get("repository") for (_, name), item in found.items()}

    def admit(self, principal: Principal, *, product_api: bool) -> dict[str, str]:
        """Counts a request against the key's plan; the headers that tell what is left.

        Raises Problem: 403 where the plan has no access to the Product API, 429 where a bound is met. What is refused is not
        counted.
        """
        if principal.plan is None:
            return {}
        plan = self._plan(principal.plan)
        if product_api and not plan.api:
            detail = f'The plan "{principal.plan}" does not include the Product API; events are taken.'
            raise Problem(403, "Not in the plan", detail)
        return self._count(principal.key_id, plan) if plan.limited else {}

    def _plan(self, name: str) -> Plan:
        plan = self.settings().plans.get(name)
        if plan is None:  # made since the settings were read, or else removed, which no key of it outlives
            self._settings = None
            plan = self.settings().plans.get(name)
        if plan is None:
            raise Problem(403, "Not in the plan", "This key's plan does not exist any more.")
        return plan

    def _count(self, key_id: str, plan: Plan) -> dict[str, str]:
        now = self._clock()
        met = self._met.get(key_id)
        # A plan may have been changed for a better one meanwhile: then its bound is another.
        if met is not None and now < met.until and met.bound in (plan.per_minute, plan.per_day):
            raise _too_many(met, plan, now)
        minute = now // _MINUTE_MS
        names = {"n": plan.per_day, _minute_name(minute): plan.per_minute}
        forget = [_minute_name(minute - ago) for ago in range(1, _FORGET_MINUTES + 1)]
        ends = (now // _DAY_MS + 1) * _DAY_MS
        taken, counted = self._table.count(quota_key(key_id, now), names, forget=forget, ttl=(ends + _DAY_MS) // 1000)
        used = {"day": counted.get("n", 0), "minute": counted.get(_minute_name(minute), 0)}
        if not taken:
            whole_day = plan.per_day is not None and used["day"] >= plan.per_day
            until = ends if whole_day else (minute + 1) * _MINUTE_MS
            bound = (plan.per_day if whole_day else plan.per_minute) or 0
            met = _Met(until, "day" if whole_day else "minute", bound)
            self._remember(self._met, key_id, met)
            raise _too_many(met, plan, now)
        left = {
            "minute": (plan.per_minute, used["minute"], (minute + 1) * _MINUTE_MS),
            "day": (plan.per_day, used["day"], ends),
        }
        told = [
            f'"{what}";r={max(0, bound - count)};t={_seconds(until - now)}'
            for what, (bound, count, until) in left.items()
            if bound is not None
        ]
        return {"ratelimit-policy": _policy(plan), "ratelimit": ", ".join(told)}

    def note(
        self, entry: LogEntry | None, principal: Principal | None, also: Callable[[], Sequence[Write]] = tuple
    ) -> None:
        """Writes down a request that was answered, and hourly that its key was used. Never raises: the answer stands.

        What `also` makes is written with it in one request; where that fails, the rest is written alone.
        """
        try:
            writes: list[Write] = []
            settings = self.settings()
            if entry is not None and settings.log:
                writes.append(Put(entry.to_item(settings.log_days)))
            if principal is not None and self._is_news(principal):
                pk, sk = used_key(principal.key_id)
                writes.append(Put({"pk": pk, "sk": sk, "at": self._clock()}))
            if not self._written_with(writes, also) and writes:
                self._table.write(writes)
        except Exception as error:
            self._log.warning("not noted", extra=telemetry.describe(error))

    def _written_with(self, writes: Sequence[Write], also: Callable[[], Sequence[Write]]) -> bool:
        """Whether there was more to note, and everything is written."""
        try:
            if more := also():
                self._table.write([*writes, *more])
            return bool(more)
        except Exception as error:
            self._log.warning("not noted", extra=telemetry.describe(error))
            return False

    def _is_news(self, principal: Principal) -> bool:
        now = self._clock()
        if now - max(principal.used_at, self._used.get(principal.key_id, 0)) < HOUR_MS:
            return False
        self._remember(self._used, principal.key_id, now)
        return True

    def _remember(self, held: dict[str, Any], key_id: str, value: Any) -> None:
        with self._lock:
            if len(held) >= _MOST_REMEMBERED:
                held.clear()
            held[key_id] = value


def _minute_name(minute: int) -> str:
    return f"m{minute % 1440:04d}"


def _seconds(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 1000))


def _policy(plan: Plan) -> str:
    """As in the IETF's draft of RateLimit header fields: the quota and its window in seconds."""
    bounds = {"minute": (plan.per_minute, 60), "day": (plan.per_day, 86_400)}
    return ", ".join(f'"{what}";q={bound};w={window}' for what, (bound, window) in bounds.items() if bound is not None)


def _too_many(met: _Met, plan: Plan, now: int) -> Problem:
    seconds = _seconds(met.until - now)
    headers: Mapping[str, str] = {
        "retry-after": str(seconds),
        "ratelimit-policy": _policy(plan),
        "ratelimit": f'"{met.what}";r=0;t={seconds}',
    }
    detail = f"The plan's {met.bound} requests a {met.what} are used up; send it again in {seconds} s."
    return Problem(429, "Too many requests", detail, headers=headers)

"""Access settings, request counts and the access log.

config | access            the settings: access log, web origins, plans
used#4f1d0c9be2a7 | used   when a key was last used, to the hour

{"log": true, "log_days": 90, "origins": ["https://dash.acme.dev"], "docs": false,
 "plans": {"basic": {"per_minute": 60, "per_day": 10000, "api": true}}, "v": 3}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from leadline.store.table import Item, Key

ACCESS_KEY: Key = ("config", "access")

LOG_DAYS = 90


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """How many requests a key may make per minute and per day (UTC); None: no limit. `api`: whether it may use the Product API."""

    per_minute: int | None = None
    per_day: int | None = None
    api: bool = True

    @property
    def limited(self) -> bool:
        return self.per_minute is not None or self.per_day is not None

    def to_data(self) -> dict[str, Any]:
        bounds = {"per_minute": self.per_minute, "per_day": self.per_day}
        return {**{name: bound for name, bound in bounds.items() if bound is not None}, "api": self.api}


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """`log`: whether requests are logged; entries are kept for `log_days`. `origins`: web pages that browsers may call from.
    `docs`: whether Swagger UI is served."""

    log: bool = True
    log_days: int = LOG_DAYS
    origins: tuple[str, ...] = ()
    docs: bool = False
    plans: Mapping[str, KeyPlan] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def from_item(cls, item: Mapping[str, Any] | None) -> AccessSettings:
        found = item or {}
        return cls(
            found.get("log", True),
            found.get("log_days", LOG_DAYS),
            tuple(found.get("origins", ())),
            found.get("docs", False),
            {name: KeyPlan(**plan) for name, plan in found.get("plans", {}).items()},
            found.get("v", 0),
        )

    def to_item(self) -> Item:
        """The item of the next version."""
        pk, sk = ACCESS_KEY
        return {
            "pk": pk,
            "sk": sk,
            "log": self.log,
            "log_days": self.log_days,
            "origins": list(self.origins),
            "docs": self.docs,
            "plans": {name: plan.to_data() for name, plan in self.plans.items()},
            "v": self.version + 1,
        }


def quota_key(key_id: str, at: int) -> Key:
    """Where a key's requests of a day are counted. `at` in epoch milliseconds."""
    return (f"quota#{key_id}", _day(at))


def access_partition(day: str) -> str:
    """The access log of one day (UTC, such as 2026-11-23)."""
    return f"access#{day}"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One answered request. `route`: the route's template, never the path that was sent. `key_id`: None without a valid key.

    `at` in epoch milliseconds. `source`: the caller's address. Queries, headers and bodies are never logged.
    """

    at: int
    request_id: str
    route: str
    status: int
    milliseconds: int
    key_id: str | None = None
    source: str | None = None

    @property
    def sk(self) -> str:
        return f"{self.at:013d}#{self.request_id}"

    def to_item(self, days: int) -> Item:
        return {
            "pk": access_partition(_day(self.at)),
            "sk": self.sk,
            "route": self.route,
            "status": self.status,
            "ms": self.milliseconds,
            "key": self.key_id,
            "ip": self.source,
            "ttl": self.at // 1000 + days * 86_400,
        }

    @classmethod
    def from_item(cls, item: Item) -> LogEntry:
        at, _, request_id = item["sk"].partition("#")
        return cls(int(at), request_id, item["route"], item["status"], item["ms"], item.get("key"), item.get("ip"))


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()

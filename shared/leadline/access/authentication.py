"""Which key a request carries, and whether it may do what it tries to.

Hashes are compared in constant time, and an unknown id costs a comparison too, so response times reveal nothing about keys.
"""

from __future__ import annotations

import hmac
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from leadline.access.key_scope import UNLIMITED, KeyScope
from leadline.access.keys import SCOPES, id_of, item_key, state_of, used_key
from leadline.http.problems import Problem
from leadline.store.keyed_hash import keyed_hash
from leadline.store.table import ABSENT, Check, Guard, Item, Key, as_read

CACHE_SECONDS = 30
"""How long a revoked key may still read and send events: the price of not reading the table for every request."""

_MAX_CACHED = 1_000
_KEY = re.compile(r"ll_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_NO_HASH = "0" * 64


class Unauthorized(Problem):
    """401: no key, or not a valid one. The answer does not say which, to help nobody who guesses.

    `key_id`: the id of a key that was revoked or has expired.
    """

    def __init__(self, detail: str, *, error: str | None = None, key_id: str | None = None) -> None:
        challenge = 'Bearer realm="leadline"' + (f', error="{error}"' if error else "")
        super().__init__(401, "Unauthorized", detail, headers={"www-authenticate": challenge})
        self.key_id = key_id


class Forbidden(Problem):
    """403: a valid key that lacks the required scope."""

    def __init__(self, scope: str) -> None:
        challenge = f'Bearer realm="leadline", error="insufficient_scope", scope="{scope}"'
        super().__init__(
            403, "Forbidden", f"This key does not have the scope {scope}.", headers={"www-authenticate": challenge}
        )


@dataclass(frozen=True, slots=True)
class Principal:
    """The key that a request was made with. `plan`: the name of its plan. `used_at`: its last use as stored, 0 for never.

    `as_read`: a guard that holds while the key's item is what it was when it was read.
    """

    key_id: str
    name: str
    scopes: frozenset[str]
    limits: KeyScope = UNLIMITED
    plan: str | None = None
    used_at: int = 0
    as_read: Guard = ABSENT

    @property
    def unchanged(self) -> Check:
        """Fails a transaction if the key has changed since it was read, so also if it was revoked."""
        return Check(item_key(self.key_id), self.as_read)

    def may(self, scope: str) -> bool:
        return any(scope in SCOPES.get(held, ()) for held in self.scopes)

    def require(self, scope: str) -> None:
        """Raises Forbidden unless one of the key's scopes is, or implies, `scope`."""
        if not self.may(scope):
            raise Forbidden(scope)


class KeyReader(Protocol):
    """The part of a table that authentication needs."""

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]: ...


@dataclass(frozen=True, slots=True)
class _CachedKey:
    """A key's item and its last use, as stored at `read_at` (epoch milliseconds)."""

    read_at: int
    item: Item
    used_at: int


class Authenticator:
    """Finds the key that a request carries. Caches keys for at most `ttl` seconds.

    `pepper` may be a function; it is called once, on first use. Safe to share between threads.
    """

    def __init__(self, table: KeyReader, pepper: bytes | Callable[[], bytes], ttl: int = CACHE_SECONDS) -> None:
        self._table = table
        self._pepper = pepper
        self._ttl_ms = min(ttl, CACHE_SECONDS) * 1000
        self._cache: dict[str, _CachedKey] = {}
        self._lock = threading.Lock()

    def authenticate(self, headers: Mapping[str, str], now: int, *, fresh: bool = False) -> Principal:
        """The key in the request's `headers`. `now` in epoch milliseconds. `fresh`: bypasses the cache.

        Raises Unauthorized; Transient if the key can't be checked now.
        """
        text = _key_in(headers)
        form = _KEY.fullmatch(text)
        if form is None:
            raise _invalid_key()
        key_id = form[1]
        found = self._find(key_id, now, fresh)
        expected = found.item["hash"] if found is not None else _NO_HASH
        matches = hmac.compare_digest(keyed_hash(self._read_pepper(), text), expected)
        if found is None or not matches:
            raise _invalid_key()
        # Only keys that came with the right secret are cached, so wrong ones can't fill the memory.
        self._cache_key(key_id, found)
        item = found.item
        if state_of(item, now) != "active":
            raise _invalid_key(key_id=key_id)
        return Principal(
            key_id,
            item["name"],
            frozenset(item["scopes"]),
            KeyScope.of(item),
            item.get("plan"),
            found.used_at,
            as_read(item),
        )

    def learn(self, item: Item, now: int) -> None:
        """Caches a key's item that this process has just stored, so that the next request sees it."""
        self._cache_key(id_of(item), _CachedKey(now, item, 0))

    def _find(self, key_id: str, now: int, fresh: bool) -> _CachedKey | None:
        cached = self._cache.get(key_id)
        if cached is not None and not fresh and 0 <= now - cached.read_at < self._ttl_ms:
            return cached
        key, used = item_key(key_id), used_key(key_id)
        found = self._table.get([key, used])
        if key not in found:
            self._cache.pop(key_id, None)
            return None
        return _CachedKey(now, found[key], found.get(used, {}).get("at", 0))

    def _cache_key(self, key_id: str, key: _CachedKey) -> None:
        with self._lock:
            cached = self._cache.get(key_id)
            # Another thread may have read or stored a newer version of the key meanwhile.
            if cached is not None and cached.item.get("v", 0) > key.item.get("v", 0):
                return
            if cached is None and len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            self._cache[key_id] = key

    def _read_pepper(self) -> bytes:
        if not isinstance(self._pepper, bytes):
            self._pepper = self._pepper()
        return self._pepper


def _key_in(headers: Mapping[str, str]) -> str:
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    authorization, api_key = lower.get("authorization"), lower.get("x-api-key")
    if not authorization and not api_key:
        raise Unauthorized("Send a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.")
    if not authorization:
        return api_key or ""
    bearer = _BEARER.fullmatch(authorization)
    if bearer is None:
        raise Unauthorized("The Authorization header must read 'Bearer KEY'.", error="invalid_request")
    if api_key and api_key != bearer[1]:
        raise Unauthorized("Authorization and X-API-Key carry different keys.", error="invalid_request")
    return bearer[1]


def _invalid_key(key_id: str | None = None) -> Unauthorized:
    return Unauthorized("This key is unknown, expired or revoked.", error="invalid_token", key_id=key_id)

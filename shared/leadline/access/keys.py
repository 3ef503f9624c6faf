"""API keys: what they look like, how they are stored, who a request comes from.

A key is `ll_<12 hex id>_<43 characters of secret>`: 256 random bits behind an id that finds it. Stored is only
HMAC-SHA256(pepper, key); the pepper lives in Secrets Manager, so the table alone gives no key away and can't be used to
try any. Hashes are compared in constant time, and an unknown id costs a comparison too.

    ("key#4f1d0c9be2a7", "key")    hash, scopes, name, created_at, expires_at?, revoked_at?      times in epoch ms
                                   services?, repositories?, plan?, created_by?, replaces?, replaced_by?, v
    ("keys", "4f1d0c9be2a7")       nothing more: that there is such a key, so that all can be listed
    ("used#4f1d0c9be2a7", "used")  at: when it was last used, to the hour
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from leadline.access.key_scope import UNLIMITED, KeyScope
from leadline.domain.errors import Conflict, Transient
from leadline.http.problems import Problem
from leadline.store.table import ABSENT, Check, Guard, Item, Key, Put, Table, Write, as_read

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

EVENTS_WRITE = "events:write"
METRICS_READ = "metrics:read"
CONFIG_WRITE = "config:write"
ADMIN = "admin"
# What holding a scope allows.
SCOPES: dict[str, frozenset[str]] = {
    EVENTS_WRITE: frozenset({EVENTS_WRITE}),
    METRICS_READ: frozenset({METRICS_READ}),
    CONFIG_WRITE: frozenset({CONFIG_WRITE, METRICS_READ}),
    ADMIN: frozenset({EVENTS_WRITE, METRICS_READ, CONFIG_WRITE, ADMIN}),
}

CACHE_SECONDS = 30
"""For so long a revoked key may still read and send events: the price of not reading the table for every request."""

MIN_PEPPER_BYTES = 32
_MOST_CACHED = 1_000
_TRIES = 5
_FORM = re.compile(r"ll_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)


class Unauthorized(Problem):
    """401: no key, or not one of ours. Why exactly is not told. `ended`: the id of a key that was revoked or has expired."""

    def __init__(self, detail: str, *, error: str | None = None, ended: str | None = None) -> None:
        self.ended = ended
        challenge = 'Bearer realm="leadline"' + (f', error="{error}"' if error else "")
        super().__init__(401, "Unauthorized", detail, headers={"www-authenticate": challenge})


class Forbidden(Problem):
    """403: a good key without the scope that this needs."""

    def __init__(self, scope: str) -> None:
        challenge = f'Bearer realm="leadline", error="insufficient_scope", scope="{scope}"'
        super().__init__(
            403, "Forbidden", f"This key does not have the scope {scope}.", headers={"www-authenticate": challenge}
        )


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose key a request carries. `plan` is a plan's name; `used_at`: its last use as stored, 0 for never.

    `as_read`: holds while the key's item is as it was when it was read.
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
        """Fails a transaction where the key was changed after it was read, so also where it was revoked."""
        return Check(item_key(self.key_id), self.as_read)

    def may(self, scope: str) -> bool:
        return any(scope in SCOPES.get(held, ()) for held in self.scopes)

    def require(self, scope: str) -> None:
        """Raises Forbidden unless one of the key's scopes is, or implies, `scope`."""
        if not self.may(scope):
            raise Forbidden(scope)


def item_key(key_id: str) -> Key:
    """Where the key with this id is stored."""
    return (f"key#{key_id}", "key")


def used_key(key_id: str) -> Key:
    """Where it is noted when the key was last used."""
    return (f"used#{key_id}", "used")


def create_key(
    table: Table,
    pepper: bytes,
    *,
    name: str,
    scopes: Collection[str],
    now: int,
    expires_at: int | None = None,
    **more: Any,
) -> tuple[str, Item]:
    """Makes and stores a key; its text is returned here and never again. Times in epoch ms.

    `more`: services, repositories, plan, created_by. Raises ValueError for no scope or one that does not exist.
    """
    text, item = new_key(pepper, name=name, scopes=scopes, now=now, expires_at=expires_at, **more)
    table.write(adding(item))
    return text, item


def new_key(
    pepper: bytes, *, name: str, scopes: Collection[str], now: int, expires_at: int | None = None, **more: Any
) -> tuple[str, Item]:
    """A key's text and its item, not stored yet."""
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise ValueError(f"unknown scopes: {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    if not scopes:
        raise ValueError("a key needs at least one scope")
    key_id = secrets.token_hex(6)
    text = f"ll_{key_id}_{secrets.token_urlsafe(32)}"
    pk, sk = item_key(key_id)
    item: Item = {
        **{field: value for field, value in more.items() if value},
        "pk": pk,
        "sk": sk,
        "hash": key_hash(pepper, text),
        "scopes": sorted(scopes),
        "name": name,
        "created_at": now,
        "v": 1,
    }
    if expires_at is not None:
        item["expires_at"] = expires_at
    return text, item


def adding(item: Item) -> list[Write]:
    """The writes that store a new key."""
    return [Put(item, ABSENT), Put({"pk": "keys", "sk": id_of(item)}, ABSENT)]


def changing(item: Item, **fields: Any) -> Put:
    """The write that changes a key's item as it was read: it fails if somebody else has changed it since."""
    return Put({**item, **fields, "v": item.get("v", 0) + 1}, as_read(item))  # keys of earlier versions have no v


def id_of(item: Item) -> str:
    return str(item["pk"]).removeprefix("key#")


def state_of(item: Item, now: int) -> Literal["active", "expired", "revoked"]:
    """Whether a key is good. `now` in epoch ms."""
    if item.get("revoked_at") is not None:
        return "revoked"
    return "expired" if item.get("expires_at") is not None and item["expires_at"] <= now else "active"


def creator_revoked(item: Item, find: Callable[[str], Item | None], now: int) -> bool:
    """Whether the key that made this one is revoked. `find` gives a key's item by its id.

    Where that key has expired, what counts is the one that made it, and so on: a key that rotated itself has not cut the line.
    """
    while (creator := find(item["created_by"]) if "created_by" in item else None) is not None:
        state = state_of(creator, now)
        if state != "expired":
            return state == "revoked"
        item = creator
    return False


def made_from(keys: Collection[Item], key_id: str) -> list[Item]:
    """Of these keys, those that this one made, those that they made, and so on."""
    line = {key_id}
    while more := {id_of(item) for item in keys if item.get("created_by") in line} - line:
        line |= more
    return [item for item in keys if id_of(item) in line - {key_id}]


def list_keys(table: Table) -> list[Item]:
    """The items of all keys, oldest first. None of them lets anyone make out a key."""
    found = table.get([item_key(entry["sk"]) for entry in table.query("keys")])
    return sorted(found.values(), key=lambda item: (item["created_at"], item["pk"]))


def revoke_key(table: Table, key_id: str, *, now: int) -> bool:
    """Ends a key; it makes and changes nothing more, and stops working within 30 seconds. False if there is no such key."""
    key = item_key(key_id)
    for _ in range(_TRIES):
        item = table.get([key]).get(key)
        if item is None:
            return False
        if item.get("revoked_at") is not None:
            return True
        try:
            table.write([changing(item, revoked_at=now)])
        except Conflict:
            continue
        return True
    raise Transient("others kept changing this key")


def key_hash(pepper: bytes, text: str) -> str:
    """HMAC-SHA256 of the whole key, in hex. Refuses a pepper that is too short to protect anything."""
    if len(pepper) < MIN_PEPPER_BYTES:
        raise ValueError(f"the pepper has {len(pepper)} bytes, it needs at least {MIN_PEPPER_BYTES}")
    return hmac.new(pepper, text.encode("ascii"), hashlib.sha256).hexdigest()


def read_pepper(client: SecretsManagerClient, secret_id: str) -> bytes:
    """The pepper out of Secrets Manager. Raises Transient when it can't be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        secret = client.get_secret_value(SecretId=secret_id)
    except (BotoCoreError, ClientError) as error:
        raise Transient("the key secret can't be read") from error
    return secret["SecretString"].encode() if "SecretString" in secret else secret["SecretBinary"]


class Reads(Protocol):
    """All that the key check needs of a table."""

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]: ...


@dataclass(frozen=True, slots=True)
class _Read:
    """A key's item and its last use as they were stored at that time (epoch ms)."""

    at: int
    item: Item
    used_at: int


class Authenticator:
    """Finds out whose key a request carries; remembers keys for at most `ttl` seconds.

    `pepper` may be a function, which is called once, on first use. Safe to share between threads.
    """

    def __init__(self, table: Reads, pepper: bytes | Callable[[], bytes], ttl: int = CACHE_SECONDS) -> None:
        self._table = table
        self._pepper = pepper
        self._ttl_ms = min(ttl, CACHE_SECONDS) * 1000
        self._cache: dict[str, _Read] = {}
        self._lock = threading.Lock()

    def authenticate(self, headers: Mapping[str, str], now: int, *, fresh: bool = False) -> Principal:
        """`headers` of the request, `now` in epoch ms. `fresh`: by what is stored now, whatever is remembered.

        Raises Unauthorized; Transient when it can't be decided now.
        """
        text = _key_in(headers)
        form = _FORM.fullmatch(text)
        if form is None:
            raise _wrong_key()
        key_id = form[1]
        read = self._find(key_id, now, fresh)
        expected = read.item["hash"] if read is not None else _NO_HASH
        good = hmac.compare_digest(key_hash(self._peppered(), text), expected)
        if read is None or not good:
            raise _wrong_key()
        # Only what a right key has asked for is kept, so that wrong ones can't fill the memory.
        self._remember(key_id, read)
        item = read.item
        if state_of(item, now) != "active":
            raise _wrong_key(ended=key_id)
        return Principal(
            key_id,
            item["name"],
            frozenset(item["scopes"]),
            KeyScope.of(item),
            item.get("plan"),
            read.used_at,
            as_read(item),
        )

    def learn(self, item: Item, now: int) -> None:
        """Takes note of a key's item as this process has just stored it, so that it holds for the next request already."""
        self._remember(id_of(item), _Read(now, item, 0))

    def _find(self, key_id: str, now: int, fresh: bool) -> _Read | None:
        read = self._cache.get(key_id)
        if read is not None and not fresh and 0 <= now - read.at < self._ttl_ms:
            return read
        key, used = item_key(key_id), used_key(key_id)
        found = self._table.get([key, used])
        if key not in found:
            self._cache.pop(key_id, None)
            return None
        return _Read(now, found[key], found.get(used, {}).get("at", 0))

    def _remember(self, key_id: str, read: _Read) -> None:
        with self._lock:
            held = self._cache.get(key_id)
            # Another thread may have read the key, or stored it, since this one did.
            if held is not None and held.item.get("v", 0) > read.item.get("v", 0):
                return
            if held is None and len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            self._cache[key_id] = read

    def _peppered(self) -> bytes:
        if not isinstance(self._pepper, bytes):
            self._pepper = self._pepper()
        return self._pepper


_NO_HASH = "0" * 64


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


def _wrong_key(ended: str | None = None) -> Unauthorized:
    return Unauthorized("This key is unknown, expired or revoked.", error="invalid_token", ended=ended)

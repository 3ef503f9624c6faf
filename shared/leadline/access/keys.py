"""API keys: what they look like and how they are stored.

A key is `ll_<12 hex id>_<43 characters of secret>`: 256 random bits behind an id that finds it. Only HMAC-SHA256(pepper, key)
is stored. The pepper lives in Secrets Manager, so nobody can use or guess a key from the table alone.

    ("key#4f1d0c9be2a7", "key")    hash, scopes, name, created_at, expires_at?, revoked_at?      times in epoch milliseconds
                                   services?, repositories?, plan?, created_by?, replaces?, replaced_by?, v
    ("keys", "4f1d0c9be2a7")       an entry of the list of all keys; no attributes
    ("used#4f1d0c9be2a7", "used")  at: when it was last used, to the hour
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Literal

from leadline.domain.errors import Conflict, Transient
from leadline.store.keyed_hash import keyed_hash
from leadline.store.schema import record_schema_version
from leadline.store.table import ABSENT, Item, Key, Put, Table, Write, as_read

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

EVENTS_WRITE = "events:write"
METRICS_READ = "metrics:read"
CONFIG_WRITE = "config:write"
ADMIN = "admin"
SCOPES: dict[str, frozenset[str]] = {
    EVENTS_WRITE: frozenset({EVENTS_WRITE}),
    METRICS_READ: frozenset({METRICS_READ}),
    CONFIG_WRITE: frozenset({CONFIG_WRITE, METRICS_READ}),
    ADMIN: frozenset({EVENTS_WRITE, METRICS_READ, CONFIG_WRITE, ADMIN}),
}
"""Each scope with all that it implies, itself included."""

_MAX_ATTEMPTS = 5


def item_key(key_id: str) -> Key:
    """The table key of an API key's item."""
    return (f"key#{key_id}", "key")


def used_key(key_id: str) -> Key:
    """The table key of the item that holds when an API key was last used."""
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
    """Creates and stores a key. Returns its text, which is shown only here, and its item. Times in epoch milliseconds.

    `more`: services, repositories, plan, created_by. Raises ValueError without a scope, or for an unknown one.
    """
    text, item = new_key(pepper, name=name, scopes=scopes, now=now, expires_at=expires_at, **more)
    table.write(adding(item))
    return text, item


def new_key(
    pepper: bytes, *, name: str, scopes: Collection[str], now: int, expires_at: int | None = None, **more: Any
) -> tuple[str, Item]:
    """A new key's text and its item. Stores nothing; `adding` gives the writes."""
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise ValueError(f"Unknown scopes: {', '.join(unknown)}. Allowed: {', '.join(SCOPES)}.")
    if not scopes:
        raise ValueError("A key needs at least one scope.")
    key_id = secrets.token_hex(6)
    text = f"ll_{key_id}_{secrets.token_urlsafe(32)}"
    pk, sk = item_key(key_id)
    item: Item = {
        **{field: value for field, value in more.items() if value},
        "pk": pk,
        "sk": sk,
        "hash": keyed_hash(pepper, text),
        "scopes": sorted(scopes),
        "name": name,
        "created_at": now,
        "v": 1,
    }
    if expires_at is not None:
        item["expires_at"] = expires_at
    return text, item


def adding(item: Item) -> list[Write]:
    """The writes that store a new key; the first one of a table also stores the schema version."""
    return [Put(item, ABSENT), Put({"pk": "keys", "sk": id_of(item)}, ABSENT), record_schema_version()]


def changing(item: Item, **fields: Any) -> Put:
    """The write that changes a key's item. It fails if the item has changed since it was read."""
    return Put({**item, **fields, "v": item.get("v", 0) + 1}, as_read(item))  # keys of earlier versions have no v


def id_of(item: Item) -> str:
    return str(item["pk"]).removeprefix("key#")


def state_of(item: Item, now: int) -> Literal["active", "expired", "revoked"]:
    """The state of a key. `now` in epoch milliseconds."""
    if item.get("revoked_at") is not None:
        return "revoked"
    return "expired" if item.get("expires_at") is not None and item["expires_at"] <= now else "active"


def creator_revoked(item: Item, find: Callable[[str], Item | None], now: int) -> bool:
    """Whether the key that created this one is revoked. `find` gives a key's item by its id.

    If that key has expired, the one that created it decides, and so on: rotation makes a key expire, and must not hide that an
    earlier key was revoked.
    """
    while (creator := find(item["created_by"]) if "created_by" in item else None) is not None:
        state = state_of(creator, now)
        if state != "expired":
            return state == "revoked"
        item = creator
    return False


def made_from(keys: Collection[Item], key_id: str) -> list[Item]:
    """Those of `keys` that this key created, directly or through keys that it created."""
    line = {key_id}
    while more := {id_of(item) for item in keys if item.get("created_by") in line} - line:
        line |= more
    return [item for item in keys if id_of(item) in line - {key_id}]


def list_keys(table: Table) -> list[Item]:
    """The items of all keys, oldest first. They hold hashes, never a key's text."""
    found = table.get([item_key(entry["sk"]) for entry in table.query("keys")])
    return sorted(found.values(), key=lambda item: (item["created_at"], item["pk"]))


def revoke_key(table: Table, key_id: str, *, now: int) -> bool:
    """Revokes a key. It changes nothing from then on and stops working within 30 seconds. False if there is no such key."""
    key = item_key(key_id)
    for _ in range(_MAX_ATTEMPTS):
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
    raise Transient("the key kept changing")


def read_pepper(client: SecretsManagerClient, secret_id: str) -> bytes:
    """Reads the pepper from Secrets Manager. Raises Transient if that fails."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        secret = client.get_secret_value(SecretId=secret_id)
    except (BotoCoreError, ClientError) as error:
        raise Transient("cannot read the secret with the pepper of the keys") from error
    return secret["SecretString"].encode() if "SecretString" in secret else secret["SecretBinary"]

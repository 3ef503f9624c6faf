"""Badges: single numbers, shown without a key to anybody who has the unguessable link.

badges | 4f1d0c9be2a7      one item per badge, all in one partition: there are few, and lists need all of them

A link's token is `llb_<12 hex id>_<43 characters of secret>`: 256 random bits behind an id that finds it. As with API keys, only
its keyed hash is stored, so links can't be read from the table.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

from leadline.store.keyed_hash import keyed_hash
from leadline.store.table import Item, Key

BADGES = "badges"

_FORM = re.compile(r"llb_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)
_NO_HASH = "0" * 64


def badge_key(badge_id: str) -> Key:
    return (BADGES, badge_id)


@dataclass(frozen=True, slots=True)
class Badge:
    """`shows`: what it shows, as in the Product API. `created_at` in epoch milliseconds, `created_by`: a key's id."""

    badge_id: str
    hash: str
    shows: dict[str, Any]
    created_at: int
    created_by: str | None

    @property
    def place(self) -> str:
        """In order of creation."""
        return f"{self.created_at:013d}#{self.badge_id}"

    def to_item(self) -> Item:
        pk, sk = badge_key(self.badge_id)
        item = {"pk": pk, "sk": sk, "hash": self.hash, "shows": self.shows, "created_at": self.created_at, "v": 1}
        return {**item, "created_by": self.created_by} if self.created_by is not None else item

    @classmethod
    def from_item(cls, item: Item) -> "Badge":
        return cls(item["sk"], item["hash"], item["shows"], item["created_at"], item.get("created_by"))


def new_badge(pepper: bytes, shows: dict[str, Any], *, now: int, created_by: str | None) -> tuple[str, Badge]:
    """A new link's token, which is shown only here, and its badge. Stores nothing."""
    badge_id = secrets.token_hex(6)
    token = f"llb_{badge_id}_{secrets.token_urlsafe(32)}"
    return token, Badge(badge_id, keyed_hash(pepper, token), shows, now, created_by)


def badge_id_of(token: str) -> str | None:
    """The id of the badge that a token names; None for anything but a token."""
    form = _FORM.fullmatch(token)
    return form[1] if form else None


def is_token_of(pepper: bytes, token: str, badge: Badge | None) -> bool:
    """Whether the token is this badge's. Takes as long without a badge, so times reveal nothing."""
    return hmac.compare_digest(keyed_hash(pepper, token), badge.hash if badge is not None else _NO_HASH)

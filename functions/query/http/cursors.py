"""Signed cursors, which mark the position where a list continues.

A cursor holds the position of the last entry shown, and a MAC over the position, the list and its filters. Forged cursors and
cursors of other filters are therefore rejected. The page size may change between pages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence

from leadline.contract.invalid_value import InvalidValue

_MAC_BYTES = 16


class Cursors:
    """`pepper` returns the secret that keys are hashed with; the secret of cursors is derived from it."""

    def __init__(self, pepper: Callable[[], bytes]) -> None:
        self._pepper = pepper

    def write(self, listing: str, filters: Sequence[tuple[str, str]], position: str) -> str:
        """The cursor of this list with these filters, after this position."""
        return f"{_encode(position.encode())}.{_encode(self._mac(listing, filters, position))}"

    def read(self, listing: str, filters: Sequence[tuple[str, str]], cursor: str) -> str:
        """The position. Raises InvalidValue for a forged or damaged cursor, or one of another list or other filters."""
        body, _, mac = cursor.partition(".")
        try:
            position, given = _decode(body).decode(), _decode(mac)
        except ValueError:
            raise _stale() from None
        if not hmac.compare_digest(given, self._mac(listing, filters, position)):
            raise _stale()
        return position

    def _mac(self, listing: str, filters: Sequence[tuple[str, str]], position: str) -> bytes:
        secret = hmac.digest(self._pepper(), b"leadline cursors", hashlib.sha256)
        text = json.dumps([listing, sorted(filters), position]).encode()
        return hmac.digest(secret, text, hashlib.sha256)[:_MAC_BYTES]


def _stale() -> InvalidValue:
    return InvalidValue("cursor", "does not belong to this list with these filters; start again without a cursor")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise ValueError("not the canonical spelling")
    return data

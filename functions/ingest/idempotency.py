"""The `Idempotency-Key` header: for a single deployment the same as its `deployment_id`, for a single point as its `id`.

The other kinds carry an identity of their own (a change its number, an incident its id), so there it means nothing and
is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.contract.fields import EventType
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import text_of
from leadline.http.problems import Problem

_read_key = text_of(200)


def with_key(event_type: EventType, sent: Any, headers: Mapping[str, str]) -> Any:
    """What was sent, with the header's key as its id if there is one. Raises Problem 400."""
    field = event_type.idempotency_field
    if field is None or "idempotency-key" not in headers:
        return sent
    try:
        # The header's draft standard writes it in quotes, most clients without.
        key = _read_key(headers["idempotency-key"].strip().removeprefix('"').removesuffix('"'))
    except InvalidValue as invalid:
        raise _invalid(f"Idempotency-Key {invalid.detail}.") from None
    if isinstance(sent, list):
        raise _invalid(f"Idempotency-Key is for a single event; in an array give each event its {field}.")
    if not isinstance(sent, dict):
        return sent
    own = sent.get(field)
    if own is not None and own != key:
        raise _invalid(f"Idempotency-Key and {field} differ; send one of them, or both alike.")
    return {**sent, field: key}


def _invalid(detail: str) -> Problem:
    return Problem(400, "Invalid Idempotency-Key", detail)

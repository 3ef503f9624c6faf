"""The `Idempotency-Key` header: for a single deployment the same as its `deployment_id`, for a single point as its `id`.

The other kinds carry an identity of their own (a change its number, an incident its id), so there it means nothing and
is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest import text
from ingest.models import Deployment, Event
from ingest.points import Point
from ingest.refusal import Refused
from leadline.problems import Problem

_FIELD: dict[type[Event], str] = {Deployment: "deployment_id", Point: "id"}
_check = text.at_most(200)


def with_key(model: type[Event], sent: Any, headers: Mapping[str, str]) -> Any:
    """What was sent, with the header's key as its id if there is one. Raises Problem 400."""
    field = _FIELD.get(model)
    if field is None or "idempotency-key" not in headers:
        return sent
    try:
        # The header's draft standard writes it in quotes, most clients without.
        key = _check(headers["idempotency-key"].strip().removeprefix('"').removesuffix('"'))
    except Refused as refused:
        raise _invalid(f"Idempotency-Key {refused.detail}.") from None
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

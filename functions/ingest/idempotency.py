"""The `Idempotency-Key` header: for a single deployment the same as its `deployment_id`.

The other kinds carry an identity of their own (a change its number, an incident its id), so there it means nothing and
is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest import text
from ingest.models import Deployment, Event
from ingest.refusal import Refused
from leadline.problems import Problem

_check = text.at_most(200)


def with_key(model: type[Event], sent: Any, headers: Mapping[str, str]) -> Any:
    """What was sent, with the header's key as `deployment_id` if there is one. Raises Problem 400."""
    if model is not Deployment or "idempotency-key" not in headers:
        return sent
    try:
        # The header's draft standard writes it in quotes, most clients without.
        key = _check(headers["idempotency-key"].strip().removeprefix('"').removesuffix('"'))
    except Refused as refused:
        raise _invalid(f"Idempotency-Key {refused.detail}.") from None
    if isinstance(sent, list):
        raise _invalid("Idempotency-Key is for a single event; in an array give each event its deployment_id.")
    if not isinstance(sent, dict):
        return sent
    own = sent.get("deployment_id")
    if own is not None and own != key:
        raise _invalid("Idempotency-Key and deployment_id differ; send one of them, or both alike.")
    return {**sent, "deployment_id": key}


def _invalid(detail: str) -> Problem:
    return Problem(400, "Invalid Idempotency-Key", detail)

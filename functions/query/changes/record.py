"""Every change is put on record: who made it, when, and what was there before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.store.history import AuditEntry
from query.http.request import Request


def entry(
    request: Request,
    kind: str,
    name: str,
    action: str,
    mark: str,
    event_id: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """The history entry of a change that this request makes. `mark`: tells it apart from others at the same moment."""
    assert request.principal is not None
    return AuditEntry(
        at=request.now,
        mark=mark,
        who=request.principal.key_id,
        kind=kind,
        name=name,
        action=action,
        event_id=event_id,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
    )

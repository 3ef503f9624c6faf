"""Times as answers show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def instant(at: int) -> str: ...
@overload
def instant(at: None) -> None: ...
@overload
def instant(at: int | None) -> str | None: ...
def instant(at: int | None) -> str | None:
    """Epoch milliseconds as RFC 3339 in UTC."""
    if at is None:
        return None
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.isoformat(timespec="milliseconds" if at % 1000 else "seconds").replace("+00:00", "Z")

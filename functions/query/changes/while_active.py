"""Stores what outlives the request, such as another key, only while the request's own key is active."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from leadline.domain.errors import Conflict
from leadline.http.problems import unavailable
from leadline.store.table import Check
from query.http.request import Request

_TRIES = 5
Made = TypeVar("Made")


def while_active(request: Request, scope: str, make: Callable[[Check], Made]) -> Made:
    """Calls `make`, which must put the given check into its transaction. After a Conflict it is called again.

    The check fails where the request's key has changed: then the key is read again, and may still be valid.
    Raises Unauthorized, Forbidden; Problem (503) where others keep changing the same items.
    """
    principal = request.principal
    for _ in range(_TRIES):
        if principal is None:
            principal = request.reach.keys.authenticate(request.headers, request.now, fresh=True)
            principal.require(scope)
        try:
            return make(principal.unchanged)
        except Conflict:
            principal = None
    raise unavailable("Other requests kept changing this; try again.", retry_after=1)

"""What a key makes and what works without it from then on, such as another key, is stored only while that key is active."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from leadline.domain.errors import Conflict
from leadline.http.problems import unavailable
from leadline.store.table import Check
from query.web.request import Request

_TRIES = 5
Made = TypeVar("Made")


def while_active(request: Request, scope: str, make: Callable[[Check], Made]) -> Made:
    """What `make` answers. It is to put the check it is given into its transaction, and is called again after a Conflict.

    The check fails where the request's key was changed, in whatever way: then the key is read again, and may still be good.
    Raises Unauthorized, Forbidden; Problem (503) where others keep changing what it writes.
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
    raise unavailable("Others kept changing the same at the same time; send it again.", retry_after=1)

"""A request as the routes see it, and the dependencies that routes may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator, Principal
from leadline.access.key_scope import UNLIMITED, KeyScope
from leadline.contract.invalid_value import InvalidValue
from leadline.domain.windows import Calendar
from leadline.http.content_negotiation import JSON
from leadline.queue import Queue
from leadline.store.configuration import OrganisationSettings
from leadline.store.table import Table
from query.http.badge_memory import BadgeMemory
from query.http.configuration import Configuration
from query.http.cursors import Cursors
from query.http.parameters import Sent


@dataclass(frozen=True, slots=True)
class Reach:
    """The dependencies of routes. `queue` and `pepper` are created or read on first use; `clock` returns epoch milliseconds."""

    table: Table
    queue: Callable[[], Queue]
    configuration: Configuration
    cursors: Cursors
    clock: Callable[[], int]
    pepper: Callable[[], bytes]
    access: AccessControl
    keys: Authenticator
    badges: BadgeMemory = field(default_factory=BadgeMemory)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its own headers (in lower case). `body`: a JSON value, or the text or bytes of another media type."""

    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """`route`: the path's template; `name`: the value of its parameter; `event`: what API Gateway sent.

    `principal`: the API key, None if the route needs none. `media`: the media type of the response.
    """

    route: str
    name: str
    sent: Sent
    headers: Mapping[str, str]
    event: Mapping[str, Any]
    reach: Reach
    now: int
    principal: Principal | None = None
    media: str = JSON

    @property
    def limits(self) -> KeyScope:
        """The services and repositories that the key is limited to."""
        return self.principal.limits if self.principal is not None else UNLIMITED

    @property
    def table(self) -> Table:
        return self.reach.table

    def organisation(self) -> OrganisationSettings:
        return self.reach.configuration.organisation()

    def calendar(self) -> Calendar:
        return self.organisation().calendar

    def position(self) -> str | None:
        """The position at which the list continues, None for its start. An invalid cursor is added to the faults."""
        cursor = self.sent.one("cursor")
        if cursor is None:
            return None
        try:
            return self.reach.cursors.read(self.route, self.sent.text, cursor)
        except InvalidValue as invalid:
            self.sent.faults.add("?cursor", invalid)
            return None

    def next_cursor(self, position: str) -> str:
        """The cursor of the page after the entry at this position."""
        return self.reach.cursors.write(self.route, self.sent.text, position)

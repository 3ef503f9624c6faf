"""GET /v1/services: what is deployed, and from which repository."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from leadline.contract.text import name_of
from leadline.store.services import SERVICES, Service
from query.http.parameters import CURSOR, LIMIT, Parameter, choice
from query.http.request import Request
from query.http.schemas import text
from query.http.values import DEFAULT_LIMIT
from query.reports.selection import all_services
from query.schemas import ServicePage, ServiceSummary
from query.visibility.key_scope import within

TEAM = Parameter(
    "team",
    name_of(200),
    "Only services that this team owns. Can be repeated; any of the values matches.",
    text(200),
    repeats=True,
)
ARCHIVED = choice(
    "archived",
    "Archived services: excluded (`false`, the default), only these (`true`), or included (`any`).",
    "false",
    "true",
    "any",
)
PARAMETERS = (TEAM, ARCHIVED, LIMIT, CURSOR)


def service_page(request: Request) -> ServicePage:
    """Services in order of name, without archived ones by default."""
    after = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    first = "" if after is None else after + "\x00"  # the smallest name after it
    items = list(islice((service for service in _from(request, first, limit) if _wanted(request, service)), limit + 1))
    page = items[:limit]
    return {
        "items": [_entry(service) for service in page],
        "next_cursor": request.next_cursor(page[-1].name) if len(items) > limit else None,
    }


def _from(request: Request, first: str, limit: int) -> Iterator[Service]:
    """The services from this name on, read as far as they are needed."""
    if request.limits:
        reached = within(request, all_services(request.table))
        yield from (reached[name] for name in sorted(reached) if name >= first)
        return
    while True:
        items = list(request.table.query(SERVICES, first, limit=limit + 1))
        yield from map(Service.from_item, items)
        if len(items) <= limit:
            return
        first = items[-1]["sk"] + "\x00"


def _wanted(request: Request, service: Service) -> bool:
    teams = request.sent.all("team")
    archived: str = request.sent.one("archived", "false")
    if teams and service.team not in teams:
        return False
    return archived == "any" or service.archived == (archived == "true")


def _entry(service: Service) -> ServiceSummary:
    return {
        "service": service.name,
        "repository": service.repository,
        "environments": sorted(environment for environment, years in service.years.items() if years),
        "production": list(service.production) or None,
        "team": service.team,
        "archived": service.archived,
    }

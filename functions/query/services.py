"""GET /v1/services: what gets deployed, and from which repository."""

from __future__ import annotations

from leadline.store.services import SERVICES, Service
from query.answers import ServiceEntry, ServicePage
from query.limited import within
from query.parameters import CURSOR, LIMIT
from query.request import Request
from query.selection import all_services
from query.values import DEFAULT_LIMIT

PARAMETERS = (LIMIT, CURSOR)


def service_page(request: Request) -> ServicePage:
    """Services in order of name."""
    after = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    first = "" if after is None else after + "\x00"  # the smallest name after it
    if request.limits:
        items = [
            service for name, service in sorted(within(request, all_services(request.table)).items()) if name >= first
        ]
    else:
        items = [Service.from_item(item) for item in request.table.query(SERVICES, first, limit=limit + 1)]
    page = items[:limit]
    return {
        "items": [_entry(service) for service in page],
        "next_cursor": request.next_cursor(page[-1].name) if len(items) > limit else None,
    }


def _entry(service: Service) -> ServiceEntry:
    return {
        "service": service.name,
        "repository": service.repository,
        "environments": sorted(environment for environment, years in service.years.items() if years),
    }

"""What a key that is limited to some services sees: a world in which there are only those.

What is asked for by name and lies beyond is a 403, whether it exists or not, so that nobody can find out by asking.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadline.problems import Problem
from leadline.store.services import Service, service_key
from query.filters import Filters
from query.request import Request


def within(request: Request, services: Mapping[str, Service]) -> dict[str, Service]:
    """Those of the services that the request's key reaches."""
    limits = request.limits
    return {name: service for name, service in services.items() if limits.reach(name, service.repository)}


def reaches(request: Request, name: str) -> bool:
    """Whether the key reaches the service of this name. Reads the service only where its repository decides."""
    limits = request.limits
    if not limits or name in limits.services or not limits.repositories:
        return limits.reach(name, None)
    item = request.table.get([service_key(name)]).get(service_key(name))
    return item is not None and limits.reach(name, Service.from_item(item).repository)


def check_asked(request: Request, services: Mapping[str, Service], filters: Filters) -> None:
    """Raises Problem (403) where the filters name a service or repository beyond the key. `services`: all that it reaches."""
    limits = request.limits
    if not limits:
        return
    if any(name not in services and name not in limits.services for name in filters.services):
        raise beyond("service")
    known = {service.repository for service in services.values()} | limits.repositories
    if any(repository not in known for repository in filters.repositories):
        raise beyond("repository")


def beyond(what: str) -> Problem:
    return Problem(403, "Beyond the key", f"This key is limited and does not reach a {what} that was asked for.")


def beyond_everything() -> Problem:
    """For a limited key, where what is asked for is everyone's."""
    return Problem(403, "Beyond the key", "This key is limited to some services or repositories; this is beyond them.")

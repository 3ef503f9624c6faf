"""What a limited key sees: a world that holds only its services and repositories.

A filter beyond the key is a 403, a thing beyond it a 404. Both answers are the same as for what never existed, so that nobody
learns of others' services by trying.

What belongs to a repository and not to a single service (a change, its commits) is within reach of keys that name the repository. A
key for services alone sees what their deployments carried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from leadline.contract.invalid_value import Fault
from leadline.http.problems import Problem
from leadline.store.deployments import deployment_item_key
from leadline.store.events import Trace
from leadline.store.services import Service, service_key
from query.http.request import Request


def within(request: Request, services: Mapping[str, Service]) -> dict[str, Service]:
    """The services that the request's key reaches."""
    limits = request.limits
    return {name: service for name, service in services.items() if limits.reach(name, service.repository)}


def reaches(request: Request, name: str) -> bool:
    """Whether the key reaches the service of this name. Reads the service only where its repository decides."""
    limits = request.limits
    if not limits or name in limits.services or not limits.repositories:
        return limits.reach(name, None)
    item = request.table.get([service_key(name)]).get(service_key(name))
    return item is not None and limits.reach(name, Service.from_item(item).repository)


def known_repositories(request: Request, reached: Mapping[str, Service]) -> frozenset[str | None]:
    """The repositories whose names a limited key may see: its own, and those of the services that it reaches."""
    return request.limits.repositories | {service.repository for service in reached.values()}


def reaches_repository(request: Request, repository: str | None) -> bool:
    """Whether the key reaches what belongs to the repository as a whole."""
    return not request.limits or repository in request.limits.repositories


def faults_of(request: Request, named: Mapping[str, Any]) -> list[Fault]:
    """Faults where `service` or `repository` are beyond the key, the same as those of the Events API."""
    if not request.limits:
        return []
    names = [named["service"]] if named.get("service") is not None else []
    return request.limits.faults(named, request.reach.access.repositories_of(names))


def reaches_event(request: Request, trace: Trace) -> bool:
    """Whether the key may see the event. A parked event has no result yet: the key must be one that could have sent it."""
    if not request.limits:
        return True
    if trace.parked_at is not None:
        return not faults_of(request, _named_by(trace))
    service = trace.service
    if service is None and trace.deployment is not None:
        key = deployment_item_key(trace.deployment)
        service = request.table.get([key]).get(key, {}).get("service")
    return reaches(request, service) if service is not None else reaches_repository(request, trace.repository)


def _named_by(trace: Trace) -> dict[str, str]:
    """The service and repository that a parked message names. The message may hold anything."""
    data: dict[str, Any] = json.loads(trace.message)["data"] if trace.message is not None else {}
    return {name: data[name] for name in ("service", "repository") if isinstance(data.get(name), str)}


def check_filters(
    request: Request, reached: Mapping[str, Service], services: Sequence[str], repositories: Sequence[str] = ()
) -> None:
    """Raises Problem (403) where these filters name a service or repository beyond the key. `reached`: all that it reaches."""
    limits = request.limits
    if not limits:
        return
    if any(name not in reached and name not in limits.services for name in services):
        raise beyond("service")
    known = known_repositories(request, reached)
    if any(repository not in known for repository in repositories):
        raise beyond("repository")


def beyond(what: str) -> Problem:
    return Problem(403, "Beyond the key", f"This key is limited, and a requested {what} is outside its limits.")


def beyond_everything() -> Problem:
    """For a limited key, where the route is about everyone's data."""
    return Problem(403, "Beyond the key", "This endpoint needs a key that is not limited to services or repositories.")

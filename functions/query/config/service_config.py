"""GET, PUT and PATCH /v1/services/{service}: repository, paths, production environments, owner, archived.

A service that gets another repository keeps its deployments, which are mapped again on that repository's ledger. Deployments that
named that repository before, and were a mismatch, count from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import read_flag
from leadline.contract.objects import Reader, list_of, read_fields
from leadline.contract.patterns import patterns_of
from leadline.contract.text import name_of
from leadline.domain.errors import Conflict
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings
from leadline.store.outbox import NewJob, OutboxMessage, message_event_id
from leadline.store.services import Service, service_key
from leadline.store.table import Put, Write, at_version
from query.changes.outbox import TRIES, crowded, new_job, publish, store
from query.config.schemas import ServiceConfiguration
from query.http.body import read_json
from query.http.etags import check_if_match, with_etag
from query.http.faults import Faults, not_found
from query.http.request import Reply, Request
from query.http.values import read_repository, same_as
from query.visibility.key_scope import reaches_repository

_read_name = name_of(200)


def _read_repository(value: object) -> str:
    """One that events could name."""
    text = read_repository(value)
    if "/" not in text or "" in text.split("/"):
        raise InvalidValue("repository", "must be a path such as github.com/acme/api, as GET /v1/services shows it")
    return text


_FIELDS: dict[str, Reader] = {
    "repository": _read_repository,
    "paths": patterns_of(500, "*?"),
    "production": list_of(name_of(100), 20, least=1),
    "team": name_of(200),
    "archived": read_flag,
}


def get_service(request: Request) -> Reply:
    """A service's configuration, with its ETag. Raises Problem (404)."""
    request.sent.faults.check_query()
    service = _stored(request, _name(request))
    if service is None:
        raise not_found("There is no service of this name.")
    return with_etag(_answer(service))


def put_service(request: Request) -> Reply:
    """Configures a service or creates it. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    return _change(request, whole=True)


def patch_service(request: Request) -> Reply:
    """Changes the fields that are sent. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    return _change(request, whole=False)


def _change(request: Request, *, whole: bool) -> Reply:
    request.sent.faults.check_query()
    name = _name(request)
    faults = Faults()
    body = read_json(request.event, request.headers)
    sent = read_fields(body, _FIELDS, faults, shown={"service": same_as(name)})
    faults.check_body()
    for _ in range(TRIES):
        old = _stored(request, name)
        if old is None and not whole:
            raise not_found("There is no service of this name; PUT creates one.")
        before = _answer(old) if old is not None else None
        check_if_match(request, before)
        _check_repository(request, old, sent)
        new = _applied(old or Service(name), sent, whole=whole)
        if new == old:
            return with_etag(_answer(new))
        job = _job(request, old, new)
        writes = _production_writes(request, old, new)
        event_id = None
        if job is not None:
            writes += job.writes()
            event_id = message_event_id(job.job.id, "service")
        try:
            store(request, new.to_item(), "service", name, before, _answer(new), event_id, writes)
        except Conflict:
            continue  # compute writes it too: when it is deployed in a new year, or tied to its repository
        return with_etag(_answer(new), publish(request, job))
    raise crowded()


def _job(request: Request, old: Service | None, new: Service) -> NewJob | None:
    """Compute derives the service again where its repository or its files are others."""
    if old is not None and (old.repository, old.paths) == (new.repository, new.paths):
        return None
    locks = sorted({new.lock, *([old.lock] if old is not None else [])})
    message = OutboxMessage("service", new.lock, {"service": new.name, "locks": locks})
    return new_job(request, "service", new.name, new.version, [message])


def _production_writes(request: Request, old: Service | None, new: Service) -> list[Write]:
    """The settings list the services that have production environments of their own (see `query.reports.selection`)."""
    if bool(new.production) == bool(old is not None and old.production):
        return []
    organisation = OrganisationSettings.from_item(request.table.get([SETTINGS_KEY]).get(SETTINGS_KEY))
    others = [name for name in organisation.own_production if name != new.name]
    own = tuple(sorted([*others, new.name] if new.production else others))
    return [Put(replace(organisation, own_production=own).to_item(), at_version(organisation.version))]


def _check_repository(request: Request, old: Service | None, sent: Mapping[str, Any]) -> None:
    """Whoever ties a service to a repository reads that repository's changes by it. Raises Problem (422)."""
    repository = sent.get("repository")
    current = old.repository if old is not None else None
    if "repository" in sent and repository != current and not reaches_repository(request, repository):
        faults = Faults()
        faults.add("/repository", InvalidValue("limited_key", "is outside the limits of this key"))
        faults.check_body()


def _applied(base: Service, sent: Mapping[str, Any], *, whole: bool) -> Service:
    values: dict[str, Any] = dict.fromkeys(_FIELDS) if whole else {}
    values |= sent
    own = {"team": values["team"]} if "team" in values else {}
    own |= {"archived": values["archived"] or None} if "archived" in values else {}
    extra = {name: value for name, value in {**base.extra, **own}.items() if value is not None}
    return replace(
        base,
        repository=values.get("repository", base.repository),
        paths=tuple(values.get("paths", base.paths) or ()),
        production=tuple(values.get("production", base.production) or ()),
        extra=extra,
    )


def _stored(request: Request, name: str) -> Service | None:
    """The service, None too where the request's key does not reach it."""
    item = request.table.get([service_key(name)]).get(service_key(name))
    service = Service.from_item(item) if item is not None else None
    return service if service is not None and request.limits.reach(name, service.repository) else None


def _name(request: Request) -> str:
    try:
        return _read_name(request.name)
    except InvalidValue as invalid:
        raise not_found(f"This can't be a service's name: it {invalid.detail}.") from None


def _answer(service: Service) -> ServiceConfiguration:
    return {
        "service": service.name,
        "repository": service.repository,
        "paths": list(service.paths),
        "production": list(service.production) or None,
        "team": service.team,
        "archived": service.archived,
    }

"""GET and PUT /v1/sources: the webhook mappings. `leadline webhooks` sets the secrets of webhooks; this API never does."""

from __future__ import annotations

from dataclasses import replace

from leadline.contract.objects import ObjectReader, Reader, list_of, map_of, read_fields
from leadline.contract.patterns import check_wildcards
from leadline.contract.text import name_of
from leadline.domain.errors import Conflict
from leadline.http.problems import unavailable
from leadline.store.sources import MAX_ENTRIES, SOURCES_KEY, CodeHost, Sources, Target
from leadline.store.table import Put, at_version
from query.changes.record import entry
from query.http.body import read_json
from query.http.etags import check_if_match, with_etag
from query.http.faults import Faults
from query.http.request import Reply, Request

_TRIES = 5


def get_sources(request: Request) -> Reply:
    """The configuration of sources, defaults included, with its ETag."""
    request.sent.faults.check_query()
    return with_etag(_read_stored(request).to_data())


def put_sources(request: Request) -> Reply:
    """Replaces it; ingest reads it within half a minute. Raises Problem: 400, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    faults = Faults()
    new = read_sources(read_json(request.event, request.headers), faults)
    faults.check_body()
    for _ in range(_TRIES):
        old = _read_stored(request)
        check_if_match(request, old.to_data())
        if replace(new, version=old.version) == old:
            return with_etag(new.to_data())
        version = old.version + 1
        change = entry(
            request, "sources", "sources", "changed", f"sources-{version}", None, old.to_data(), new.to_data()
        )
        try:
            item = replace(new, version=version).to_item()
            request.table.write([Put(item, at_version(old.version)), Put(change.to_item())])
        except Conflict:
            continue
        return with_etag(new.to_data())
    raise unavailable("Other requests kept changing the sources; try again.", retry_after=1)


def _read_stored(request: Request) -> Sources:
    return Sources.from_item(request.table.get([SOURCES_KEY]).get(SOURCES_KEY))


def read_sources(body: object, faults: Faults) -> Sources:
    """The configuration in a body. Absent or null fields get their defaults. Adds every fault."""
    fields = ObjectReader(body, ("github", "gitlab", "bitbucket", "incident_services", "default_service"), faults)
    default = CodeHost()
    return Sources(
        github=fields.read("github", _read_code_host, default),
        gitlab=fields.read("gitlab", _read_code_host, default),
        bitbucket=fields.read("bitbucket", _read_code_host, default),
        incident_services=fields.read("incident_services", map_of(_read_name, _read_name, MAX_ENTRIES), {}),
        default_service=fields.read("default_service", _read_name, None),
    )


_read_name = name_of(200)


def _read_pattern(value: object) -> str:
    pattern = _read_name(value)
    check_wildcards(pattern, "*?")
    return pattern


def _read_object(readers: dict[str, Reader], value: object) -> dict[str, object]:
    faults = Faults()
    values = read_fields(value, readers, faults)
    faults.check()
    return values


_TARGET: dict[str, Reader] = {"service": _read_name, "environment": _read_name}


def _read_target(value: object) -> Target:
    # null, like an empty target, keeps the sender's values.
    return Target(**_read_object(_TARGET, {} if value is None else value))  # type: ignore[arg-type]  # as its readers return


_read_targets = map_of(_read_pattern, _read_target, MAX_ENTRIES, "patterns as names and targets as values")
_CODE_HOST: dict[str, Reader] = {
    "incident_label": _read_name,
    "release_branches": list_of(_read_pattern, MAX_ENTRIES),
    "environments": _read_targets,
    "workflows": _read_targets,
    "tags": _read_targets,
}


def _read_code_host(value: object) -> CodeHost:
    values = _read_object(_CODE_HOST, value)
    # A label of null switches incidents by label off; elsewhere null stands for the default.
    kept = {name: given for name, given in values.items() if given is not None or name == "incident_label"}
    return CodeHost(**kept)  # type: ignore[arg-type]  # as its readers return

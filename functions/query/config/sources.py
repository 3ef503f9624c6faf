"""GET and PUT /v1/sources: how webhooks are read. Their secrets are set by `leadline webhooks`, never here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.patterns import check_wildcards
from leadline.domain.errors import Conflict, Rejected
from leadline.http.problems import unavailable
from leadline.store.sources import SOURCES_KEY, Sources
from leadline.store.table import Put, at_version
from query.config.history import entry
from query.web.body import read_json
from query.web.etags import check_if_match, with_etag
from query.web.faults import Faults
from query.web.request import Reply, Request

_TRIES = 5


def get_sources(request: Request) -> Reply:
    """The whole of it, defaults included, with its ETag."""
    request.sent.faults.check_query()
    return with_etag(_stored(request).to_data())


def put_sources(request: Request) -> Reply:
    """Sets the whole of it; ingest reads it by half a minute later. Raises Problem: 400, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    new = _read(read_json(request.event, request.headers))
    for _ in range(_TRIES):
        old = _stored(request)
        check_if_match(request, old.to_data())
        if replace(new, version=old.version) == old:
            return with_etag(new.to_data())
        version = old.version + 1
        told = entry(request, "sources", "sources", "changed", f"sources-{version}", None, old.to_data(), new.to_data())
        try:
            item = replace(new, version=version).to_item()
            request.table.write([Put(item, at_version(old.version)), Put(told.to_item())])
        except Conflict:
            continue
        return with_etag(new.to_data())
    raise unavailable("Others kept changing the sources at the same time; send it again.", retry_after=1)


def _stored(request: Request) -> Sources:
    return Sources.from_item(request.table.get([SOURCES_KEY]).get(SOURCES_KEY))


def _read(body: Any) -> Sources:
    faults = Faults()
    if not isinstance(body, dict):
        faults.add("", InvalidValue("type", "must be an object, as GET /v1/sources shows it"))
    elif stored := sorted(body.keys() & {"pk", "sk", "v"}):  # how it is stored is nobody's to say
        faults.add(f"/{stored[0]}", InvalidValue("extra", "is no field here"))
    else:
        try:
            sources = Sources.from_item(body)
        except Rejected as rejected:
            # It says where, by names separated with slashes; which of its parts it is in is all that a pointer needs.
            first = next(
                (name for name in Sources().to_data() if str(rejected).startswith((f"{name}/", f"{name} "))), None
            )
            faults.add(f"/{first}" if first else "", InvalidValue("sources", str(rejected)))
        else:
            _check_patterns(sources, faults)
    faults.check_body()
    return sources


def _check_patterns(sources: Sources, faults: Faults) -> None:
    for host, rules in (("github", sources.github), ("gitlab", sources.gitlab), ("bitbucket", sources.bitbucket)):
        for name in ("release_branches", "environments", "workflows", "tags"):
            try:
                for form in getattr(rules, name):
                    check_wildcards(form, "*?")
            except InvalidValue as invalid:
                faults.add(f"/{host}/{name}", invalid)

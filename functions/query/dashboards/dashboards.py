"""/v1/dashboards: lists, makes, shows, replaces, changes and deletes dashboards. One is there from the start.

Keys that are limited to some services see the dashboards that say so (`limited_keys`), and otherwise what they would see if no
dashboard had ever been stored: titles and filters may name what is beyond them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import name_of
from leadline.domain.errors import Conflict
from leadline.domain.people import FORMER_MEMBER, is_stand_in, names_in, renamed
from leadline.http.problems import Problem
from leadline.queue import canonical
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings
from leadline.store.dashboards import DASHBOARDS, StoredDashboard, dashboard_key
from leadline.store.people import Naming, People, check_settings_unchanged
from leadline.store.table import Delete, Item, Put, at_version
from query.changes.outbox import TRIES, crowded
from query.changes.record import entry
from query.dashboards.default import DEFAULT, DEFAULT_ID
from query.dashboards.definition import MAX_BYTES, read_definition, read_id
from query.dashboards.schemas import Dashboard, DashboardEntry, DashboardPage, Definition
from query.web.body import read_json
from query.web.etags import check_if_match, etag, with_etag
from query.web.faults import Faults, not_found
from query.web.parameters import CURSOR, LIMIT
from query.web.request import Reply, Request
from query.web.values import DEFAULT_LIMIT

PARAMETERS = (LIMIT, CURSOR)
IDEMPOTENCY_KEY = {"Idempotency-Key": "Sent again with the same key, the request makes no second dashboard."}
_read_key = name_of(200)


def dashboard_page(request: Request) -> DashboardPage:
    """Dashboards in order of id."""
    after = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    page: list[DashboardEntry] = []
    for dashboard in _listed(request, after, limit + 1):
        if len(page) == limit:
            return {"items": page, "next_cursor": request.next_cursor(page[-1]["id"])}
        page.append(
            {
                "id": dashboard["id"],
                "name": dashboard["name"],
                "description": dashboard["description"],
                "limited_keys": dashboard["limited_keys"],
                "panels": len(dashboard["panels"]),
            }
        )
    return {"items": page, "next_cursor": None}


def one_dashboard(request: Request) -> Reply:
    """A dashboard, with its ETag. Raises Problem (404)."""
    request.sent.faults.check_query()
    return with_etag(found(request))


def post_dashboard(request: Request) -> Reply:
    """Makes a dashboard; sent again with the same Idempotency-Key, it is the one that was made. Raises Problem: 400, 409, 413,
    415, 422, 503."""
    request.sent.faults.check_query()
    key = _idempotency_key(request)
    definition = _sent(read_json(request.event, request.headers))
    said = hashlib.sha256(canonical(definition).encode()).hexdigest() if key else None
    for _ in range(TRIES):
        name = f"dsh_{key or secrets.token_hex(8)}"
        stored, settings = _stored(request, name)
        if stored is not None:
            if stored.request != said:
                raise Problem(
                    409, "Idempotency-Key used", "This key came with another dashboard before; use a new one."
                )
            return _made(_dashboard(stored))
        made = StoredDashboard(name, _named(request, definition, settings), request.now, said)
        try:
            _write(request, None, made, settings)
        except Conflict:
            continue
        return _made(_dashboard(made))
    raise crowded()


def put_dashboard(request: Request) -> Reply:
    """Makes or replaces a dashboard. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    definition = _sent(read_json(request.event, request.headers), request.name)
    return _change(request, lambda _: definition)


def patch_dashboard(request: Request) -> Reply:
    """Changes what is named of a dashboard. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    told = read_json(request.event, request.headers)
    if not isinstance(told, dict):
        _sent(told)  # says what it should be
    return _change(request, lambda current: _patched(current, told, request.name))


def delete_dashboard(request: Request) -> None:
    """Deletes a dashboard; the default one is then as it was at first. Raises Problem: 404, 412, 428, 503."""
    request.sent.faults.check_query()
    for _ in range(TRIES):
        stored, _ = _stored(request, request.name)
        current = _shown(request, request.name, stored)
        if current is None:
            raise _missing()
        check_if_match(request, current)
        if stored is None:
            return
        after = _shown(request, request.name, None)
        try:
            request.table.write(
                [
                    Delete(dashboard_key(stored.id), at_version(stored.version)),
                    _record(request, "deleted", stored, current, after),
                ]
            )
        except Conflict:
            continue
        return
    raise crowded()


def found(request: Request) -> Dashboard:
    """The dashboard that the path names, as the request's key may see it. Raises Problem (404)."""
    key = dashboard_key(request.name)
    # The settings, which every report needs, come along in this request.
    item = request.reach.configuration.get([key]).get(key) if _may_be(request.name) else None
    dashboard = _shown(request, request.name, StoredDashboard.from_item(item) if item is not None else None)
    if dashboard is None:
        raise _missing()
    return dashboard


def _change(request: Request, change: Callable[[Dashboard | None], Definition]) -> Reply:
    """`change` gives what the dashboard is to say; it is given what there is, None for nothing."""
    if not _may_be(request.name):
        raise not_found("This can't be a dashboard's id: it has 1 to 64 of a-z, 0-9, - and _.")
    for _ in range(TRIES):
        stored, settings = _stored(request, request.name)
        current = _shown(request, request.name, stored)
        definition = change(current)
        check_if_match(request, current)
        version = stored.version + 1 if stored is not None else request.now
        said = stored.request if stored is not None else None
        new = StoredDashboard(request.name, _named(request, definition, settings), version, said)
        if current == _dashboard(new):
            return with_etag(current)
        try:
            _write(request, stored, new, settings, current)
        except Conflict:
            continue
        return with_etag(_dashboard(new))
    raise crowded()


def _patched(current: Dashboard | None, told: Mapping[str, Any], name: str) -> Definition:
    if current is None:
        raise _missing()
    return _sent({**current, **told}, name)


def _sent(body: object, name: str | None = None) -> Definition:
    """What was sent as a definition, of the dashboard with this id if it has one. Raises Problem (422)."""
    faults = Faults()
    definition = read_definition(body, faults, name)
    if not faults and len(canonical(definition).encode()) > MAX_BYTES:
        faults.add("", InvalidValue("too_large", f"takes more than {MAX_BYTES // 1024} KiB"))
    faults.check_body()
    return definition


def _idempotency_key(request: Request) -> str | None:
    """What stands for the header's key in an id: nobody else's key comes to the same. Raises Problem (400)."""
    sent = request.headers.get("idempotency-key")
    if sent is None:
        return None
    try:
        # The header's draft standard writes it in quotes, most clients without.
        key = _read_key(sent.strip().removeprefix('"').removesuffix('"'))
    except InvalidValue as invalid:
        raise Problem(400, "Invalid Idempotency-Key", f"Idempotency-Key {invalid.detail}.") from None
    assert request.principal is not None
    return hashlib.sha256(canonical([request.principal.key_id, key]).encode()).hexdigest()[:16]


def _listed(request: Request, after: str | None, most: int) -> Iterator[Dashboard]:
    """Those that the key may see after this id; no more than `most` are of use."""
    first = "" if after is None else after + "\x00"  # the smallest id after it
    default_due = first <= DEFAULT_ID
    # Which of them a limited key may see shows only when they are read.
    for item in request.table.query(DASHBOARDS, first, limit=None if request.limits else most):
        if default_due and item["sk"] > DEFAULT_ID:
            yield {**DEFAULT, "id": DEFAULT_ID}
        default_due = default_due and item["sk"] < DEFAULT_ID
        if dashboard := _shown(request, item["sk"], StoredDashboard.from_item(item)):
            yield dashboard
    if default_due:
        yield {**DEFAULT, "id": DEFAULT_ID}


def _shown(request: Request, name: str, stored: StoredDashboard | None) -> Dashboard | None:
    """The dashboard of this id as the request's key may see it."""
    if stored is not None and not (request.limits and not stored.definition["limited_keys"]):
        return _dashboard(stored)
    return {**DEFAULT, "id": DEFAULT_ID} if name == DEFAULT_ID else None


def _dashboard(stored: StoredDashboard) -> Dashboard:
    return {**stored.definition, "id": stored.id}  # type: ignore[typeddict-item]  # as it was read when it was sent


def _made(dashboard: Dashboard) -> Reply:
    return Reply(dashboard, {"location": f"/v1/dashboards/{dashboard['id']}", "etag": etag(dashboard)})


def _may_be(name: str) -> bool:
    try:
        return bool(read_id(name))
    except InvalidValue:
        return False


def _stored(request: Request, name: str) -> tuple[StoredDashboard | None, Item | None]:
    """The dashboard as it is stored, and the settings' item."""
    keys = [SETTINGS_KEY, *([dashboard_key(name)] if _may_be(name) else [])]
    found = request.table.get(keys)
    item = found.get(dashboard_key(name))
    return StoredDashboard.from_item(item) if item is not None else None, found.get(SETTINGS_KEY)


def _named(request: Request, definition: Definition, settings: Item | None) -> dict[str, Any]:
    """The definition with the people in it as they are to be stored now."""
    people = People(request.table, Naming.of(OrganisationSettings.from_item(settings)))
    names = people.stored_names(names_in(dict(definition)))
    shown = {name: FORMER_MEMBER if is_stand_in(new) else new for name, new in names.items()}
    return dict(renamed(dict(definition), shown.__getitem__))


def _write(
    request: Request,
    old: StoredDashboard | None,
    new: StoredDashboard,
    settings: Item | None,
    before: Dashboard | None = None,
) -> None:
    """Stores the dashboard and puts that on record. Raises Conflict where somebody else was first, or people are named otherwise
    since."""
    action = "changed" if before is not None else "created"
    guard = at_version(old.version if old is not None else 0)
    record = _record(request, action, new, before, _dashboard(new))
    request.table.write([Put(new.to_item(), guard), record, *check_settings_unchanged(settings)])


def _record(
    request: Request, action: str, what: StoredDashboard, before: Dashboard | None, after: Dashboard | None
) -> Put:
    mark = f"dashboard.{what.id}.v{what.version}.{action}"
    return Put(entry(request, "dashboard", what.id, action, mark, None, before, after).to_item())


def _missing() -> Problem:
    return not_found("There is no dashboard with this id.")

"""/v1/dashboards: lists, creates, shows, replaces, changes and deletes dashboards. A default one always exists.

Limited keys see the dashboards that allow it (`limited_keys`); all others do not exist for them, since titles and filters may name
what is beyond the key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from leadline.contract.event_ids import canonical
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import name_of
from leadline.domain.errors import Conflict
from leadline.domain.people import FORMER_MEMBER, is_stand_in, names_in, renamed
from leadline.http.problems import Problem
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings
from leadline.store.dashboards import DASHBOARDS, StoredDashboard, dashboard_key
from leadline.store.people import Naming, People, check_settings_unchanged
from leadline.store.table import Delete, Item, Put, at_version
from query.changes.outbox import TRIES, crowded
from query.changes.record import entry
from query.dashboards.default import DEFAULT, DEFAULT_ID
from query.dashboards.definition import MAX_BYTES, read_definition, read_id
from query.dashboards.schemas import Dashboard, DashboardDefinition, DashboardPage, DashboardSummary
from query.http.body import read_json
from query.http.etags import check_if_match, etag, with_etag
from query.http.faults import Faults, not_found
from query.http.parameters import CURSOR, LIMIT
from query.http.request import Reply, Request
from query.http.values import DEFAULT_LIMIT

PARAMETERS = (LIMIT, CURSOR)
IDEMPOTENCY_KEY = {"Idempotency-Key": "A repeated request with the same key creates no second dashboard."}
_read_key = name_of(200)


def dashboard_page(request: Request) -> DashboardPage:
    """Dashboards in order of id."""
    after = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    page: list[DashboardSummary] = []
    for dashboard in _list_visible(request, after, limit + 1):
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
    """Creates a dashboard; with a repeated Idempotency-Key, answers the one created before.

    Raises Problem: 400, 409, 413, 415, 422, 503.
    """
    request.sent.faults.check_query()
    key = _idempotency_key(request)
    definition = _read_body(read_json(request.event, request.headers))
    digest = hashlib.sha256(canonical(definition).encode()).hexdigest() if key else None
    for _ in range(TRIES):
        name = f"dsh_{key or secrets.token_hex(8)}"
        stored, settings = _read_stored(request, name)
        if stored is not None:
            if stored.request != digest:
                raise Problem(409, "Idempotency-Key used", "This key was used for another dashboard; use a new one.")
            return _to_reply(_to_dashboard(stored))
        new = StoredDashboard(name, _name_people(request, definition, settings), request.now, digest)
        try:
            _write(request, None, new, settings)
        except Conflict:
            continue
        return _to_reply(_to_dashboard(new))
    raise crowded()


def put_dashboard(request: Request) -> Reply:
    """Creates or replaces a dashboard. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    definition = _read_body(read_json(request.event, request.headers), request.name)
    return _change(request, lambda _: definition)


def patch_dashboard(request: Request) -> Reply:
    """Changes the given fields of a dashboard. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    patch = read_json(request.event, request.headers)
    if not isinstance(patch, dict):
        _read_body(patch)  # refuses it
    return _change(request, lambda current: _apply_patch(current, patch, request.name))


def delete_dashboard(request: Request) -> None:
    """Deletes a dashboard; deleting the default one resets it. Raises Problem: 404, 412, 428, 503."""
    request.sent.faults.check_query()
    for _ in range(TRIES):
        stored, _ = _read_stored(request, request.name)
        current = _visible(request, request.name, stored)
        if current is None:
            raise _not_found()
        check_if_match(request, current)
        if stored is None:
            return
        after = _visible(request, request.name, None)
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
    """The dashboard of the path, as the request's key sees it. Raises Problem (404)."""
    key = dashboard_key(request.name)
    # This request also reads the settings, which every report needs.
    item = request.reach.configuration.get([key]).get(key) if _is_id(request.name) else None
    dashboard = _visible(request, request.name, StoredDashboard.from_item(item) if item is not None else None)
    if dashboard is None:
        raise _not_found()
    return dashboard


def _change(request: Request, change: Callable[[Dashboard | None], DashboardDefinition]) -> Reply:
    """`change` returns the new definition for the current dashboard, None where there is none."""
    if not _is_id(request.name):
        raise not_found("Not a valid dashboard id: use 1 to 64 characters from a-z, 0-9, - and _.")
    for _ in range(TRIES):
        stored, settings = _read_stored(request, request.name)
        current = _visible(request, request.name, stored)
        definition = change(current)
        check_if_match(request, current)
        version = stored.version + 1 if stored is not None else request.now
        digest = stored.request if stored is not None else None
        new = StoredDashboard(request.name, _name_people(request, definition, settings), version, digest)
        if current == _to_dashboard(new):
            return with_etag(current)
        try:
            _write(request, stored, new, settings, current)
        except Conflict:
            continue
        return with_etag(_to_dashboard(new))
    raise crowded()


def _apply_patch(current: Dashboard | None, patch: Mapping[str, Any], name: str) -> DashboardDefinition:
    if current is None:
        raise _not_found()
    return _read_body({**current, **patch}, name)


def _read_body(body: object, name: str | None = None) -> DashboardDefinition:
    """The definition out of a body. `name`: the dashboard's id if it has one. Raises Problem (422)."""
    faults = Faults()
    definition = read_definition(body, faults, name)
    if not faults and len(canonical(definition).encode()) > MAX_BYTES:
        faults.add("", InvalidValue("too_large", f"takes more than {MAX_BYTES // 1024} KiB"))
    faults.check_body()
    return definition


def _idempotency_key(request: Request) -> str | None:
    """The header's part of an id, different for each API key. Raises Problem (400)."""
    sent = request.headers.get("idempotency-key")
    if sent is None:
        return None
    try:
        # The draft standard has quotes around it, most clients send none.
        key = _read_key(sent.strip().removeprefix('"').removesuffix('"'))
    except InvalidValue as invalid:
        raise Problem(400, "Invalid Idempotency-Key", f"Idempotency-Key {invalid.detail}.") from None
    assert request.principal is not None
    return hashlib.sha256(canonical([request.principal.key_id, key]).encode()).hexdigest()[:16]


def _list_visible(request: Request, after: str | None, most: int) -> Iterator[Dashboard]:
    """The dashboards after this id that the key may see. The caller needs at most `most`."""
    first = "" if after is None else after + "\x00"  # the smallest id after it
    default_due = first <= DEFAULT_ID
    # Which of them a limited key may see is known only after reading.
    for item in request.table.query(DASHBOARDS, first, limit=None if request.limits else most):
        if default_due and item["sk"] > DEFAULT_ID:
            yield {**DEFAULT, "id": DEFAULT_ID}
        default_due = default_due and item["sk"] < DEFAULT_ID
        if dashboard := _visible(request, item["sk"], StoredDashboard.from_item(item)):
            yield dashboard
    if default_due:
        yield {**DEFAULT, "id": DEFAULT_ID}


def _visible(request: Request, name: str, stored: StoredDashboard | None) -> Dashboard | None:
    """The dashboard of this id, as the request's key sees it."""
    if stored is not None and not (request.limits and not stored.definition["limited_keys"]):
        return _to_dashboard(stored)
    return {**DEFAULT, "id": DEFAULT_ID} if name == DEFAULT_ID else None


def _to_dashboard(stored: StoredDashboard) -> Dashboard:
    return {**stored.definition, "id": stored.id}  # type: ignore[typeddict-item]  # as it was read from the body


def _to_reply(dashboard: Dashboard) -> Reply:
    return Reply(dashboard, {"location": f"/v1/dashboards/{dashboard['id']}", "etag": etag(dashboard)})


def _is_id(name: str) -> bool:
    try:
        return bool(read_id(name))
    except InvalidValue:
        return False


def _read_stored(request: Request, name: str) -> tuple[StoredDashboard | None, Item | None]:
    """The stored dashboard and the settings' item."""
    keys = [SETTINGS_KEY, *([dashboard_key(name)] if _is_id(name) else [])]
    found = request.table.get(keys)
    item = found.get(dashboard_key(name))
    return StoredDashboard.from_item(item) if item is not None else None, found.get(SETTINGS_KEY)


def _name_people(request: Request, definition: DashboardDefinition, settings: Item | None) -> dict[str, Any]:
    """The definition, with people named as they are to be stored now."""
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
    """Stores the dashboard with its history entry. Raises Conflict where it, or the naming of people, has changed meanwhile."""
    action = "changed" if before is not None else "created"
    guard = at_version(old.version if old is not None else 0)
    record = _record(request, action, new, before, _to_dashboard(new))
    request.table.write([Put(new.to_item(), guard), record, *check_settings_unchanged(settings)])


def _record(
    request: Request, action: str, what: StoredDashboard, before: Dashboard | None, after: Dashboard | None
) -> Put:
    mark = f"dashboard.{what.id}.v{what.version}.{action}"
    return Put(entry(request, "dashboard", what.id, action, mark, None, before, after).to_item())


def _not_found() -> Problem:
    return not_found("No dashboard has this id.")

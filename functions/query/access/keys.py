"""/v1/keys: creates, lists, rotates and revokes API keys. Scope admin.

Only the answer that creates a key holds its secret. Stored is a keyed hash of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from leadline.access.key_scope import MAX_LIMITS
from leadline.access.keys import (
    ADMIN,
    SCOPES,
    adding,
    changing,
    creator_revoked,
    id_of,
    item_key,
    list_keys,
    new_key,
    state_of,
    used_key,
)
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import whole_number
from leadline.contract.objects import ObjectReader, list_of
from leadline.contract.text import name_of, one_of
from leadline.contract.times import time_after
from leadline.domain.errors import Conflict
from leadline.http.problems import Problem
from leadline.store.access import ACCESS_KEY, AccessSettings
from leadline.store.table import Check, Item, Put, as_read
from query.access.key_schemas import ApiKey, ApiKeyCreated, ApiKeyPage
from query.changes.record import entry
from query.changes.while_active import while_active
from query.http.body import read_json
from query.http.faults import Faults, not_found
from query.http.parameters import CURSOR, LIMIT, Parameter, choice
from query.http.request import Reply, Request
from query.http.schemas import KEY_ID
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT, read_key_id, read_repository

PARAMETERS = (
    choice(
        "state",
        "Only keys in this state. Can be repeated; any of the values matches.",
        "active",
        "expired",
        "revoked",
        repeats=True,
    ),
    Parameter(
        "created_by",
        read_key_id,
        "Only keys created by this API key, given by its id. Can be repeated; any of the values matches.",
        KEY_ID,
        repeats=True,
    ),
    choice("creator_revoked", "Only keys whose `creator_revoked` has this value.", "false", "true"),
    LIMIT,
    CURSOR,
)

MAX_OVERLAP_HOURS = 30 * 24
_OVERLAP_HOURS = 24
_any_scopes = list_of(one_of(*SCOPES), len(SCOPES))
_HOUR = 3_600_000
_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)


def key_page(request: Request) -> ApiKeyPage:
    """Keys in any state, the newest first."""
    before = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    keys = {id_of(item): item for item in list_keys(request.table)}
    found = ((_position(item), item) for item in keys.values() if _matches(request, item, keys))
    placed = sorted(found, key=lambda pair: pair[0], reverse=True)
    wanted = [pair for pair in placed if before is None or pair[0] < before]
    page = wanted[:limit]
    uses = request.table.get([used_key(id_of(item)) for _, item in page]) if page else {}
    return {
        "items": [
            _to_entry(item, request.now, creator_revoked(item, keys.get, request.now), uses.get(used_key(id_of(item))))
            for _, item in page
        ],
        "next_cursor": request.next_cursor(page[-1][0]) if len(wanted) > limit else None,
    }


def _matches(request: Request, item: Item, keys: Mapping[str, Item]) -> bool:
    states, creators, revoked = (request.sent.all(name) for name in ("state", "created_by", "creator_revoked"))
    return (
        (not states or state_of(item, request.now) in states)
        and (not creators or item.get("created_by") in creators)
        and (not revoked or creator_revoked(item, keys.get, request.now) == (revoked == ("true",)))
    )


def one_key(request: Request) -> ApiKey:
    """A key by its id. Raises Problem (404)."""
    request.sent.faults.check_query()
    item = _read_key(request)
    used = used_key(id_of(item))
    return _to_entry(item, request.now, _creator_revoked(request, item), request.table.get([used]).get(used))


def post_key(request: Request) -> Reply:
    """Creates a key. Raises Problem: 400, 413, 415, 422."""
    request.sent.faults.check_query()
    faults = Faults()
    fields = ObjectReader(
        read_json(request.event, request.headers),
        ("name", "scopes", "services", "repositories", "plan", "expires_at"),
        faults,
    )
    name = fields.required("name", name_of(200), "")
    nothing: list[str] = []
    scopes = fields.required("scopes", _read_scopes, nothing)
    services = fields.read_list("services", name_of(200), MAX_LIMITS)
    repositories = fields.read_list("repositories", read_repository, MAX_LIMITS)
    if ADMIN in scopes and (services or repositories):
        faults.add(
            "/scopes",
            InvalidValue("exclusive", "must not have admin in a key that is limited to services or repositories"),
        )
    plan = fields.read("plan", name_of(100), "") or None
    if plan is not None and plan not in AccessSettings.from_item(request.table.get([ACCESS_KEY]).get(ACCESS_KEY)).plans:
        faults.add("/plan", InvalidValue("unknown", "is not a plan; PUT /v1/plans/{plan} creates one"))
    expires_at = fields.read("expires_at", time_after(request.now), 0) or None
    faults.check_body()

    def make(active: Check) -> Reply:
        text, item = new_key(
            request.reach.pepper(),
            name=name,
            scopes=scopes,
            now=request.now,
            expires_at=expires_at,
            services=sorted(services),
            repositories=sorted(repositories),
            plan=plan,
            created_by=request.principal.key_id if request.principal else None,
        )
        request.table.write([*adding(item), _history_entry(request, None, item), active])
        return _to_reply(request, text, item)

    return while_active(request, ADMIN, make)


def _read_scopes(value: object) -> list[str]:
    scopes = _any_scopes(value)
    if not scopes:
        raise InvalidValue("missing", f"must have one or more of {', '.join(SCOPES)}")
    return list(scopes)


def rotate_key(request: Request) -> Reply:
    """Creates a key with the same rights that replaces this one; this one expires after the overlap.

    Raises Problem: 404; 409 for a key that has ended or was rotated already; 400, 413, 415, 422.
    """
    request.sent.faults.check_query()
    faults = Faults()
    fields = ObjectReader(read_json(request.event, request.headers), ("overlap_hours", "expires_at"), faults)
    overlap = fields.read("overlap_hours", whole_number(0, MAX_OVERLAP_HOURS), _OVERLAP_HOURS) * _HOUR
    expires_at = fields.read("expires_at", time_after(request.now), 0) or None
    faults.check_body()
    now = request.now

    def rotate(active: Check) -> Reply:
        old = _read_key(request)
        if active.key == item_key(id_of(old)) and active.guard != as_read(old):
            raise Conflict("the key has changed since it was checked")
        _check_rotatable(request, old)
        ends = old.get("expires_at")
        text, new = new_key(
            request.reach.pepper(),
            name=old["name"],
            scopes=old["scopes"],
            now=now,
            # The replacement of a key that expires lives as long as that one did.
            expires_at=expires_at or (now + ends - old["created_at"] if ends is not None else None),
            services=old.get("services"),
            repositories=old.get("repositories"),
            plan=old.get("plan"),
            created_by=request.principal.key_id if request.principal else None,
            replaces=id_of(old),
        )
        ended = changing(old, expires_at=min(ends or now + overlap, now + overlap), replaced_by=id_of(new))
        record = [_history_entry(request, old, ended.item), _history_entry(request, None, new)]
        request.table.write([ended, *adding(new), *record, *_unless_of(active, ended)])
        request.reach.keys.learn(ended.item, now)
        return _to_reply(request, text, new)

    return while_active(request, ADMIN, rotate)


def _unless_of(active: Check, changed: Put) -> list[Check]:
    """The check, unless it is of the changed key itself: a transaction names an item once, and the change has a guard."""
    return [] if active.key == changed.key else [active]


def _check_rotatable(request: Request, key: Item) -> None:
    if state_of(key, request.now) != "active" or "replaced_by" in key:
        raise Problem(
            409, "Not rotatable", "This key has expired, was revoked or was rotated already; rotate its replacement."
        )


def delete_key(request: Request) -> None:
    """Revokes a key, which stays in the list. It can change nothing from then on, and this process refuses it at once.

    Raises Problem (404).
    """
    request.sent.faults.check_query()

    def revoke(active: Check) -> Item:
        item = _read_key(request)
        if item.get("revoked_at") is not None:
            return item
        revoked = changing(item, revoked_at=request.now)
        request.table.write([revoked, _history_entry(request, item, revoked.item), *_unless_of(active, revoked)])
        return revoked.item

    request.reach.keys.learn(while_active(request, ADMIN, revoke), request.now)


def _history_entry(request: Request, before: Item | None, after: Item) -> Put:
    """The change of the key, without its limits and plan: reading the history needs fewer rights than reading keys."""
    old, new = (
        {
            "name": item["name"],
            "scopes": list(item["scopes"]),
            "state": state_of(item, request.now),
            "expires_at": instant(item.get("expires_at")),
            "replaced_by": item.get("replaced_by"),
        }
        if item is not None
        else None
        for item in (before, after)
    )
    name, action = id_of(after), "created" if before is None else "changed"
    mark = f"key.{name}.v{after.get('v', 0)}"
    return Put(entry(request, "key", name, action, mark, None, old, new).to_item())


def _read_key(request: Request) -> Item:
    key = item_key(request.name)
    item = request.table.get([key]).get(key) if _ID.fullmatch(request.name) else None
    if item is None:
        raise not_found("No key has this id. An id is the 12 characters after ll_.")
    return item


def _creator_revoked(request: Request, item: Item) -> bool:
    def find(key_id: str) -> Item | None:
        return request.table.get([item_key(key_id)]).get(item_key(key_id))

    return creator_revoked(item, find, request.now)


def _to_reply(request: Request, text: str, item: Item) -> Reply:
    made: ApiKeyCreated = {"secret": text, "key": _to_entry(item, request.now, False)}
    return Reply(made, {"location": f"/v1/keys/{id_of(item)}"})


def _to_entry(item: Item, now: int, is_creator_revoked: bool, used: Item | None = None) -> ApiKey:
    return {
        "key_id": id_of(item),
        "name": item["name"],
        "state": state_of(item, now),
        "scopes": list(item["scopes"]),
        "services": list(item.get("services", ())),
        "repositories": list(item.get("repositories", ())),
        "plan": item.get("plan"),
        "created_at": instant(item["created_at"]),
        "created_by": item.get("created_by"),
        "creator_revoked": is_creator_revoked,
        "expires_at": instant(item.get("expires_at")),
        "revoked_at": instant(item.get("revoked_at")),
        "last_used_at": instant(used["at"]) if used is not None else None,
        "replaces": item.get("replaces"),
        "replaced_by": item.get("replaced_by"),
    }


def _position(item: Item) -> str:
    return f"{item['created_at']:013d}#{id_of(item)}"

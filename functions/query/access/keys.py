"""/v1/keys: makes, lists, rotates and revokes API keys. Scope admin.

A key's text is in the answer that makes it, and nowhere else: stored is its keyed hash.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from leadline.auth import ADMIN, SCOPES, adding, changing, id_of, item_key, list_keys, new_key, used_key
from leadline.domain.errors import Conflict
from leadline.limits import MAX_LIMITS
from leadline.problems import Problem, unavailable
from leadline.store.access import ACCESS_KEY, AccessSettings
from leadline.store.table import Item, Put
from query.access.key_answers import KeyEntry, KeyMade, KeyPage
from query.config.history import entry
from query.deployments.deployments import instant
from query.web.body import read_json
from query.web.fields import Fields, time_after, whole
from query.web.parameters import CURSOR, LIMIT
from query.web.refusal import Faults, Refused, not_found
from query.web.request import Reply, Request
from query.web.values import DEFAULT_LIMIT, name_of, one_of, read_repository

PARAMETERS = (LIMIT, CURSOR)

MAX_OVERLAP_HOURS = 30 * 24
_OVERLAP_HOURS = 24
_HOUR = 3_600_000
_TRIES = 5
_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)


def key_page(request: Request) -> KeyPage:
    """All keys, good or not, the newest first."""
    before = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    placed = sorted(
        ((_position(item), item) for item in list_keys(request.table)), key=lambda pair: pair[0], reverse=True
    )
    wanted = [pair for pair in placed if before is None or pair[0] < before]
    page = wanted[:limit]
    uses = request.table.get([used_key(id_of(item)) for _, item in page]) if page else {}
    return {
        "items": [_entry(item, uses.get(used_key(id_of(item))), request.now) for _, item in page],
        "next_cursor": request.next_cursor(page[-1][0]) if len(wanted) > limit else None,
    }


def one_key(request: Request) -> KeyEntry:
    """A key by its id. Raises Problem (404)."""
    request.sent.faults.check_query()
    return _shown(request, _stored(request))


def post_key(request: Request) -> Reply:
    """Makes a key. Raises Problem: 400, 413, 415, 422."""
    request.sent.faults.check_query()
    faults = Faults()
    fields = Fields(
        read_json(request.event, request.headers),
        ("name", "scopes", "services", "repositories", "plan", "expires_at"),
        faults,
    )
    name = fields.required("name", name_of(200), "")
    scopes = fields.listed("scopes", one_of(*SCOPES), len(SCOPES))
    if not scopes and not faults:
        faults.add("/scopes", Refused("missing", f"names none; there are {', '.join(SCOPES)}"))
    services = fields.listed("services", name_of(200), MAX_LIMITS)
    repositories = fields.listed("repositories", read_repository, MAX_LIMITS)
    if ADMIN in scopes and (services or repositories):
        faults.add("/scopes", Refused("exclusive", "a key that is limited to services or repositories can't be admin"))
    plan = fields.read("plan", name_of(100), "") or None
    if plan is not None and plan not in AccessSettings.from_item(request.table.get([ACCESS_KEY]).get(ACCESS_KEY)).plans:
        faults.add("/plan", Refused("unknown", "is no plan; PUT /v1/plans/{plan} makes one"))
    expires_at = fields.read("expires_at", time_after(request.now), 0) or None
    faults.check_body()
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
    request.table.write([*adding(item), _on_record(request, None, item)])
    return _made(request, text, item)


def rotate_key(request: Request) -> Reply:
    """Makes the key that follows this one, with the same rights; this one ends after the overlap.

    Raises Problem: 404; 409 for a key that has ended or was rotated already; 400, 413, 415, 422.
    """
    request.sent.faults.check_query()
    faults = Faults()
    fields = Fields(read_json(request.event, request.headers), ("overlap_hours", "expires_at"), faults)
    overlap = fields.read("overlap_hours", whole(0, MAX_OVERLAP_HOURS), _OVERLAP_HOURS) * _HOUR
    expires_at = fields.read("expires_at", time_after(request.now), 0) or None
    faults.check_body()
    now = request.now

    def rotate(old: Item) -> tuple[str, Item]:
        if _state(old, now) != "active" or "replaced_by" in old:
            raise Problem(409, "Not rotatable", "This key has ended or was rotated already; rotate the one after it.")
        ends = old.get("expires_at")
        text, new = new_key(
            request.reach.pepper(),
            name=old["name"],
            scopes=old["scopes"],
            now=now,
            # One that ends by itself is followed by one that lives as long.
            expires_at=expires_at or (now + ends - old["created_at"] if ends is not None else None),
            services=old.get("services"),
            repositories=old.get("repositories"),
            plan=old.get("plan"),
            created_by=request.principal.key_id if request.principal else None,
            replaces=id_of(old),
        )
        ended = changing(old, expires_at=min(ends or now + overlap, now + overlap), replaced_by=id_of(new))
        record = [_on_record(request, old, ended.item), _on_record(request, None, new)]
        request.table.write([ended, *adding(new), *record])
        return text, new

    return _made(request, *_retried(request, rotate))


def delete_key(request: Request) -> None:
    """Revokes a key; within half a minute nothing takes it any more. It stays in the list. Raises Problem (404)."""
    request.sent.faults.check_query()

    def revoke(item: Item) -> None:
        if item.get("revoked_at") is None:
            revoked = changing(item, revoked_at=request.now)
            request.table.write([revoked, _on_record(request, item, revoked.item)])

    _retried(request, revoke)


def _on_record(request: Request, before: Item | None, after: Item) -> Put:
    """Who made or changed the key, without its limits and its plan: the history is read with fewer rights than keys are."""
    old, new = (
        {
            "name": item["name"],
            "scopes": list(item["scopes"]),
            "state": _state(item, request.now),
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


def _retried(request: Request, change: Callable[[Item], Any]) -> Any:
    """The change made to the key as it is stored; made again to what it is then where somebody else was first."""
    for _ in range(_TRIES):
        try:
            return change(_stored(request))
        except Conflict:
            continue
    raise unavailable("Others kept changing this key at the same time; send it again.", retry_after=1)


def _stored(request: Request) -> Item:
    key = item_key(request.name)
    item = request.table.get([key]).get(key) if _ID.fullmatch(request.name) else None
    if item is None:
        raise not_found("There is no key with this id: it is the 12 characters after ll_.")
    return item


def _made(request: Request, text: str, item: Item) -> Reply:
    made: KeyMade = {"secret": text, "key": _entry(item, None, request.now)}
    return Reply(made, {"location": f"/v1/keys/{id_of(item)}"})


def _shown(request: Request, item: Item) -> KeyEntry:
    used = used_key(id_of(item))
    return _entry(item, request.table.get([used]).get(used), request.now)


def _entry(item: Item, used: Item | None, now: int) -> KeyEntry:
    return {
        "key_id": id_of(item),
        "name": item["name"],
        "state": _state(item, now),  # type: ignore[typeddict-item]  # one of the three
        "scopes": list(item["scopes"]),
        "services": list(item.get("services", ())),
        "repositories": list(item.get("repositories", ())),
        "plan": item.get("plan"),
        "created_at": instant(item["created_at"]) or "",
        "created_by": item.get("created_by"),
        "expires_at": instant(item.get("expires_at")),
        "revoked_at": instant(item.get("revoked_at")),
        "last_used_at": instant(used["at"]) if used is not None else None,
        "replaces": item.get("replaces"),
        "replaced_by": item.get("replaced_by"),
    }


def _state(item: Item, now: int) -> str:
    if item.get("revoked_at") is not None:
        return "revoked"
    return "expired" if item.get("expires_at") is not None and item["expires_at"] <= now else "active"


def _position(item: Item) -> str:
    return f"{item['created_at']:013d}#{id_of(item)}"

"""/v1/plans and /v1/settings/access: rate limits of keys, the access log, and which web pages may call. Scope admin.

All of it is one item, which both functions read together with a key. A change takes effect within half a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leadline.access.keys import list_keys
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import read_flag, whole_number
from leadline.contract.objects import ObjectReader
from leadline.contract.text import matching, name_of
from leadline.domain.errors import Conflict
from leadline.http.problems import Problem, unavailable
from leadline.store.access import ACCESS_KEY, LOG_DAYS, AccessSettings, KeyPlan
from leadline.store.table import Put, at_version
from query.access.schemas import AccessConfiguration, UsagePlan, UsagePlanPage
from query.changes.record import entry
from query.http.body import read_json
from query.http.etags import check_if_match, with_etag
from query.http.faults import Faults, not_found
from query.http.parameters import CURSOR, LIMIT
from query.http.request import Reply, Request
from query.http.values import DEFAULT_LIMIT, same_as

MAX_PLANS = 100
MAX_ORIGINS = 50
MAX_LOG_DAYS = 3_650
_MOST = 10_000_000
_TRIES = 5
_ORIGIN = r"(?!.{301})https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
_read_name = name_of(100)
_read_origin = matching(
    _ORIGIN,
    "origin",
    "must be an origin such as https://dash.acme.dev: scheme, host and port in lower case, no path, no *",
)


PARAMETERS = (LIMIT, CURSOR)


def plan_page(request: Request) -> UsagePlanPage:
    """Plans in order of name."""
    after = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    plans = _read_settings(request).plans
    names = sorted(name for name in plans if after is None or name > after)
    page = names[:limit]
    return {
        "items": [_to_entry(name, plans[name]) for name in page],
        "next_cursor": request.next_cursor(page[-1]) if len(names) > limit else None,
    }


def one_plan(request: Request) -> Reply:
    """A plan, with its ETag. Raises Problem (404)."""
    request.sent.faults.check_query()
    plan = _read_settings(request).plans.get(request.name)
    if plan is None:
        raise not_found("No plan has this name.")
    return with_etag(_to_entry(request.name, plan))


def put_plan(request: Request) -> Reply:
    """Creates or replaces a plan. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    try:
        name = _read_name(request.name)
    except InvalidValue as invalid:
        raise not_found(f"Not a valid plan name: it {invalid.detail}.") from None
    faults = Faults()
    fields = ObjectReader(read_json(request.event, request.headers), ("plan", "per_minute", "per_day", "api"), faults)
    fields.read("plan", same_as(name), name)
    plan = KeyPlan(
        fields.read("per_minute", whole_number(1, _MOST), 0) or None,
        fields.read("per_day", whole_number(1, _MOST), 0) or None,
        fields.read("api", read_flag, True),
    )
    faults.check_body()

    def put(settings: AccessSettings) -> AccessSettings:
        old = settings.plans.get(name)
        check_if_match(request, _to_entry(name, old) if old is not None else None)
        if old is None and len(settings.plans) >= MAX_PLANS:
            faults.add("", InvalidValue("too_many", f"there are {MAX_PLANS} plans already, the maximum"))
            faults.check_body()
        return replace(settings, plans={**settings.plans, name: plan})

    _store(request, "plan", name, put)
    return with_etag(_to_entry(name, plan))


def delete_plan(request: Request) -> None:
    """Deletes a plan that no key uses. Raises Problem: 404, 409, 412, 428, 503."""
    request.sent.faults.check_query()

    def delete(settings: AccessSettings) -> AccessSettings:
        old = settings.plans.get(request.name)
        if old is None:
            raise not_found("No plan has this name.")
        check_if_match(request, _to_entry(request.name, old))
        if any(key.get("plan") == request.name and key.get("revoked_at") is None for key in list_keys(request.table)):
            raise Problem(409, "In use", "Keys use this plan; revoke them first.")
        return replace(settings, plans={name: plan for name, plan in settings.plans.items() if name != request.name})

    _store(request, "plan", request.name, delete)


def get_access(request: Request) -> Reply:
    """The access settings, with their ETag."""
    request.sent.faults.check_query()
    return with_etag(_to_answer(_read_settings(request)))


def put_access(request: Request) -> Reply:
    """Replaces all of them; omitted ones get their default. Raises Problem: 400, 412, 413, 415, 422, 428, 503."""
    request.sent.faults.check_query()
    faults = Faults()
    fields = ObjectReader(read_json(request.event, request.headers), ("log", "log_days", "origins", "docs"), faults)
    log = fields.read("log", read_flag, True)
    days = fields.read("log_days", whole_number(1, MAX_LOG_DAYS), LOG_DAYS)
    origins = tuple(fields.read_list("origins", _read_origin, MAX_ORIGINS))
    docs = fields.read("docs", read_flag, False)
    faults.check_body()

    def put(settings: AccessSettings) -> AccessSettings:
        check_if_match(request, _to_answer(settings))
        return replace(settings, log=log, log_days=days, origins=origins, docs=docs)

    return with_etag(_to_answer(_store(request, "access", "access", put)))


def _store(
    request: Request, kind: str, name: str, change: Callable[[AccessSettings], AccessSettings]
) -> AccessSettings:
    for _ in range(_TRIES):
        old = _read_settings(request)
        new = change(old)
        if new == old:
            return old
        before, after = _shown_in_history(old, kind, name), _shown_in_history(new, kind, name)
        action = "created" if before is None else "deleted" if after is None else "changed"
        change_entry = entry(request, kind, name, action, f"access-{old.version + 1}", None, before, after)
        try:
            request.table.write([Put(new.to_item(), at_version(old.version)), Put(change_entry.to_item())])
        except Conflict:
            continue
        return new
    raise unavailable("Other requests kept changing this; try again.", retry_after=1)


def _shown_in_history(settings: AccessSettings, kind: str, name: str) -> dict[str, Any] | None:
    """The settings as the history shows them."""
    if kind != "plan":
        return dict(_to_answer(settings))
    plan = settings.plans.get(name)
    return dict(_to_entry(name, plan)) if plan is not None else None


def _read_settings(request: Request) -> AccessSettings:
    return AccessSettings.from_item(request.table.get([ACCESS_KEY]).get(ACCESS_KEY))


def _to_entry(name: str, plan: KeyPlan) -> UsagePlan:
    return {"plan": name, "per_minute": plan.per_minute, "per_day": plan.per_day, "api": plan.api}


def _to_answer(settings: AccessSettings) -> AccessConfiguration:
    return {
        "log": settings.log,
        "log_days": settings.log_days,
        "origins": list(settings.origins),
        "docs": settings.docs,
    }

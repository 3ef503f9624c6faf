"""/v1/badges: creates, lists and revokes badges; shows one, without a key, to anybody who has its link.

What a badge shows is fixed when it is created, so a link reveals one number and nothing else. Every link that leads nowhere gets
the same 404, whether it never existed, was revoked, or is nearly right.
"""

from __future__ import annotations

import re
from typing import Any

from leadline.access.keys import CONFIG_WRITE
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import whole_number
from leadline.contract.objects import ObjectReader
from leadline.contract.text import name_of, one_of
from leadline.domain.errors import Conflict
from leadline.domain.levels import EDITIONS
from leadline.http.problems import Problem
from leadline.store.badges import BADGES, Badge, badge_id_of, badge_key, is_token_of, new_badge
from leadline.store.table import ABSENT, Check, Delete, Put, at_version
from query.badges.schemas import (
    MAX_ENVIRONMENT,
    MAX_FILTERS,
    MAX_LABEL,
    BadgeCreated,
    BadgePage,
    BadgeSummary,
    ShieldsBadge,
)
from query.badges.text import HEADLINES, colour_of, label_of, message_of
from query.changes.record import entry
from query.changes.while_active import while_active
from query.http.body import read_json
from query.http.faults import Faults, not_found
from query.http.parameters import CURSOR, LIMIT
from query.http.request import Reply, Request
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT, read_repository
from query.reports.filters import Filters, ReportQuery
from query.reports.last_days import last_days
from query.reports.period import DEFAULT_DAYS, MAX_DAYS
from query.reports.report import Reports
from query.reports.statistics import DORA_METRICS, DORA_WITH_COVERAGE, SINGLE, N

PARAMETERS = (LIMIT, CURSOR)

CACHE_SECONDS = 300
"""How long others may cache a badge; shields.io caches for at least as long."""
_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)
_FIELDS = ("metric", "statistic", "label", "days", "service", "repository", "environment", "team", "levels")


def badge_page(request: Request) -> BadgePage:
    """All badges, the newest first."""
    before = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    badges = sorted((Badge.from_item(item) for item in request.table.query(BADGES)), key=lambda badge: badge.place)
    wanted = [badge for badge in reversed(badges) if before is None or badge.place < before]
    page = wanted[:limit]
    return {
        "items": [_to_entry(badge) for badge in page],
        "next_cursor": request.next_cursor(page[-1].place) if len(wanted) > limit else None,
    }


def post_badge(request: Request) -> Reply:
    """Creates a badge and its link. Raises Problem: 400, 413, 415, 422."""
    request.sent.faults.check_query()
    shows = _read_body(read_json(request.event, request.headers))
    by = request.principal.key_id if request.principal is not None else None

    def make(active: Check) -> tuple[str, Badge]:
        token, badge = new_badge(request.reach.pepper(), shows, now=request.now, created_by=by)
        record = entry(request, "badge", badge.badge_id, "created", badge.badge_id, None, None, shows)
        request.table.write([Put(badge.to_item(), ABSENT), Put(record.to_item()), active])
        return token, badge

    token, badge = while_active(request, CONFIG_WRITE, make)
    link = f"/v1/badges/{token}"
    made: BadgeCreated = {"link": link, "badge": _to_entry(badge)}
    return Reply(made, {"location": link})


def delete_badge(request: Request) -> None:
    """Revokes a badge's link, within half a minute. Raises Problem (404)."""
    request.sent.faults.check_query()
    key = badge_key(request.name)
    item = request.table.get([key]).get(key) if _ID.fullmatch(request.name) else None
    if item is None:
        raise _unknown_badge()
    record = entry(request, "badge", request.name, "deleted", f"{request.name}-", None, Badge.from_item(item).shows)
    try:
        request.table.write([Delete(key, at_version(item["v"])), Put(record.to_item())])
    except Conflict:
        raise _unknown_badge() from None


def show_badge(request: Request) -> Reply:
    """What the badge of this link shows now. Raises Problem (404)."""
    request.sent.faults.check_query()
    token, memory = request.name, request.reach.badges
    shown = memory.get(token, request.now)
    if shown is None:
        shown = _render(request, _open(request, token))
        memory.keep(token, request.now, shown)
    return Reply(shown, {"cache-control": f"public, max-age={CACHE_SECONDS}"})


def _open(request: Request, token: str) -> Badge:
    badge_id = badge_id_of(token)
    if badge_id is None:
        raise _unknown_link()
    key = badge_key(badge_id)
    item = request.reach.configuration.get([key]).get(key)  # reads the settings too
    badge = Badge.from_item(item) if item is not None else None
    if not is_token_of(request.reach.pepper(), token, badge) or badge is None:
        raise _unknown_link()
    return badge


def _render(request: Request, badge: Badge) -> ShieldsBadge:
    shows = badge.shows
    reports = Reports(request, DORA_WITH_COVERAGE)
    window = last_days(shows["days"], reports.organisation.calendar.day_of(request.now))
    filters = Filters(
        tuple(shows["service"]), tuple(shows["repository"]), tuple(shows["environment"]), shows.get("team")
    )
    number = SINGLE[shows["metric"], shows["statistic"]]
    value = number.of(reports.report(ReportQuery(window, filters, alone=True)).metrics)
    return {
        "schemaVersion": 1,
        "label": shows["label"],
        "message": message_of(value, number.unit),
        "color": colour_of(shows["metric"], shows["statistic"], value, shows.get("levels")),
        "cacheSeconds": CACHE_SECONDS,
    }


def _read_body(body: Any) -> dict[str, Any]:
    """What a badge is to show, out of a body. Raises Problem (422)."""
    faults = Faults()
    fields = ObjectReader(body, _FIELDS, faults)
    metric = fields.required("metric", one_of(*N), "")
    statistics = tuple(DORA_METRICS[metric]) if metric else ()
    # The statistics of an unknown metric are unknown.
    statistic = fields.read("statistic", one_of(*statistics), statistics[0]) if metric else ""
    levels = fields.read("levels", one_of(*EDITIONS), "") or None
    if metric and levels is not None and HEADLINES.get(metric) != statistic:
        having = ", ".join(f"{name} ({usual})" for name, usual in HEADLINES.items())
        faults.add("/levels", InvalidValue("levels", f"only {having} have levels"))
    default = label_of(metric, statistic) if metric and not faults else ""
    shows = {
        "metric": metric,
        "statistic": statistic,
        "label": fields.read("label", name_of(MAX_LABEL), default),
        "days": fields.read("days", whole_number(1, MAX_DAYS), DEFAULT_DAYS),
        "service": fields.read_list("service", name_of(200), MAX_FILTERS),
        "repository": fields.read_list("repository", read_repository, MAX_FILTERS),
        "environment": fields.read_list("environment", name_of(MAX_ENVIRONMENT), MAX_FILTERS),
        "team": fields.read("team", name_of(200), "") or None,
        "levels": levels,
    }
    faults.check_body()
    return {name: value for name, value in shows.items() if value is not None}


def _to_entry(badge: Badge) -> BadgeSummary:
    shows = badge.shows
    return {
        "badge_id": badge.badge_id,
        "label": shows["label"],
        "metric": shows["metric"],
        "statistic": shows["statistic"],
        "days": shows["days"],
        "service": shows["service"],
        "repository": shows["repository"],
        "environment": shows["environment"],
        "team": shows.get("team"),
        "levels": shows.get("levels"),
        "created_at": instant(badge.created_at),
        "created_by": badge.created_by,
    }


def _unknown_badge() -> Problem:
    return not_found("No badge has this id. GET /v1/badges lists them.")


def _unknown_link() -> Problem:
    return not_found("No badge has this link.")

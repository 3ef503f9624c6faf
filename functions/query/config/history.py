"""GET /v1/history: who changed the configuration or what is stored, when, and what it was before and after."""

from __future__ import annotations

from itertools import islice

from leadline.contract.text import name_of
from leadline.store.history import HISTORY, AuditEntry
from query.config.schemas import HistoryEntry, HistoryPage
from query.http.answer_size import Page
from query.http.parameters import CURSOR, LIMIT, Parameter, choice
from query.http.request import Request
from query.http.schemas import text
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT

KINDS = (
    *("settings", "service", "team", "deployment", "change", "incident", "sources", "plan", "access", "badge"),
    *("dashboard", "person", "metric", "key"),
)
PARAMETERS = (
    choice(
        "kind",
        "Only changes to this kind of resource. Can be repeated; any of the values matches.",
        *KINDS,
        repeats=True,
    ),
    Parameter("name", name_of(400), "Only changes to resources with this name.", text(400)),
    LIMIT,
    CURSOR,
)

MAX_LOOKED_AT = 1_000
"""The maximum number of entries that one request reads. A page that reaches it is short, and its cursor continues."""


def history_page(request: Request) -> HistoryPage:
    """Changes, the newest first."""
    before = request.position()
    sent = request.sent
    sent.faults.check_query()
    limit, kinds, name = sent.one("limit", DEFAULT_LIMIT), sent.all("kind"), sent.one("name")
    stored = request.table.query(HISTORY, "", *([before] if before is not None else []), reverse=True)
    entries = (AuditEntry.from_item(item) for item in stored if before is None or item["sk"] < before)
    page: Page[HistoryEntry] = Page()
    last: str | None = None
    for found in islice(entries, MAX_LOOKED_AT):
        wanted = (not kinds or found.kind in kinds) and name in (None, found.name)
        if wanted and not page.add(_answer(found)):
            return {"items": page.items, "next_cursor": request.next_cursor(last or found.place)}
        last = found.place
        if len(page.items) == limit:
            break
    more = last is not None and next(entries, None) is not None
    return {"items": page.items, "next_cursor": request.next_cursor(last) if more and last else None}


def _answer(found: AuditEntry) -> HistoryEntry:
    return {
        "at": instant(found.at),
        "key_id": found.who,
        "kind": found.kind,
        "name": found.name,
        "action": found.action,
        "event_id": found.event_id,
        "before": found.before,
        "after": found.after,
    }

"""GET /v1/access-logs: who called what, when, from where, and with what result. Scope admin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from leadline.contract.dates import read_date
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import matching
from leadline.domain.windows import Calendar
from leadline.store.access import LogEntry, access_partition
from leadline.store.table import LAST
from query.access.schemas import AccessLogEntry, AccessLogPage
from query.http.parameters import CURSOR, LIMIT, Parameter
from query.http.request import Request
from query.http.schemas import DATE, KEY_ID
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT, read_key_id
from query.reports.period import MAX_DAYS, dates_are_valid

DEFAULT_DAYS = 7
MAX_LOOKED_AT = 1_000
MAX_PARTITIONS = 40
"""The maximum numbers of entries and days that one request reads. A page that reaches one is short, and its cursor continues."""
_STATUS = "[1-5]([0-9]{2}|xx)"


PARAMETERS = (
    Parameter(
        "key",
        read_key_id,
        "Only requests made with this API key, given by its id. Can be repeated; any of the values matches.",
        KEY_ID,
        repeats=True,
    ),
    Parameter(
        "status",
        matching(_STATUS, "status", "must be a status such as 429, or a class such as 4xx"),
        "Only responses with this status (`429`) or status class (`4xx`). Can be repeated; any of the values matches.",
        {"type": "string", "pattern": f"^{_STATUS}$"},
        repeats=True,
    ),
    Parameter("from", read_date, "First day (inclusive), as YYYY-MM-DD in UTC. Default: seven days before `to`.", DATE),
    Parameter(
        "to", read_date, "End (exclusive), as YYYY-MM-DD in UTC: the day after the last day. Default: tomorrow.", DATE
    ),
    LIMIT,
    CURSOR,
)


def access_page(request: Request) -> AccessLogPage:
    """Requests, the newest first."""
    sent = request.sent
    end = sent.one("to", Calendar("UTC").day_of(request.now) + timedelta(days=1))
    start = sent.one("from", end - timedelta(days=DEFAULT_DAYS))
    if dates_are_valid(sent) and start >= end:
        sent.faults.add("?from", InvalidValue("order", "must be before to"))
    elif dates_are_valid(sent) and (end - start).days > MAX_DAYS:
        sent.faults.add("?from", InvalidValue("too_long", f"is more than {MAX_DAYS} days before to"))
    before = request.position()
    sent.faults.check_query()
    limit, keys, statuses = sent.one("limit", DEFAULT_LIMIT), sent.all("key"), sent.all("status")
    items: list[AccessLogEntry] = []
    last: str | None = None
    reader = _entries(request, start, end, before)
    for place, entry in islice(reader, MAX_LOOKED_AT):
        last = place
        if entry is None:
            break
        if (not keys or entry.key_id in keys) and (not statuses or _is_one_of(entry.status, statuses)):
            items.append(_to_entry(entry))
            if len(items) == limit:
                break
    more = last is not None and next(reader, None) is not None
    return {"items": items, "next_cursor": request.next_cursor(last) if more and last else None}


def _entries(request: Request, start: date, end: date, before: str | None) -> Iterator[tuple[str, LogEntry | None]]:
    """Yields (place, entry), newest first; finally (place, None) if it stops before the first day."""
    day = end - timedelta(days=1)
    within = LAST
    if before is not None:
        day_text, _, within = before.partition(" ")
        day = date.fromisoformat(day_text)
    for _ in range(MAX_PARTITIONS):
        if day < start:
            return
        for item in request.table.query(access_partition(day.isoformat()), last=within, reverse=True, consistent=False):
            if item["sk"] < within:
                yield f"{day} {item['sk']}", LogEntry.from_item(item)
        day, within = day - timedelta(days=1), LAST
    if day >= start:
        yield f"{day} {LAST}", None
        yield "", None


def _is_one_of(status: int, wanted: tuple[str, ...]) -> bool:
    return str(status) in wanted or f"{status // 100}xx" in wanted


def _to_entry(entry: LogEntry) -> AccessLogEntry:
    return {
        "at": instant(entry.at),
        "request_id": entry.request_id,
        "key_id": entry.key_id,
        "source": entry.source,
        "route": entry.route,
        "status": entry.status,
        "milliseconds": entry.milliseconds,
    }

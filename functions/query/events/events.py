"""GET /v1/events/{event_id}: an event's status. GET /v1/events: what needs attention. POST …/retry: queues a parked event again.

An event that waits on the queue is stored nowhere, so that accepting it costs no write: its id shows that we issued it.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from leadline.contract.event_ids import is_event_id
from leadline.contract.reasons import QUEUED, REASONS, advice_for
from leadline.contract.text import name_of
from leadline.domain.attribution import Reason
from leadline.http.problems import Problem
from leadline.queue import Message
from leadline.store.artifacts import WAITING
from leadline.store.attention import PARKED, PENDING, UNMATCHED, attention_partition
from leadline.store.deployments import Record
from leadline.store.events import Trace, event_key
from leadline.store.rejected_events import REFUSED
from leadline.store.table import Item
from query.changes.sending import send
from query.events.event_status import MOST_CELLS, cells_shown, status_of
from query.http.faults import not_found
from query.http.parameters import CURSOR, LIMIT, SERVICE, Parameter, choice
from query.http.request import Request
from query.http.schemas import text
from query.http.times import instant
from query.http.values import DEFAULT_LIMIT
from query.records.deployments import mapping_answer
from query.reports.selection import all_services
from query.schemas import AttentionItem, AttentionPage, EventTrace, EventTraceStep, QueuedEvent
from query.visibility.key_scope import check_filters, known_repositories, reaches_event, within

Listed = tuple[str, str, Item]
"""An entry's position in the list, its status and what is stored of it."""

LISTED = (PENDING, UNMATCHED, WAITING, PARKED, REFUSED)
MISMATCHED = "mismatched"
"""Filter for unmatched deployments whose service belongs to another repository."""
STATUS = choice(
    "status",
    "Only this status. Can be repeated; any of the values matches. "
    f"`{MISMATCHED}`: `{UNMATCHED}` because the service belongs to another repository.",
    *LISTED,
    MISMATCHED,
    repeats=True,
)
REASON = Parameter(
    "reason",
    name_of(100),
    "Only this reason code. Can be repeated; any of the values matches.",
    {**text(100), "examples": sorted(REASONS)[:3]},
    repeats=True,
)
PARAMETERS = (STATUS, SERVICE, REASON, LIMIT, CURSOR)

_FORM = re.compile(r"[a-z]{3}_[0-9a-z_]{1,80}", re.ASCII)

MAX_LOOKED_AT = 1_000
"""The maximum number of entries that one request reads. A page that reaches it is short, and its cursor continues."""


def one_event(request: Request) -> EventTrace:
    """An event's status. Raises Problem (404)."""
    request.sent.faults.check_query()
    trace = _read_trace(request)
    if trace is None:
        return _queued(request.name)
    reached = within(request, all_services(request.table)) if request.limits else None
    event_status = status_of(request.table, trace, request.organisation(), reached)
    record = event_status.record
    repository = trace.repository
    if reached is not None and repository not in known_repositories(request, reached):
        repository = None  # the event named a repository beyond the key
    return {
        "event_id": trace.event_id,
        "kind": trace.kind,
        "status": event_status.status,
        "reason": event_status.reason,
        "advice": advice_for(event_status.reason, trace.detail),
        "received_at": instant(trace.received_at),
        "service": trace.service or (record.deployment.service if record else None),
        "environment": trace.environment,
        "repository": repository or (record.repository if record else None),
        "deployment": trace.deployment,
        "change": trace.change,
        "incident": trace.incident,
        "metric": trace.metric,
        "mapping": mapping_answer(record) if record else None,
        "deployments": list(event_status.deployments),
        "cells": cells_shown(record, request.organisation())[:MOST_CELLS] if record else [],
        "steps": [*_steps_taken(trace, record), *event_status.steps],
    }


def _read_trace(request: Request) -> Trace | None:
    """The event's trace, None while it may be on the queue. Raises Problem (404) for anything but an event id.

    A client can compute the ids of events from guessed contents. For a limited key, the events of others therefore look like events
    that are still on the queue.
    """
    key = event_key(request.name)
    item = request.table.get([key]).get(key) if _FORM.fullmatch(request.name) else None
    trace = Trace.from_item(item) if item is not None else None
    if trace is not None and not reaches_event(request, trace):
        trace = None
    if trace is None and not is_event_id(request.name):
        raise not_found("Not an event id. The response to the POST contains it.")
    return trace


def _queued(event_id: str) -> EventTrace:
    return {
        "event_id": event_id,
        "kind": None,
        "status": "queued",
        "reason": None,
        "advice": QUEUED,
        "received_at": None,
        "service": None,
        "environment": None,
        "repository": None,
        "deployment": None,
        "change": None,
        "incident": None,
        "metric": None,
        "mapping": None,
        "deployments": [],
        "cells": [],
        "steps": [],
    }


_RESOLVED = {
    "known": "the service {} existed",
    "created": "the service {} was created for it",
    "tied": "the service {} was tied to the repository that the event names",
    "mismatch": "the service {} belongs to {}",
}


def _steps_taken(trace: Trace, record: Record | None) -> Iterator[EventTraceStep]:
    """The steps until it was applied, with their times."""
    received = instant(trace.received_at)
    yield {"step": "received", "at": received, "detail": "valid"}
    yield {"step": "queued", "at": received, "detail": "on the queue before the response was sent"}
    if trace.parked_at is not None:
        yield {"step": "parked", "at": instant(trace.parked_at), "detail": trace.detail or ""}
    if trace.resolved in _RESOLVED:
        tied = record.repository if record is not None and record.mismatch is not None else None
        detail = _RESOLVED[trace.resolved].format(trace.service, tied or "another repository")
        yield {"step": "service", "at": instant(trace.applied_at), "detail": detail}


def event_page(request: Request) -> AttentionPage:
    """What needs attention: deployments that are pending, unmatched or waiting for their artifact, parked and refused events."""
    sent = request.sent
    before = request.position()
    sent.faults.check_query()
    limit = sent.one("limit", DEFAULT_LIMIT)
    statuses = sent.all("status") or LISTED
    listed = _list_entries(
        request, tuple({UNMATCHED if status == MISMATCHED else status for status in statuses}), before
    )
    if request.limits:
        listed = _reached_entries(request, listed)
    items: list[AttentionItem] = []
    last: str | None = None
    for position, status, item in islice(listed, MAX_LOOKED_AT):
        last = position
        if _matches(request, item) and (status in statuses or item["reason"] == Reason.REPOSITORY_MISMATCH):
            items.append(_to_entry(status, item))
            if len(items) == limit:
                break
    more = last is not None and next(listed, None) is not None
    return {"items": items, "next_cursor": request.next_cursor(last) if more and last else None}


def _list_entries(request: Request, statuses: tuple[str, ...], before: str | None) -> Iterator[Listed]:
    """The listed entries, newest first."""

    def one(status: str) -> Iterator[Listed]:
        bounds: dict[str, Any] = {"last": before.rpartition(" ")[0]} if before is not None else {}
        for item in request.table.query(attention_partition(status), reverse=True, **bounds):
            position = f"{item['sk']} {status}"
            if before is None or position < before:
                yield position, status, item

    return heapq.merge(*map(one, statuses), key=lambda entry: entry[0], reverse=True)


def _reached_entries(request: Request, listed: Iterator[Listed]) -> Iterator[Listed]:
    """The entries that a limited key reaches. Others are skipped without a bound: a short page would reveal them."""
    services = all_services(request.table)
    reached = within(request, services)
    check_filters(request, reached, request.sent.all("service"))
    tied = {name: service.repository for name, service in services.items()}

    def is_own(status: str, item: Item) -> bool:
        if status in (PENDING, UNMATCHED):
            return item["service"] in reached
        if status == REFUSED:
            return request.principal is not None and item["key"] == request.principal.key_id
        return not request.limits.faults(item, tied)  # without a service yet: visible to keys that could have sent it

    return (entry for entry in listed if is_own(entry[1], entry[2]))


def _matches(request: Request, item: Item) -> bool:
    services, reasons = request.sent.all("service"), request.sent.all("reason")
    return (not services or item.get("service") in services) and (not reasons or item["reason"] in reasons)


def _to_entry(status: str, item: Item) -> AttentionItem:
    name = item["sk"].partition("#")[2]
    parked = status == PARKED
    return {
        "status": status,  # type: ignore[typeddict-item]  # one of LISTED
        "reason": item["reason"],
        "advice": advice_for(item["reason"]),
        "since": instant(item.get("since", int(item["sk"][:13]))),
        "event_id": name if parked else item.get("event_id"),
        "kind": item["kind"] if status in (PARKED, REFUSED) else "deployment",
        "service": item.get("service"),
        "environment": item.get("environment"),
        "repository": item.get("repository"),
        "deployment": name if status in (PENDING, UNMATCHED) else None,
        "count": item.get("count"),
        "last_at": instant(item.get("last")),
        "key": item.get("key"),
        "faults": item.get("faults", []),
    }


def retry_event(request: Request) -> QueuedEvent:
    """Queues a parked event once more. Raises Problem: 404, 409, 503."""
    request.sent.faults.check_query()
    trace = _read_trace(request)
    if trace is None or trace.parked_at is None or trace.message is None:
        raise Problem(409, "Not parked", "Only a parked event can be retried. GET it to see its status.")
    # SQS drops repeats within five minutes, so each retry gets its own deduplication id.
    again = Message(trace.event_id, trace.message, trace.group or "retry", f"{trace.event_id}-{request.now}")
    return send(request, again)

"""What became of each item of a request, and the answer that tells it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.messages import MAX_BYTES, message
from leadline.contract.fields import EventType
from leadline.contract.invalid_value import Fault, InvalidValue
from leadline.http.problems import MAX_ERRORS, Problem, at_most, unavailable
from leadline.queue import Message

MAX_ITEMS = 500
MAX_LISTED = 1_000
"""Faults in the per-item results of one answer: Lambda answers at most 6 MB."""

QUEUE_UNAVAILABLE = "queue_unavailable"


@dataclass(slots=True)
class ItemResult:
    """One item: a message to queue, or faults, or both when the queue would not take it."""

    index: int
    pointer: str
    message: Message | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not self.faults

    def not_queued(self) -> None:
        detail = "is valid but could not be queued; send it again"
        self.faults.append({"pointer": self.pointer, "code": QUEUE_UNAVAILABLE, "detail": detail})


def read_items(event_type: EventType, sent: Any, now: int) -> list[ItemResult]:
    """An result for the object, or for each of the array. `now` in epoch ms. Raises Problem if there are no items."""
    if isinstance(sent, dict):
        return [_read(event_type, sent, now, index=0, pointer="")]
    if not isinstance(sent, list):
        raise _no_items("type", "must be an object or an array of objects")
    if not sent:
        raise _no_items("too_few", "is an empty array")
    if len(sent) > MAX_ITEMS:
        raise _no_items("too_many", f"has {len(sent)} entries; send at most {MAX_ITEMS} at a time")
    return [_read(event_type, item, now, index=index, pointer=f"/{index}") for index, item in enumerate(sent)]


def reply(results: Sequence[ItemResult]) -> dict[str, Any]:
    """The 202 that tells each item's result. Raises Problem when nothing is on the queue: 503 if that was our side."""
    accepted = sum(result.accepted for result in results)
    result = {"accepted": accepted, "rejected": len(results) - accepted, "events": _results(results)}
    if accepted:
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        return {"statusCode": 202, "headers": headers, "body": json.dumps(result)}
    if any(result.message for result in results):
        raise unavailable("The queue can't be reached, nothing was accepted; send it again.", members=result)
    faults = [fault for result in results for fault in result.faults]
    detail = f"Nothing was accepted: {len(faults)} fault{'' if len(faults) == 1 else 's'}, listed in errors."
    raise Problem(422, "Invalid events", detail, faults, members=result)


def _read(event_type: EventType, item: Any, now: int, *, index: int, pointer: str) -> ItemResult:
    result = ItemResult(index, pointer)
    try:
        queued = message(event_type.read(item, now), received_at=now)
    except InvalidValue as invalid:
        result.faults = invalid.at(pointer)
        return result
    if queued.size > MAX_BYTES:
        detail = f"is larger than {MAX_BYTES // 1024} KiB; leave out what is not needed, such as paths"
        result.faults = [{"pointer": pointer, "code": "too_large", "detail": detail}]
    else:
        result.message = queued
    return result


def _results(items: Sequence[ItemResult]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    room = MAX_LISTED
    for item in items:
        if item.accepted and item.message is not None:
            results.append({"index": item.index, "event_id": item.message.event_id, "status": "queued"})
            continue
        errors = at_most(item.faults, max(1, min(room, MAX_ERRORS)))
        room -= len(errors)
        results.append({"index": item.index, "status": "rejected", "errors": errors})
    return results


def _no_items(code: str, detail: str) -> Problem:
    return Problem(422, "Invalid events", f"The body {detail}.", [{"pointer": "", "code": code, "detail": detail}])

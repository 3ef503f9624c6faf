"""The events in the body of one request, what became of each, and the answer.

A request goes through `with_idempotency_key`, `read_items`, `reject_out_of_scope`, the queue, and `respond`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.messages import MAX_BYTES, message
from leadline.access.key_scope import KeyScope
from leadline.contract.fields import EventType
from leadline.contract.invalid_value import Fault, InvalidValue
from leadline.contract.text import text_of
from leadline.http.problems import MAX_ERRORS, Problem, at_most, unavailable
from leadline.queue import Message

MAX_ITEMS = 500
MAX_LISTED = 1_000
"""Faults in the per-item results of one answer: Lambda answers at most 6 MB."""

QUEUE_UNAVAILABLE = "queue_unavailable"
NOT_QUEUED = "is valid, but the queue did not accept it; send it again"

RepositoriesOf = Callable[[Collection[str]], Mapping[str, str | None]]
"""The repository of each of these services that exists."""

_read_key = text_of(200)


@dataclass(slots=True)
class ItemResult:
    """One item: a message to queue, or faults, or both when the queue did not accept it."""

    index: int
    pointer: str
    message: Message | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not self.faults

    def mark_not_queued(self) -> None:
        self.faults.append({"pointer": self.pointer, "code": QUEUE_UNAVAILABLE, "detail": NOT_QUEUED})


def with_idempotency_key(event_type: EventType, body: Any, headers: Mapping[str, str]) -> Any:
    """The body, with the header `Idempotency-Key` as the id of its event. Raises Problem 400.

    It stands for a deployment's `deployment_id` and a point's `id`. The other events have an identity of their own (a
    change its number, an incident its id): for them the header is ignored.
    """
    name = event_type.idempotency_field
    if name is None or "idempotency-key" not in headers:
        return body
    try:
        # The draft standard of the header puts it in quotes, most clients do not.
        key = _read_key(headers["idempotency-key"].strip().removeprefix('"').removesuffix('"'))
    except InvalidValue as invalid:
        raise _invalid_key(f"Idempotency-Key {invalid.detail}.") from None
    if isinstance(body, list):
        raise _invalid_key(f"Idempotency-Key is for a single event; in an array give each event its {name}.")
    if not isinstance(body, dict):
        return body
    own = body.get(name)
    if own is not None and own != key:
        raise _invalid_key(f"Idempotency-Key and {name} differ; send only one of them.")
    return {**body, name: key}


def read_items(event_type: EventType, body: Any, now: int) -> list[ItemResult]:
    """A result for the object, or for each of the array. `now` in epoch ms. Raises Problem if there are no items."""
    if isinstance(body, dict):
        return [_read_item(event_type, body, now, index=0, pointer="")]
    if not isinstance(body, list):
        raise invalid_body("type", "must be an object or an array of objects")
    if not body:
        raise invalid_body("too_few", "is an empty array")
    if len(body) > MAX_ITEMS:
        raise invalid_body("too_many", f"has {len(body)} entries; send at most {MAX_ITEMS} at a time")
    return [_read_item(event_type, item, now, index=index, pointer=f"/{index}") for index, item in enumerate(body)]


def reject_out_of_scope(scope: KeyScope, results: Sequence[ItemResult], repositories_of: RepositoriesOf) -> None:
    """Turns each result whose event the key may not send into faults. Reads the services once."""
    if not scope:
        return
    events = [(result, json.loads(result.message.body)["data"]) for result in results if result.message is not None]
    repositories = repositories_of({data["service"] for _, data in events if "service" in data})
    for result, data in events:
        faults = scope.faults(data, repositories)
        if faults:
            result.message = None
            result.faults = [{**fault, "pointer": result.pointer + fault["pointer"]} for fault in faults]


def respond(results: Sequence[ItemResult]) -> dict[str, Any]:
    """202 with each item's result. Raises Problem when nothing was queued: 503 if that was our fault, else 422."""
    accepted = sum(result.accepted for result in results)
    body = {"accepted": accepted, "rejected": len(results) - accepted, "events": _item_bodies(results)}
    if accepted:
        return accepted_response(body)
    if any(result.message for result in results):
        raise nothing_queued(body)
    raise nothing_accepted([fault for result in results for fault in result.faults], body)


def accepted_response(body: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": 202, "headers": headers, "body": json.dumps(body)}


def nothing_queued(body: Mapping[str, Any]) -> Problem:
    return unavailable("The queue can't be reached, nothing was accepted; send it again.", members=body)


def nothing_accepted(faults: Sequence[Fault], body: Mapping[str, Any]) -> Problem:
    detail = f"Nothing was accepted: {len(faults)} fault{'' if len(faults) == 1 else 's'}, listed in errors."
    return Problem(422, "Invalid events", detail, faults, members=body)


def invalid_body(code: str, detail: str) -> Problem:
    return Problem(422, "Invalid events", f"The body {detail}.", [{"pointer": "", "code": code, "detail": detail}])


def _read_item(event_type: EventType, item: Any, now: int, *, index: int, pointer: str) -> ItemResult:
    result = ItemResult(index, pointer)
    try:
        queued = message(event_type.read(item, now), received_at=now, source="api")
    except InvalidValue as invalid:
        result.faults = invalid.at(pointer)
        return result
    if queued.size > MAX_BYTES:
        detail = f"is larger than {MAX_BYTES // 1024} KiB; leave out what is not needed, such as paths"
        result.faults = [{"pointer": pointer, "code": "too_large", "detail": detail}]
    else:
        result.message = queued
    return result


def _item_bodies(items: Sequence[ItemResult]) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []
    room = MAX_LISTED
    for item in items:
        if item.accepted and item.message is not None:
            bodies.append({"index": item.index, "event_id": item.message.event_id, "status": "queued"})
            continue
        errors = at_most(item.faults, max(1, min(room, MAX_ERRORS)))
        room -= len(errors)
        bodies.append({"index": item.index, "status": "rejected", "errors": errors})
    return bodies


def _invalid_key(detail: str) -> Problem:
    return Problem(400, "Invalid Idempotency-Key", detail)

"""One webhook request: whose it is, whether its signature is good, what it tells, onto the queue, and the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ingest.webhooks import SOURCES, find
from ingest.webhooks.delivery import Delivery, Malformed, Source, Translation, Unsigned
from ingest.webhooks.secrets import Secrets, Unreadable
from ingest.webhooks.to_messages import message_of
from leadline import telemetry
from leadline.domain.errors import Rejected, Transient
from leadline.http.json_body import raw_body
from leadline.http.problems import Problem, unavailable
from leadline.queue import Message, Queue, deliver
from leadline.store.sources import SOURCES_KEY, Sources
from leadline.store.table import Table

PREFIX = "/v1/webhooks/"
MAX_BYTES = 5 * 1024 * 1024
"""Lambda takes 6 MB with everything around the body; a push of thousands of commits has about two."""

SOURCES_CACHE_MS = 30_000


class Webhooks:
    """`configuration` gives the sources' configuration at a time in epoch ms. Safe to share between threads."""

    def __init__(self, secrets: Secrets, configuration: Callable[[int], Sources], queue: Queue) -> None:
        self._secrets = secrets
        self._configuration = configuration
        self._queue = queue
        self._log = telemetry.logger("ingest")

    def receive(
        self, event: Mapping[str, Any], headers: Mapping[str, str], now: int, line: dict[str, Any]
    ) -> dict[str, Any]:
        """Answers one HTTP API request (payload 2.0; `headers` in lower case). Adds to the log `line`. Raises Problem."""
        name, source = _source(event)
        line["route"] = f"webhook {name}"
        delivery = Delivery(headers, raw_body(event, MAX_BYTES), now)
        self._check_signature(name, source, delivery)
        payload = _payload(source, delivery)
        translation = self._translate(name, source, delivery, payload, line)
        messages, refused = _messages(translation, delivery, _delivery_id(name, source, delivery))
        reason = translation.ignored if not translation.events else "; ".join(refused)
        line |= {"accepted": len(messages), "refused": len(refused)}
        if not messages:
            return _answer({"status": "ignored", "reason": reason or "nothing in it is of interest"})
        self._send([message for _, message in messages], line)
        told = [{"event_id": message.event_id, "kind": kind, "status": "queued"} for kind, message in messages]
        return _answer({"status": "accepted", "events": told, **({"refused": refused} if refused else {})})

    def _check_signature(self, name: str, source: Source, delivery: Delivery) -> None:
        try:
            source.verify(delivery, self._secrets.of(name, delivery.now))
        except Unreadable as unreadable:
            raise unavailable(str(unreadable), retry_after=60) from unreadable
        except Unsigned as unsigned:
            headers = {"www-authenticate": f'Webhook realm="leadline {name}"'}
            raise Problem(401, "Unauthorized", str(unsigned), headers=headers) from None

    def _translate(
        self, name: str, source: Source, delivery: Delivery, payload: Any, line: dict[str, Any]
    ) -> Translation:
        try:
            configuration = self._configuration(delivery.now)
        except (Transient, Rejected) as fault:
            raise unavailable("The configuration of sources can't be read at the moment; send it again.") from fault
        try:
            return source.translate(delivery, payload, configuration)
        except Malformed as malformed:
            return Translation(ignored=f"malformed: {malformed}")
        except Exception as error:
            # A fault of ours. The sender can't mend it, and one that keeps meeting errors switches the hook off, which
            # would cost all the others: so it is logged as what it is, and told.
            self._log.error("bug", extra={**line, **telemetry.describe(error)})
            return Translation(ignored="a fault in Leadline kept this from being read; it has been logged")

    def _send(self, messages: list[Message], line: dict[str, Any]) -> None:
        taken, stopped = deliver(self._queue, messages)
        if stopped is not None:
            self._log.warning("queue unavailable", extra={**line, **telemetry.describe(stopped)})
        if not all(taken):
            # Some may be on the queue already: sent again they change nothing.
            raise unavailable("The queue can't be reached; send it again.")


def stored_sources(table: Table) -> Callable[[int], Sources]:
    """Reads the sources' configuration from the table, at most twice a minute."""
    kept: tuple[int, Sources] | None = None

    def read(now: int) -> Sources:
        nonlocal kept
        if kept is None or not 0 <= now - kept[0] < SOURCES_CACHE_MS:
            kept = (now, Sources.from_item(table.get([SOURCES_KEY]).get(SOURCES_KEY)))
        return kept[1]

    return read


def _source(event: Mapping[str, Any]) -> tuple[str, Source]:
    name = event["rawPath"].removeprefix(PREFIX)
    source = find(name)
    if source is None:
        raise Problem(404, "Not found", f"Webhooks are taken at {PREFIX}{{source}} from {', '.join(sorted(SOURCES))}.")
    if event["requestContext"]["http"]["method"] != "POST":
        raise Problem(405, "Method not allowed", "Webhooks are posted: use POST.", headers={"allow": "POST"})
    return name, source


def _payload(source: Source, delivery: Delivery) -> Any:
    try:
        return source.read(delivery)
    except (ValueError, RecursionError):
        detail = "The body is not JSON."
        raise Problem(400, "Malformed body", detail, [{"pointer": "", "code": "not_json", "detail": detail}]) from None


def _delivery_id(name: str, source: Source, delivery: Delivery) -> str:
    own = delivery.header(source.delivery_header) if source.delivery_header else ""
    return f"{name}\n{own}" if own else ""


def _messages(
    translation: Translation, delivery: Delivery, delivery_id: str
) -> tuple[list[tuple[str, Message]], list[str]]:
    messages: list[tuple[str, Message]] = []
    malformed_events: list[str] = []
    for told in translation.events:
        try:
            messages.append((told.type.kind, message_of(told, now=delivery.now, delivery_id=delivery_id)))
        except Malformed as malformed:
            malformed_events.append(f"malformed: {malformed}")
    return messages, malformed_events


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": 202, "headers": headers, "body": json.dumps(body)}

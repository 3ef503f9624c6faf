"""One webhook request: find the source, verify the signature, translate the payload, queue its events, answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ingest.messages import Malformed, to_message
from ingest.webhooks import find
from ingest.webhooks.delivery import Delivery, Source, Translation, Unsigned
from ingest.webhooks.secrets import Secrets, Unreadable
from leadline import telemetry
from leadline.contract.webhook_sources import WEBHOOK_SOURCES
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


class WebhookReceiver:
    """`configuration` returns the sources' configuration at a time in epoch ms. Thread-safe."""

    def __init__(self, secrets: Secrets, configuration: Callable[[int], Sources], queue: Queue) -> None:
        self._secrets = secrets
        self._configuration = configuration
        self._queue = queue
        self._log = telemetry.logger("ingest")

    def receive(
        self, event: Mapping[str, Any], headers: Mapping[str, str], now: int, line: dict[str, Any]
    ) -> dict[str, Any]:
        """Answers one HTTP API request (payload 2.0; `headers` in lower case). Adds to the log `line`. Raises Problem."""
        name, source = _find_source(event)
        line["route"] = f"webhook {name}"
        delivery = Delivery(headers, raw_body(event, MAX_BYTES), now)
        self._verify(name, source, delivery)
        payload = _parse(source, delivery)
        translation = self._translate(source, delivery, payload, line)
        messages, refused = _to_messages(name, source, delivery, translation)
        line |= {"accepted": len(messages), "refused": len(refused)}
        if not messages:
            reason = "; ".join(refused) if translation.events else translation.ignored
            return _respond({"status": "ignored", "reason": reason or "the payload holds no event that Leadline uses"})
        self._send([message for _, message in messages], line)
        events = [{"event_id": message.event_id, "kind": kind, "status": "queued"} for kind, message in messages]
        return _respond({"status": "accepted", "events": events, **({"refused": refused} if refused else {})})

    def _verify(self, name: str, source: Source, delivery: Delivery) -> None:
        try:
            source.verify(delivery, self._secrets.of(name, delivery.now))
        except Unreadable as unreadable:
            raise unavailable(str(unreadable), retry_after=60) from unreadable
        except Unsigned as unsigned:
            headers = {"www-authenticate": f'Webhook realm="leadline {name}"'}
            raise Problem(401, "Unauthorized", str(unsigned), headers=headers) from None

    def _translate(self, source: Source, delivery: Delivery, payload: Any, line: dict[str, Any]) -> Translation:
        try:
            configuration = self._configuration(delivery.now)
        except (Transient, Rejected) as fault:
            raise unavailable("The configuration of sources can't be read at the moment; send it again.") from fault
        try:
            return source.translate(delivery, payload, configuration)
        except Malformed as malformed:
            return Translation(ignored=f"malformed: {malformed}")
        except Exception as error:
            # Our bug. The sender can't fix it, and one that keeps getting errors disables the webhook with all its
            # other events: so it is logged as a bug and answered as ignored.
            self._log.error("bug", extra={**line, **telemetry.describe(error)})
            return Translation(ignored="a bug in Leadline prevented this from being read; it has been logged")

    def _send(self, messages: list[Message], line: dict[str, Any]) -> None:
        taken, stopped = deliver(self._queue, messages)
        if stopped is not None:
            self._log.warning("queue unavailable", extra={**line, **telemetry.describe(stopped)})
        if not all(taken):
            # Some may be on the queue already: sent again they change nothing.
            raise unavailable("The queue can't be reached; send it again.")


def stored_sources(table: Table) -> Callable[[int], Sources]:
    """Reads the sources' configuration from the table, at most twice a minute."""
    cached: tuple[int, Sources] | None = None

    def read(now: int) -> Sources:
        nonlocal cached
        if cached is None or not 0 <= now - cached[0] < SOURCES_CACHE_MS:
            cached = (now, Sources.from_item(table.get([SOURCES_KEY]).get(SOURCES_KEY)))
        return cached[1]

    return read


def _find_source(event: Mapping[str, Any]) -> tuple[str, Source]:
    name = event["rawPath"].removeprefix(PREFIX)
    source = find(name)
    if source is None:
        known = ", ".join(sorted(WEBHOOK_SOURCES))
        raise Problem(404, "Not found", f"Unknown webhook source. Post to {PREFIX}{{source}}, source one of {known}.")
    if event["requestContext"]["http"]["method"] != "POST":
        raise Problem(405, "Method not allowed", "Webhooks accept POST only.", headers={"allow": "POST"})
    return name, source


def _parse(source: Source, delivery: Delivery) -> Any:
    try:
        return source.read(delivery)
    except (ValueError, RecursionError):
        detail = "The body is not JSON."
        raise Problem(400, "Malformed body", detail, [{"pointer": "", "code": "not_json", "detail": detail}]) from None


def _to_messages(
    name: str, source: Source, delivery: Delivery, translation: Translation
) -> tuple[list[tuple[str, Message]], list[str]]:
    """The messages with the kinds of their events, and why the other events were refused."""
    own_id = delivery.header(source.delivery_header) if source.delivery_header else ""
    delivery_id = f"{name}\n{own_id}" if own_id else ""
    messages: list[tuple[str, Message]] = []
    refused: list[str] = []
    for reported in translation.events:
        try:
            made = to_message(reported, now=delivery.now, source=f"webhook:{name}", delivery_id=delivery_id)
        except Malformed as malformed:
            refused.append(f"malformed: {malformed}")
        else:
            messages.append((reported.type.kind, made))
    return messages, refused


def _respond(body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": 202, "headers": headers, "body": json.dumps(body)}

"""One request to the Events API: authenticate, validate, queue, answer. Webhooks and CDEvents have receivers of their own.

202 means: validated, and accepted by SQS. An invalid item does not affect the others; if no item gets through, the answer
is a problem: 422 for invalid events, 503 for an unreachable queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ingest.batch_results import ItemResult, read_items, reject_out_of_scope, respond, with_idempotency_key
from ingest.rejected_events import recording_rejections
from ingest.webhooks.receiver import PREFIX, WebhookReceiver
from leadline import telemetry
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator, Principal
from leadline.access.keys import EVENTS_WRITE
from leadline.contract.events import EVENT_TYPES
from leadline.contract.fields import EventType
from leadline.http.content_negotiation import JSON, chosen
from leadline.http.context import RequestContext
from leadline.http.json_body import read_json
from leadline.http.middleware import Middleware, headers_of, method_of
from leadline.http.problems import Problem
from leadline.queue import Queue, deliver

if TYPE_CHECKING:
    from ingest.cloudevents.receiver import CDEventReceiver

ROUTES = {event_type.path: event_type for event_type in EVENT_TYPES}

CDEVENTS = "/v1/events"


class Ingest:
    """The Events API behind an HTTP API. `clock` returns epoch milliseconds. Thread-safe.

    `cdevents` makes their receiver on the first such request, since few installations use it.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        queue: Queue,
        clock: Callable[[], int],
        webhooks: WebhookReceiver | None = None,
        cdevents: Callable[[], CDEventReceiver] | None = None,
        *,
        access: AccessControl,
    ) -> None:
        self._access = access
        self._webhooks = webhooks
        self._cdevents = cdevents
        self._authenticator = authenticator
        self._queue = queue
        self._clock = clock
        self._log = telemetry.logger("ingest")
        self._middleware = Middleware(access.log, "ingest", "The key can't be verified at the moment; send it again.")

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answers one HTTP API request (payload 2.0). Never raises."""
        return self._middleware.answer(event, partial(self._answer, event))

    def _answer(self, event: Mapping[str, Any], line: dict[str, Any], context: RequestContext) -> dict[str, Any]:
        now = context.at = self._clock()
        headers = headers_of(event)
        if self._webhooks is not None and event["rawPath"].startswith(PREFIX):
            context.route = "POST /v1/webhooks/{source}"
            return self._webhooks.receive(event, headers, now, line)
        if self._cdevents is not None and event["rawPath"] == CDEVENTS:
            line["route"] = "cdevents"
            _require_post(event)
            context.route = f"POST {CDEVENTS}"
            chosen(headers.get("accept"), (JSON,))
            limits = self._authenticate(headers, now, line, context).limits
            with recording_rejections(context, "cdevent") as rejections:
                if limits:
                    # An artifact's commit releases deployments of any service, so a limit could not be enforced.
                    raise Problem(
                        403, "Beyond the key", "CDEvents need a key that is not limited to services or repositories."
                    )
                return self._cdevents().receive(event, headers, now, line, rejections)
        event_type = _find_event_type(event)
        line["route"] = event_type.kind
        context.route = f"POST {event['rawPath']}"
        chosen(headers.get("accept"), (JSON,))
        principal = self._authenticate(headers, now, line, context)
        with recording_rejections(context, event_type.kind) as rejections:
            body = with_idempotency_key(event_type, read_json(event, headers), headers)
            results = read_items(event_type, body, now)
            reject_out_of_scope(principal.limits, results, self._access.repositories_of)
            rejections.add_items(results, body)
        self._enqueue(results, line)
        line["accepted"] = sum(result.accepted for result in results)
        line["rejected"] = len(results) - line["accepted"]
        return respond(results)

    def _authenticate(
        self, headers: Mapping[str, str], now: int, line: dict[str, Any], context: RequestContext
    ) -> Principal:
        principal = context.principal = self._authenticator.authenticate(headers, now)
        line["key_id"] = principal.key_id
        principal.require(EVENTS_WRITE)
        context.headers |= self._access.rate_limiter.admit(principal, product_api=False)
        return principal

    def _enqueue(self, results: Sequence[ItemResult], line: dict[str, Any]) -> None:
        valid = [(result, result.message) for result in results if result.message is not None]
        taken, stopped = deliver(self._queue, [message for _, message in valid])
        for (result, _), is_taken in zip(valid, taken, strict=True):
            if not is_taken:
                result.mark_not_queued()
        if stopped is not None:
            self._log.warning("queue unavailable", extra={**line, **telemetry.describe(stopped)})


def _find_event_type(event: Mapping[str, Any]) -> EventType:
    event_type = ROUTES.get(event["rawPath"])
    if event_type is None:
        raise Problem(
            404, "Not found", f"No such route. Post events to {', '.join(ROUTES)}, CloudEvents to {CDEVENTS}."
        )
    _require_post(event)
    return event_type


def _require_post(event: Mapping[str, Any]) -> None:
    if method_of(event) != "POST":
        raise Problem(405, "Method not allowed", "Events accept POST only.", headers={"allow": "POST"})

"""One request to the Events API: who sent it, what is in it, onto the queue, and the answer. Webhooks go their own way,
and CDEvents theirs once the key is known.

202 means: validated, and SQS has said yes. One bad item never sinks its neighbours; where nothing gets through the
answer is a problem: 422 when it was the sender's doing, 503 when it was the queue's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ingest.batch_results import ItemResult, read_items, reply
from ingest.idempotency import with_key
from ingest.key_scope import refuse_beyond
from ingest.rejected_events import noting
from ingest.webhooks.reception import PREFIX, Webhooks
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
    from ingest.cdevents.reception import CDEvents

ROUTES = {event_type.path: event_type for event_type in EVENT_TYPES}


CDEVENTS = "/v1/events"


class Ingest:
    """The Events API behind an HTTP API. `clock` gives epoch milliseconds. Safe to share between threads.

    `cdevents` makes what receives them, on the first such request: few functions ever meet one.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        queue: Queue,
        clock: Callable[[], int],
        webhooks: Webhooks | None = None,
        cdevents: Callable[[], CDEvents] | None = None,
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
        self._middleware = Middleware(access.log, "ingest", "The key can't be checked at the moment; send it again.")

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answers one HTTP API request (payload 2.0). Raises nothing."""
        return self._middleware.answer(event, partial(self._answer, event))

    def _answer(self, event: Mapping[str, Any], line: dict[str, Any], context: RequestContext) -> dict[str, Any]:
        now = context.at = self._clock()
        headers = headers_of(event)
        if self._webhooks is not None and event["rawPath"].startswith(PREFIX):
            context.route = "POST /v1/webhooks/{source}"
            return self._webhooks.receive(event, headers, now, line)
        if self._cdevents is not None and event["rawPath"] == CDEVENTS:
            line["route"] = "cdevents"
            _must_be_post(event)
            context.route = f"POST {CDEVENTS}"
            chosen(headers.get("accept"), (JSON,))
            limits = self._authenticate(headers, now, line, context).limits
            with noting(context, "cdevent") as refusals:
                if limits:
                    # An artifact's commit is told to everybody who waits for it, so that no limit could be kept.
                    raise Problem(
                        403, "Beyond the key", "CDEvents need a key that is not limited to services or repositories."
                    )
                return self._cdevents().receive(event, headers, now, line, refusals)
        event_type = _route(event)
        line["route"] = event_type.kind
        context.route = f"POST {event['rawPath']}"
        chosen(headers.get("accept"), (JSON,))
        principal = self._authenticate(headers, now, line, context)
        with noting(context, event_type.kind) as refusals:
            sent = with_key(event_type, read_json(event, headers), headers)
            results = read_items(event_type, sent, now)
            refuse_beyond(principal.limits, results, self._access.repositories_of)
            refusals.add_items(results, sent)
        self._enqueue(results, line)
        line["accepted"] = sum(result.accepted for result in results)
        line["rejected"] = len(results) - line["accepted"]
        return reply(results)

    def _authenticate(
        self, headers: Mapping[str, str], now: int, line: dict[str, Any], context: RequestContext
    ) -> Principal:
        principal = context.principal = self._authenticator.authenticate(headers, now)
        line["key_id"] = principal.key_id
        principal.require(EVENTS_WRITE)
        context.headers |= self._access.rate_limiter.admit(principal, product_api=False)
        return principal

    def _enqueue(self, results: Sequence[ItemResult], line: dict[str, Any]) -> None:
        good = [(result, result.message) for result in results if result.message is not None]
        taken, stopped = deliver(self._queue, [message for _, message in good])
        for (result, _), is_taken in zip(good, taken, strict=True):
            if not is_taken:
                result.not_queued()
        if stopped is not None:
            self._log.warning("queue unavailable", extra={**line, **telemetry.describe(stopped)})


def _route(event: Mapping[str, Any]) -> EventType:
    event_type = ROUTES.get(event["rawPath"])
    if event_type is None:
        raise Problem(404, "Not found", f"Events are posted to {', '.join(ROUTES)}, CloudEvents to {CDEVENTS}.")
    _must_be_post(event)
    return event_type


def _must_be_post(event: Mapping[str, Any]) -> None:
    if method_of(event) != "POST":
        raise Problem(405, "Method not allowed", "Events are posted: use POST.", headers={"allow": "POST"})

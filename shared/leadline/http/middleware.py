"""Whatever becomes of a request over HTTP, it is answered, logged and noted, in both functions in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from leadline import telemetry
from leadline.access.keys import Unauthorized
from leadline.access.rate_limiter import Gate
from leadline.domain.errors import Transient
from leadline.http.context import RequestContext, identified
from leadline.http.problems import Problem, internal, unavailable

Event = Mapping[str, Any]
Response = dict[str, Any]


class Middleware:
    """The frame around what `function` does with a request. `unreached` is told where something it needs can't be reached.

    Safe to share between threads.
    """

    def __init__(self, gate: Gate, function: str, unreached: str) -> None:
        self._gate = gate
        self._unreached = unreached
        self._log = telemetry.logger(function)

    def answer(
        self,
        event: Event,
        work: Callable[[dict[str, Any], RequestContext], Response],
        finish: Callable[[Response], Response] = lambda response: response,
    ) -> Response:
        """The answer to one HTTP API request (payload 2.0): what `work` gives, or the problem that it met.

        `work` adds what is known of the request to the line of the log and to RequestContext as it goes. `finish` is given what is
        logged and noted, and makes of it what this caller can take. Raises only what `finish` raises.
        """
        # Only what we know goes into the log: a strange path or parameter may be a key pasted in the wrong place.
        context = RequestContext()
        line: dict[str, Any] = {"request_id": (event.get("requestContext") or {}).get("requestId")}
        try:
            response = work(line, context)
        except Problem as problem:
            context.ended = problem.ended if isinstance(problem, Unauthorized) else None
            response = problem.response()
            line |= {"problem": problem.type, "codes": sorted({fault["code"] for fault in problem.errors})}
        except Transient as transient:
            self._log.warning("unavailable", extra={**line, **telemetry.describe(transient)})
            response = unavailable(self._unreached).response()
        except Exception as error:
            self._log.error("bug", extra={**line, **telemetry.describe(error)})
            response = internal().response()
        self._log.info("request", extra={**line, "status": response["statusCode"]})
        self._gate.note(context.entry(event, response["statusCode"]), context.principal, context.also)
        return identified(event, finish(response), context.headers)


def method_of(event: Event) -> str:
    return str(event["requestContext"]["http"]["method"])


def headers_of(event: Event) -> dict[str, str]:
    """The request's headers, their names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}

"""The frame around every request over HTTP, in both functions: it is answered, logged and recorded, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from leadline import telemetry
from leadline.domain.errors import Transient
from leadline.http.context import Caller, RequestContext, identified
from leadline.http.problems import Problem, internal, unavailable
from leadline.store.access import LogEntry
from leadline.store.table import Write

Event = Mapping[str, Any]
Response = dict[str, Any]


class RequestLog(Protocol):
    """Where requests are recorded: `leadline.access.access_log.AccessLog`."""

    def record(
        self, entry: LogEntry | None, caller: Caller | None, more_writes: Callable[[], Sequence[Write]] = ...
    ) -> None: ...


class Middleware:
    """Runs a handler and turns whatever it raises into an answer.

    `unavailable_detail` is the detail of the answer if something it needs can't be reached. Safe to share between threads.
    """

    def __init__(self, request_log: RequestLog, function: str, unavailable_detail: str) -> None:
        self._request_log = request_log
        self._unavailable_detail = unavailable_detail
        self._log = telemetry.logger(function)

    def answer(
        self,
        event: Event,
        work: Callable[[dict[str, Any], RequestContext], Response],
        finish: Callable[[Response], Response] = lambda response: response,
    ) -> Response:
        """Answers one HTTP API request (payload 2.0) with what `work` returns, or with the problem it raises.

        `work` adds what it learns to the log line and the context. `finish` turns the logged answer into the one that is sent.
        Raises only what `finish` raises.
        """
        # Log only what is ours: an unknown path or parameter may be a key pasted in the wrong place.
        context = RequestContext()
        line: dict[str, Any] = {"request_id": (event.get("requestContext") or {}).get("requestId")}
        try:
            response = work(line, context)
        except Problem as problem:
            context.refused_key_id = problem.key_id
            response = problem.response()
            line |= {"problem": problem.type, "codes": sorted({fault["code"] for fault in problem.errors})}
        except Transient as transient:
            self._log.warning("unavailable", extra={**line, **telemetry.describe(transient)})
            response = unavailable(self._unavailable_detail).response()
        except Exception as error:
            self._log.error("bug", extra={**line, **telemetry.describe(error)})
            response = internal().response()
        self._log.info("request", extra={**line, "status": response["statusCode"]})
        self._request_log.record(context.entry(event, response["statusCode"]), context.principal, context.also)
        return identified(event, finish(response), context.headers)


def method_of(event: Event) -> str:
    return str(event["requestContext"]["http"]["method"])


def headers_of(event: Event) -> dict[str, str]:
    """The request's headers, their names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}

"""The Product API: from an HTTP API request to its response. Raises nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from leadline import telemetry
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.access.keys import METRICS_READ
from leadline.domain.errors import Transient
from leadline.http.content_negotiation import JSON, chosen
from leadline.http.context import RequestContext
from leadline.http.middleware import Middleware, headers_of, method_of
from leadline.http.problems import Problem
from leadline.queue import Queue
from leadline.store.table import Table
from query.http.answer_size import fitting, json_of
from query.http.configuration import Configuration
from query.http.cursors import Cursors
from query.http.faults import not_found
from query.http.http import compressed, conditional, options, shared
from query.http.parameters import read_query
from query.http.request import Reach, Reply, Request
from query.http.route import Route
from query.routes import CDEVENTS_PATH, EVENT_PATHS, ROUTES
from query.visibility.key_scope import beyond_everything

_DOCUMENT_SECONDS = 300


class Query:
    """The Product API behind an HTTP API. Safe to share between threads."""

    def __init__(self, reach: Reach) -> None:
        self._access = reach.access
        self._authenticator = reach.keys
        self._reach = reach
        self._log = telemetry.logger("query")
        self._middleware = Middleware(self._access.log, "query", "The store can't be reached at the moment; try again.")

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answers one HTTP API request (payload 2.0)."""
        return self._middleware.answer(event, partial(self._answer, event), partial(self._finished, event))

    def _finished(self, event: Mapping[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        headers = headers_of(event)
        response = self._shared(compressed(response, headers), headers.get("origin"))
        return {**response, "body": ""} if method_of(event) == "HEAD" else response

    def _shared(self, response: dict[str, Any], origin: str | None) -> dict[str, Any]:
        try:
            return shared(response, origin, self._access.settings.settings().origins)
        except Exception as error:
            if not isinstance(error, Transient):  # which is logged where the request itself meets it
                self._log.error("bug", extra=telemetry.describe(error))
            return response  # without CORS headers: what can't be read is not allowed

    def _answer(self, event: Mapping[str, Any], line: dict[str, Any], context: RequestContext) -> dict[str, Any]:
        now = context.at = self._reach.clock()
        if method_of(event) == "OPTIONS":
            return self._options(event, context)
        route, name = _route(method_of(event), event["rawPath"])
        line["route"] = f"{route.method} {route.path}"
        # Health checks are frequent and say nothing about anybody: they are not logged.
        context.route = f"{method_of(event)} {route.path}" if route.scope is not None or route.link else None
        headers = headers_of(event)
        media = chosen(headers.get("accept"), route.types)
        self._reach.configuration.begin()
        principal = None
        if route.scope is not None:
            principal = context.principal = self._authenticator.authenticate(headers, now, fresh=route.administers)
            line["key_id"] = principal.key_id
            principal.require(route.scope)
            if principal.limits and not route.limited:
                raise beyond_everything()
            context.headers |= self._access.rate_limiter.admit(principal, product_api=True)
        sent = read_query(event.get("rawQueryString") or "", route.parameters)
        request = Request(route.path, name, sent, headers, event, self._reach, now, principal, media)
        response = _reply(route, media, route.run(request))
        if route.method == "GET":
            response = conditional(response, headers)
        return fitting(response, headers, [parameter.name for parameter in route.parameters])

    def _options(self, event: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        allowed = _allowed(event["rawPath"])
        if not allowed:
            raise _unknown_path()
        context.route = None  # browsers send it before each request of a page
        headers = headers_of(event)
        return options(allowed, headers, self._access.settings.settings().origins)


def wire(table: Table, queue: Callable[[], Queue], pepper: Callable[[], bytes], clock: Callable[[], int]) -> Query:
    """Wires the Product API. `clock` returns epoch milliseconds."""
    access = AccessControl.on(table, clock, "query")
    # The key check reads the settings and the access settings in its own request.
    configuration = Configuration(access.settings)
    authenticator = Authenticator(configuration, pepper)
    return Query(Reach(table, queue, configuration, Cursors(pepper), clock, pepper, access, authenticator))


def _route(method: str, path: str) -> tuple[Route, str]:
    """The route and the value of its {name}. Raises Problem: 404; 405 with the allowed methods."""
    for route, name in _matching(path):
        if route.method == ("GET" if method == "HEAD" else method):
            # An HTTP API passes the path on decoded, except for the percent sign itself.
            return route, name.replace("%25", "%")
    if allowed := _allowed(path):
        listed = ", ".join(sorted(allowed))
        raise Problem(405, "Method not allowed", f"Use {listed}.", headers={"allow": listed})
    raise _unknown_path()


def _matching(path: str) -> list[tuple[Route, str]]:
    fitting = (
        [] if path in EVENT_PATHS else [(route, name) for route in ROUTES if (name := route.match(path)) is not None]
    )
    most = max((route.literal for route, _ in fitting), default=0)
    return [(route, name) for route, name in fitting if route.literal == most]


def _allowed(path: str) -> set[str]:
    allowed = {route.method for route, _ in _matching(path)}
    if path in EVENT_PATHS or path == CDEVENTS_PATH:
        allowed.add("POST")
    if "GET" in allowed:
        allowed.add("HEAD")
    return allowed


def _unknown_path() -> Problem:
    return not_found("Unknown path. GET /openapi.json lists all of them.")


def _reply(route: Route, media: str, answer: Any) -> dict[str, Any]:
    if isinstance(answer, Reply):
        plain = _reply(route, media, answer.body)
        return {**plain, "headers": {**plain["headers"], **answer.headers}}
    if answer is None:
        return {"statusCode": 204, "headers": {"cache-control": "no-store"}, "body": ""}
    cache_control = "no-store"
    if route.path == "/openapi.json":
        cache_control = f"public, max-age={_DOCUMENT_SECONDS}"
    elif route.method == "GET" and route.scope == METRICS_READ:
        cache_control = "private, no-cache"  # the caller may keep it, and revalidates it by its ETag
    headers = {"content-type": media if media == JSON else f"{media}; charset=utf-8", "cache-control": cache_control}
    if len(route.types) > 1:
        headers["vary"] = "accept"
    response: dict[str, Any] = {"statusCode": route.status, "headers": headers}
    if isinstance(answer, bytes):  # finished JSON
        return {**response, "body": answer.decode()}
    if media != JSON:
        return {**response, "body": answer}
    return {**response, "body": json_of(answer)}

"""Random requests to any route there is, made of the names of two tenants: what `test_tenants.py` asks.

Routes, their parameters, bodies and media types are read from the routes table, so that a new route is asked without a word here.
A value is drawn by the name of what it is for; of a name that is not known here, any value there is.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args
from urllib.parse import quote, urlencode

from ingest.events_api import ROUTES as EVENT_ROUTES
from leadline.access.keys import EVENTS_WRITE
from leadline.contract.event_ids import event_id
from query.http.parameters import Parameter
from query.http.route import Route
from query.routes import ROUTES
from tests.builders import DAY
from tests.laws.tenants import (
    NOW,
    SHARED_DASHBOARD,
    SHARED_METRIC,
    SHARED_REPOSITORY,
    SHARED_TEAM,
    TENANTS,
    Told,
    World,
    a_job,
    metrics_of,
    people_of,
    repositories_of,
    services_of,
)

NOBODY = "nobody"
_UNKNOWN = {
    "key": "0" * 24,
    "event_id": event_id("dep", "what nobody has told"),
    "repository": f"github.com/{NOBODY}/{NOBODY}",
    "id": "0" * 40,
}
_DAYS = ["2026-05-28", "2026-06-01", "2026-06-03", "2026-06-10", "2026-06-17"]


@dataclass(frozen=True)
class Asked:
    """A request, and the route that it is meant for."""

    route: str
    method: str
    path: str
    pairs: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    def with_pair(self, name: str, value: str) -> Asked:
        return replace(self, pairs=(*(pair for pair in self.pairs if pair[0] != name), (name, value)))

    def with_header(self, name: str, value: str) -> Asked:
        return replace(self, headers=(*self.headers, (name, value)))

    @property
    def text(self) -> str:
        """All that it says."""
        return json.dumps([self.path, self.pairs, self.headers, json.loads(self.body) if self.body else None])

    def event(self, key: str) -> dict[str, Any]:
        """As API Gateway hands it on, with this key."""
        event = {
            "version": "2.0",
            "rawPath": self.path,
            "rawQueryString": urlencode(self.pairs),
            "headers": {**dict(self.headers), "authorization": f"Bearer {key}"},
            "requestContext": {
                "requestId": "req-1",
                "http": {"method": self.method, "path": self.path, "sourceIp": "203.0.113.9"},
            },
            "isBase64Encoded": False,
        }
        return event if self.body is None else {**event, "body": self.body}


class Names:
    """What there is to ask for in a world: of each tenant, by what it is for."""

    def __init__(self, world: World, told: Sequence[Told]) -> None:
        self._of = {tenant: _names_of(world, tenant, told) for tenant in TENANTS}

    def draw(self, draw: random.Random, what: str, meant: str) -> Any:
        """Mostly one of the tenant's that the request is meant for, at times the other's or nobody's."""
        luck = draw.random()
        if luck < 0.05:
            return _UNKNOWN.get(what, NOBODY)
        tenant = meant if luck < 0.9 else next(tenant for tenant in TENANTS if tenant != meant)
        known = self._of[tenant]
        return draw.choice(known[what] if what in known else [name for names in known.values() for name in names])


def _names_of(world: World, tenant: str, told: Sequence[Told]) -> dict[str, list[Any]]:
    """By the name of what they stand for in paths, queries and bodies."""
    own = [each.event for each in told if each.tenant in (tenant, None)]
    data = [event["data"] for event in own]
    shas = sorted({each["id"] for event, each in zip(own, data, strict=True) if event["kind"] == "deployment"})
    incidents = sorted({each["id"] for event, each in zip(own, data, strict=True) if event["kind"] == "incident"})
    runs = sorted({each["deployment_id"] for each in data if "deployment_id" in each})
    parked = [each.event["event_id"] for each in told if each.tenant == tenant and each.parked]
    return {
        "key": world.deployments_of(tenant) or [_UNKNOWN["key"]],
        "event_id": [event["event_id"] for event in own] + 5 * parked,
        "service": services_of(tenant),
        "repository": [*repositories_of(tenant), SHARED_REPOSITORY],
        "team": [f"{tenant}-team", SHARED_TEAM],
        "author": [*people_of(tenant), "forest-ann"],
        "metric": [*metrics_of(tenant), SHARED_METRIC],
        "dashboard": [f"{tenant}-board", SHARED_DASHBOARD, "default"],
        "environment": ["production", f"{tenant}-staging"],
        "job": [a_job(tenant).id],
        "sha": shas,
        "run": runs or shas,
        "incident": incidents or [NOBODY],
    }


_VALUES: dict[str, list[Any]] = {
    "limit": ["1", "2", "50"],
    "from": _DAYS,
    "to": _DAYS,
    "number": ["1", "2", "3", "4"],
    "baseline": [True, False, None],
    "failed": [True, False, None],
    "excluded": [True, False],
    "archived": [True, False],
    "paths": [["**"], ["a/**"], []],
    "note": ["said by hand", None],
    "reason": ["SHA_NOT_FOUND", "FAILED_REPEATEDLY", "REPOSITORY_MISMATCH", "REFUSED"],
}
_OFTEN = {"limit": 0.6, "cursor": 0.03}
"""How often a parameter is sent: small pages are walked to their end, and with cursors that were given."""
_STANDS_FOR = {
    "remediates": "run",
    "deployment_id": "run",
    "previous_id": "sha",
    "services": "service",
    "repositories": "repository",
}


def a_request(draw: random.Random, names: Names, own: str) -> Asked:
    """One request to some route, those that limited keys may use more often than others, for one's own or the other's things."""
    meant = own if draw.random() < 0.55 else next(tenant for tenant in TENANTS if tenant != own)
    if draw.random() < 0.2:
        return _an_event(draw, names, meant)
    limited = [route for route in ROUTES if route.limited]
    return a_request_to(draw.choice(limited if draw.random() < 0.8 else list(ROUTES)), draw, names, meant)


def a_request_to(route: Route, draw: random.Random, names: Names, meant: str) -> Asked:
    """One request to this route, for this tenant's things."""
    start, brace, rest = route.path.partition("{")
    path = route.path
    if brace:
        name, _, end = rest.partition("}")
        what = "metric" if name == "name" else name
        path = start + quote(str(names.draw(draw, what, meant)), safe="") + end
    pairs = [
        (parameter.name, value)
        for parameter in route.parameters
        if parameter.required or draw.random() < _OFTEN.get(parameter.name, 0.25)
        for value in _values(draw, names, parameter, meant, route)
    ]
    headers = {"accept": draw.choice(route.types), "content-type": "application/json"}
    if route.method in ("PUT", "PATCH", "DELETE") and draw.random() < 0.9:
        headers["if-match"] = "*"
    body = json.dumps(_a_body(draw, names, route, meant)) if route.body is not None else None
    return Asked(
        f"{route.method} {route.path}", route.method, path.replace("%25", "%"), tuple(pairs), _pairs(headers), body
    )


def _pairs(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(headers.items())


def _values(draw: random.Random, names: Names, parameter: Parameter, meant: str, route: Route) -> list[str]:
    if "enum" in parameter.schema:
        return [str(draw.choice(parameter.schema["enum"]))]
    if parameter.name == "id":
        return [names.draw(draw, "incident" if "incidents" in route.path else "sha", meant)]
    times = 2 if parameter.repeats and draw.random() < 0.2 else 1
    return [str(_value(draw, names, parameter.name, meant)) for _ in range(times)]


def _value(draw: random.Random, names: Names, name: str, meant: str) -> Any:
    if name in _VALUES:
        return draw.choice(_VALUES[name])
    return names.draw(draw, _STANDS_FOR.get(name, name), meant)


def _a_body(draw: random.Random, names: Names, route: Route, meant: str) -> dict[str, Any]:
    fields = sorted(_fields(route.body))
    some = draw.sample(fields, min(len(fields), draw.randint(1, 3)))
    if "id" in fields and "service" in fields:  # what a deployment may not do without
        some = sorted({*some, "id", draw.choice(["service", "repository"])})
    return {name: _value(draw, names, "sha" if name == "id" else name, meant) for name in some}


def _fields(body: Any) -> set[str]:
    """The names in a body's type, however it is wrapped."""
    if hasattr(body, "__annotations__") and not get_args(body):
        return set(body.__annotations__)
    return {name for part in get_args(body) for name in _fields(part)}


def _an_event(draw: random.Random, names: Names, meant: str) -> Asked:
    """An event, mostly a good one, of one's own services and repositories or another's."""
    path = draw.choice([*sorted(EVENT_ROUTES), *["/v1/events/deployments"] * 3])
    named = draw.choice([("service",), ("repository",), ("service", "repository")])
    data: dict[str, Any] = {name: names.draw(draw, name, meant) for name in named}
    at = NOW - draw.randint(1, 20) * DAY
    match path.rpartition("/")[2]:
        case "deployments":
            data |= {
                "id": names.draw(draw, "sha", meant),
                "finished_at": at,
                "deployment_id": names.draw(draw, "run", meant),
            }
        case "changes":
            data |= {"number": draw.randint(1, 9), "author": names.draw(draw, "author", meant)}
        case "incidents":
            data |= {"id": names.draw(draw, "incident", meant), "started_at": at}
        case "commits":
            data |= {"commits": [{"sha": names.draw(draw, "sha", meant), "committed_at": at}]}
        case _:
            fields = EVENT_ROUTES[path].names
            data |= {name: _value(draw, names, name, meant) for name in sorted(fields) if draw.random() < 0.7}
    return Asked(f"POST {path}", "POST", path, (), _pairs({"content-type": "application/json"}), json.dumps(data))


def lists() -> Iterator[Asked]:
    """Every list that a limited key may read, an entry a page."""
    for route in ROUTES:
        takes = {parameter.name for parameter in route.parameters}
        if route.limited and route.method == "GET" and "{" not in route.path and "limit" in takes:
            headers = _pairs({"accept": route.types[0]})
            yield Asked(f"GET {route.path}", "GET", route.path, (("limit", "1"),), headers)


def previews(draw: random.Random, names: Names, own: str, other: str) -> Iterator[Asked]:
    """Of the other's commits for one's own services: where one was tied to another's repository, its changes show here."""
    for service in services_of(own):
        for sha in {names.draw(draw, "sha", other) for _ in range(3)}:
            path, body = "/v1/deployments/preview", {"id": sha, "service": service}
            headers = _pairs({"content-type": "application/json"})
            yield Asked(f"POST {path}", "POST", path, (), headers, json.dumps(body))


def scopes_needed() -> list[str]:
    """Every scope that any route asks for."""
    return sorted({EVENTS_WRITE, *(route.scope for route in ROUTES if route.scope is not None)})

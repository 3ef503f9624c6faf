"""HTTP's statuses, each in its place, on every route there is: what is added to the table is asked the same."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from leadline.access.keys import ADMIN, create_key
from leadline.store.access import AccessSettings, KeyPlan
from leadline.store.table import Put
from query.http.body import MAX_BYTES
from query.http.etags import IF_MATCH
from query.http.route import Route
from query.reports.period import MAX_DAYS
from query.routes import CDEVENTS_PATH, EVENT_PATHS, ROUTES
from tests.unit.query.product_api import NOW, PEPPER, Answer, ProductApi

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
KEYED = [route for route in ROUTES if route.scope is not None]
WITH_BODY = [route for route in ROUTES if route.body is not None]
WITH_IF_MATCH = [route for route in ROUTES if IF_MATCH.keys() <= route.headers.keys()]
WITH_WINDOW = [route for route in ROUTES if {"from", "to"} <= {parameter.name for parameter in route.parameters}]
ONE_OF_MANY = [route for route in KEYED if route.method == "GET" and "{" in route.path]

QUERY = {
    "repository": "acme/api",
    "number": "7",
    "service": "shop",
    "id": "INC-1",
    "from": "2026-10-01",
    "to": "2026-10-02",
}
"""Good values of the parameters that some route needs, or that make a window."""

MADE: dict[str, Any] = {
    "/v1/services/{service}": {},
    "/v1/plans/{plan}": {},
}
"""What a PUT makes the thing of, where there is nothing to begin with."""


EXISTING = {"/v1/dashboards/{dashboard}/data": "/v1/dashboards/default/data"}


def name_of(route: object) -> str:
    return f"{route.method} {route.path}" if isinstance(route, Route) else str(route)


def path_of(route: Route) -> str:
    return re.sub(r"{\w+}", "nothing", route.path)


def an_open_api() -> ProductApi:
    """One in which no setting keeps a route from everybody."""
    api = ProductApi()
    body = json.dumps({"author_pages": True})
    assert api.request("PATCH", "/v1/settings", body=body, content_type="application/json", if_match="*").status == 200
    return api


def methods_at(path: str) -> set[str]:
    """What the table has for a path, HEAD along with GET."""
    fitting = [route for route in ROUTES if route.match(path) is not None]
    most = max((route.literal for route in fitting), default=0)
    methods = set() if path in EVENT_PATHS else {route.method for route in fitting if route.literal == most}
    methods |= {"HEAD"} if "GET" in methods else set()
    return methods | ({"POST"} if path in EVENT_PATHS or path == CDEVENTS_PATH else set())


def ask(api: ProductApi, route: Route, method: str = "", query: str = "", **headers: str) -> Answer:
    return api.request(method or route.method, path_of(route), query, **headers)


def needed(route: Route) -> str:
    return "&".join(f"{each.name}={quote(QUERY[each.name])}" for each in route.parameters if each.required)


def title_of(answer: Answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == answer.status
    return answer.status, answer.json["title"]


@pytest.mark.parametrize("path", sorted({path_of(route) for route in ROUTES} | EVENT_PATHS))
def test_another_method_is_a_405_that_says_which_there_are_and_so_does_options(path: str) -> None:
    api, allowed = ProductApi(), methods_at(path)
    for method in METHODS:
        if method not in allowed:
            answer = api.request(method, path)
            assert title_of(answer) == (405, "Method not allowed")
            assert set(answer.headers["allow"].split(", ")) == allowed
    answer = api.request("OPTIONS", path, key=None)
    assert (answer.status, answer.text) == (204, "")
    assert set(answer.headers["allow"].split(", ")) == allowed | {"OPTIONS"}


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/services", "/v1/services/", "/v1/nothing", "/v1/webhooks/nobody", "//healthz"]
)
def test_another_path_is_a_404_whatever_the_method(path: str) -> None:
    api = ProductApi()
    assert {title_of(api.request(method, path)) for method in (*METHODS, "OPTIONS")} == {(404, "Not found")}


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_who_accepts_only_something_else_is_told_406_before_anything_is_done(route: Route) -> None:
    api = ProductApi()
    assert title_of(ask(api, route, accept="image/png")) == (406, "Not acceptable")
    assert title_of(ask(api, route, accept="*/*;q=0")) == (406, "Not acceptable")
    assert api.told == []


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_an_unknown_parameter_is_a_400_that_names_it_before_anything_is_looked_for(route: Route) -> None:
    answer = ask(an_open_api(), route, query=f"{needed(route)}&colour=red")
    assert title_of(answer) == (400, "Invalid query")
    assert answer.faults == {("?colour", "unknown")}


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=name_of)
def test_head_answers_as_get_does_without_a_body(route: Route) -> None:
    api = ProductApi()
    api.get("/v1/services")  # by which it is known when the key was last used
    # The access log is another one after each request.
    told, got = (ask(api, route, method, needed(route)) for method in ("HEAD", "GET"))
    if route.path != "/v1/access-logs":
        assert (told.status, told.headers) == (got.status, got.headers)
    assert (told.text, bool(got.text)) == ("", True)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_an_answer_has_the_id_that_its_log_line_has(route: Route) -> None:
    api = ProductApi()
    answers = [ask(api, route, query=needed(route)), ask(api, route, key=None), ask(api, route, accept="image/png")]
    assert {answer.headers["x-request-id"] for answer in answers} == {"req-1"}
    lines = [json.loads(line) for line in api.log.getvalue().splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    assert [line["status"] for line in requests] == [answer.status for answer in answers]
    assert {line["request_id"] for line in lines} == {"req-1"}


@pytest.mark.parametrize("route", KEYED, ids=name_of)
def test_a_key_whose_requests_are_used_up_is_a_429_that_says_until_when(route: Route) -> None:
    api = ProductApi()
    api.table.write([Put(AccessSettings(plans={"small": KeyPlan(per_minute=1)}).to_item())])
    key, _ = create_key(api.table, PEPPER, name="small", scopes=[ADMIN], now=NOW, plan="small")
    assert api.request("GET", "/v1/services", key=key).status == 200
    answer = ask(api, route, key=key)
    assert title_of(answer) == (429, "Too many requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert api.told == []


@pytest.mark.parametrize("route", ONE_OF_MANY, ids=name_of)
def test_what_does_not_exist_is_a_404(route: Route) -> None:
    assert title_of(ask(an_open_api(), route)) == (404, "Not found")


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (None, "{}", 415),
        ("text/plain", "{}", 415),
        ("application/json; charset=latin-1", "{}", 415),
        ("application/json", '"' + "x" * MAX_BYTES + '"', 413),
        ("application/json", "", 400),
        ("application/json", "{", 400),
        ("application/json", '{"a": 1, "a": 1}', 400),
        ("application/json", "NaN", 400),
        ("application/json", "1e999", 400),
        ("application/json", "9" * 31, 400),
        ("application/json", '{"a": "\\ud800"}', 400),
        ("application/json", "[" * 21 + "]" * 21, 400),
        ("application/json", "\ufeff{}", 400),
        ("application/json", '{"no such field": 1}', 422),
        ("application/json", '"text"', 422),
        ("application/json", "[]", 422),
        ("application/json", "null", 422),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_that_cannot_be_taken_is_told_by_what_is_wrong_with_it(
    route: Route, content_type: str | None, body: str, status: int
) -> None:
    api = ProductApi()
    headers = {"content_type": content_type} if content_type else {}
    if route in WITH_IF_MATCH:
        headers["if_match"] = "*"
    answer = api.request(route.method, path_of(route), needed(route), body=body, **headers)
    # What a field may hold can depend on what is there, and there is nothing.
    assert title_of(answer)[0] in ((422, 404) if (status, route.method) == (422, "PATCH") else (status,))
    assert api.told == []


@pytest.mark.parametrize("route", WITH_IF_MATCH, ids=name_of)
def test_a_change_needs_the_tag_of_what_it_is_made_to(route: Route) -> None:
    api, path = ProductApi(), path_of(route)

    def change(**headers: str) -> Answer:
        body = None if route.body is None else "{}"
        kind = {"content_type": "application/json"} if route.body is not None else {}
        return api.request(route.method, path, body=body, **kind, **headers)

    if route.path in MADE:
        made = json.dumps(MADE[route.path])
        assert title_of(change(if_match="*")) in {(412, "Precondition failed"), (404, "Not found")}
        assert api.request("PUT", path, body=made, content_type="application/json").status == 200
    elif "{" in route.path:
        assert change(if_match="*").status in (404, 412, 422)
        return
    assert title_of(change()) == (428, "Precondition required")
    assert title_of(change(if_match='"another"')) == (412, "Precondition failed")
    tag = api.request("GET", path).headers["etag"]
    assert change(if_match=tag).status in (200, 204)


@pytest.mark.parametrize("route", WITH_WINDOW, ids=name_of)
def test_a_window_is_bounded_in_order_and_of_days_that_there_are(route: Route) -> None:
    api = an_open_api()
    for start, end, fault in (
        ("2025-01-01", "2026-06-01", ("?from", "too_long")),
        ("2026-06-02", "2026-06-01", ("?from", "order")),
        ("2026-06-01", "2026-06-01", ("?from", "order")),
        ("2026-02-30", "2026-06-01", ("?from", "date")),
    ):
        if fault[1] == "too_long" and route.path == "/v1/deployments":
            continue  # a list goes back as far as there is anything, a page at a time
        answer = api.request("GET", EXISTING.get(route.path) or path_of(route), f"from={start}&to={end}")
        assert title_of(answer) == (400, "Invalid query")
        assert answer.faults == {fault}
        assert fault[1] != "too_long" or str(MAX_DAYS) in answer.text

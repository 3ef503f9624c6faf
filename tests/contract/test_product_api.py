"""The Product API's contract: the shapes pinned, every answer of the type it says, every error a problem."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from leadline.access.keys import ADMIN, CONFIG_WRITE, METRICS_READ, SCOPES, create_key
from leadline.store.access import AccessSettings, KeyPlan
from leadline.store.configuration import OrganisationSettings
from leadline.store.table import Put
from query.http.etags import IF_MATCH
from query.http.route import Route
from query.routes import DOCS_ROUTES, ROUTES
from tests.builders import a_change, a_deployment, a_line, an_incident, at, commits, tell
from tests.unit.query.product_api import NOW, PEPPER, Answer, ProductApi

JSON = "application/json"
NO_KEY = {"/healthz", "/openapi.json"}

STAGE = {"p50", "mean", "n"}
METRICS = {
    "deployment_frequency": {"value", "unit", "deployments", "days", "deployment_days"},
    "change_lead_time": {"p50", "p75", "p90", "mean", "unit", "n", "stages"},
    "change_fail_rate": {"value", "failed", "deployments", "never_live"},
    "failed_deployment_recovery_time": {"p50", "mean", "unit", "n", "open"},
    "deployment_rework_rate": {"value", "rework", "deployments"},
}

DEPLOYMENT = frozenset(
    """
    key service environment repository id deployment_id status started_at finished_at version url labels
    failed rollback rework recovery incidents changes direct_commits mapping
    """.split()  # noqa: SIM905  one line a name would say no more
)


def an_api() -> ProductApi:
    """A little of everything: a failed deployment and its rollback, one still running, one pending, a team."""
    api = ProductApi()
    tell(api.table, commits(*a_line("c1", "c2", "c3", "c4")))
    tell(api.table, *(a_change(number, f"c{number}", at(1, number)) for number in (2, 3)))
    tell(
        api.table,
        a_deployment("c1", at(2)),
        a_deployment("c4", at(3), deployment_id="run-3", version="v2", labels={"a": "b"}, started_at=at(3, 11)),
        an_incident("INC-1", at(3, 13)),
        a_deployment("c2", at(4)),
        a_deployment("c4", None, received=at(5), status="in_progress"),
        a_deployment("unknown", at(6), environment="staging"),
    )
    api.put_team("pay", {"author": "ann"})
    api.table.write([Put(OrganisationSettings(author_pages=True).to_item())])
    api.table.write([Put(AccessSettings(plans={"basic": KeyPlan(api=True)}).to_item())])
    create_key(api.table, PEPPER, name="dashboard", scopes=[METRICS_READ], now=NOW)
    return api


BODIES: dict[tuple[str, str], Any] = {
    ("PUT", "/v1/teams/{team}"): {"members": [{"author": "ann", "to": "2026-10-20"}]},
    ("POST", "/v1/keys"): {"name": "dashboard", "scopes": [METRICS_READ]},
    ("POST", "/v1/keys/{key_id}/rotate"): {"overlap_hours": 1},
    ("PUT", "/v1/plans/{plan}"): {"per_minute": 60},
    ("PUT", "/v1/settings/access"): {"log_days": 30},
    ("PUT", "/v1/sources"): {"default_service": "shop"},
}


WITHOUT_BODY = {("DELETE", "/v1/teams/{team}"), ("DELETE", "/v1/keys/{key_id}"), ("DELETE", "/v1/plans/{plan}")}


def names_of(api: ProductApi) -> dict[str, str]:
    """What stands for each {name} in a path."""
    key = api.get("/v1/deployments")["items"][0]["key"]
    (key_id,) = [item["key_id"] for item in api.get("/v1/keys")["items"] if item["name"] == "dashboard"]
    return {"{key}": key, "{team}": "pay", "{key_id}": key_id, "{plan}": "basic"}


def requests_of(api: ProductApi, route: Route) -> list[tuple[str, str]]:
    """Paths and queries that this route answers well."""
    path = route.path
    for name, value in {**names_of(api), "{author}": "ann"}.items():
        path = path.replace(name, value)
    if path.endswith("/dora"):
        queries = ["", "interval=week&group_by=service", "group_by=author&team=pay", "from=2020-01-01&to=2020-01-02"]
        return [(path, query) for query in queries]
    return [(path, ""), *([(path, "limit=1")] if "limit" in {parameter.name for parameter in route.parameters} else [])]


def ask(api: ProductApi, route: Route, path: str, query: str = "", **options: Any) -> Answer:
    if (body := BODIES.get((route.method, route.path))) is not None:
        options |= {"body": json.dumps(body), "content_type": JSON}
    if IF_MATCH.keys() & route.headers.keys():
        options |= {"if_match": "*"}
    return api.request(route.method, path, query, **options)


def is_known(route: Route) -> bool:
    """Whether it is told above what to ask this route; the others have tests of their own."""
    named = set(re.findall(r"{\w+}", route.path)) <= {"{key}", "{team}", "{key_id}", "{plan}"}
    return (
        named
        and route.types[0] == JSON
        and (route.method == "GET" or (route.method, route.path) in {*BODIES, *WITHOUT_BODY})
    )


@pytest.mark.parametrize("route", [*filter(is_known, ROUTES)], ids=lambda route: f"{route.method} {route.path}")
def test_every_answer_is_of_its_type_and_holds_nothing_else(route: Route) -> None:
    api = an_api()
    for path, query in requests_of(api, route):
        answer = ask(api, route, path, query)
        if route.answer is None:
            assert (answer.status, answer.text) == (204, "")
            continue
        assert (answer.status, answer.headers["content-type"]) == (route.status, JSON)
        adapter = TypeAdapter(route.answer)
        typed = adapter.validate_json(answer.text, strict=True)
        assert adapter.dump_python(typed, mode="json") == answer.json  # what no type names would be missing here


def test_the_report_is_the_contracts() -> None:
    report = an_api().dora(service="shop", interval="month", group_by="service")
    assert report.keys() == {"window", "filters", "metrics", "coverage", "previous", "series", "groups"}
    assert report["window"].keys() == {"from", "to", "days", "timezone"}
    assert report["filters"] == {"service": ["shop"]}
    assert report["previous"].keys() == {"window", "metrics"}
    assert {frozenset(entry) for entry in report["series"]} == {frozenset({"from", "to", "metrics"})}
    assert {frozenset(group) for group in report["groups"]} == {frozenset({"key", "metrics"})}
    everywhere = [report["metrics"], report["previous"]["metrics"], *(part["metrics"] for part in report["series"])]
    for metrics in [*everywhere, *(group["metrics"] for group in report["groups"])]:
        assert {name: set(values) for name, values in metrics.items()} == METRICS
        stages = metrics["change_lead_time"]["stages"]
        assert {name: set(values) for name, values in stages.items()} == dict.fromkeys(
            ("coding", "pickup", "review", "deploy"), STAGE
        )
    assert report["metrics"]["deployment_frequency"]["unit"] == "deployments/day"
    assert report["metrics"]["change_lead_time"]["unit"] == "s"
    assert report["metrics"]["failed_deployment_recovery_time"]["unit"] == "s"
    assert {"deployments", "mapped", "baseline", "pending", "unmatched"} <= report["coverage"].keys()


def test_the_reports_numbers_are_those_of_the_deployments() -> None:
    report = an_api().dora(service="shop")
    assert report["metrics"]["deployment_frequency"] == {
        "value": 3 / 30,
        "unit": "deployments/day",
        "deployments": 3,
        "days": 30,
        "deployment_days": 3,
    }
    assert report["metrics"]["change_fail_rate"] == {"value": 1 / 3, "failed": 1, "deployments": 3, "never_live": 0}
    recovery = report["metrics"]["failed_deployment_recovery_time"]
    assert (recovery["mean"], recovery["n"], recovery["open"]) == (86_400, 1, 0)
    assert report["metrics"]["deployment_rework_rate"] == {"value": 1 / 3, "rework": 1, "deployments": 3}
    assert report["coverage"]["baseline"] == 1
    assert report["previous"]["metrics"]["change_fail_rate"]["value"] is None


def test_a_deployment_is_the_contracts() -> None:
    listed = an_api().get("/v1/deployments", service="shop")["items"]
    for item in listed:
        assert item.keys() >= DEPLOYMENT
        assert item["mapping"].keys() == {"status", "reason", "from_id", "to_id"}
        assert all(change.keys() == {"repository", "number", "author", "lead_time"} for change in item["changes"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_but_those_for_everybody_needs_a_key_with_its_scope(route: Route) -> None:
    api = an_api()
    path, _ = requests_of(api, route)[0]
    if route.link:  # the link is the key; its tests are in test_badges.py
        assert {ask(api, route, path, key=key).status for key in (None, api.key)} == {404}
        return
    if route in DOCS_ROUTES:  # off at first; their tests are in test_docs_page.py
        assert {ask(api, route, path, key=key).status for key in (None, api.key)} == {404}
        return
    if route.path in NO_KEY:
        assert ask(api, route, path, key=None).status == 200
        return
    for key in (None, "ll_000000000000_" + "A" * 43, "nonsense", api.key[:-1] + ("A" if api.key[-1] != "A" else "B")):
        answer = ask(api, route, path, key=key)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    assert route.method == "GET" or route.path == "/v1/deployments/preview" or route.scope in (CONFIG_WRITE, ADMIN)
    for scope, implied in SCOPES.items():
        answer = ask(api, route, path, key=api.a_key(scope))
        assert (answer.status == 403) is (route.scope not in implied)
        api.put_team("pay", {"author": "ann"})


# The access log is another one after each request.
READS = [route for route in ROUTES if route.method == "GET" and route.path != "/v1/access-logs"]


@pytest.mark.parametrize("route", READS, ids=lambda route: route.path)
def test_head_answers_as_get_does_without_the_body(route: Route) -> None:
    api = an_api()
    path, query = requests_of(api, route)[0]
    got, head = api.request("GET", path, query), api.request("HEAD", path, query)
    assert (head.status, head.headers, head.text) == (got.status, got.headers, "")
    assert api.request("HEAD", path, "unknown=1").status == 400


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/v1/metrics/dora", "GET, HEAD"),
        ("DELETE", "/v1/services", "GET, HEAD"),
        ("PATCH", "/v1/teams/pay", "DELETE, GET, HEAD, PUT"),
        ("POST", "/v1/teams", "GET, HEAD"),
        ("GET", "/v1/events/deployments", "POST"),
        ("HEAD", "/v1/events/changes", "POST"),
    ],
)
def test_a_wrong_method_is_a_405_that_says_what_is_allowed(method: str, path: str, allow: str) -> None:
    answer = an_api().request(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    "path",
    ["/", "", "/v1", "/v1/", "/v1/teams/", "/v1/deployments/", "/v1/services/", "/V1/services", "/v1/metrics", "/v2/x"],
)
def test_an_unknown_path_is_a_404_before_any_key_is_looked_at(path: str) -> None:
    answer = an_api().request("GET", path, key=None)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json.keys() == {"type", "title", "status", "detail"}


def test_answers_are_not_kept_by_anyone_but_the_document_is() -> None:
    api = an_api()
    assert api.request("GET", "/v1/services").headers["cache-control"] == "private, no-cache"
    assert api.request("GET", "/v1/keys").headers["cache-control"] == "no-store"
    assert api.request("GET", "/openapi.json").headers["cache-control"] == "public, max-age=300"

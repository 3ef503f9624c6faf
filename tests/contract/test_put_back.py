"""What GET shows is what PUT takes: read, changed in one place, sent back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from query.http.etags import IF_MATCH
from query.http.route import Route
from query.routes import ROUTES
from tests.contract.dashboard_bodies import a_panel
from tests.contract.pipeline import Pipeline
from tests.stored import everything

HOST = {
    "incident_label": "outage",
    "release_branches": ["release/*"],
    "environments": {"live-*": {"environment": "production"}},
    "workflows": {"deploy.yml": {"service": "till", "environment": "production"}},
    "tags": {"till-*": {"service": "till"}},
}
FULL: dict[str, tuple[str, dict[str, Any]]] = {
    "/v1/services/{service}": (
        "/v1/services/till%20one",
        {
            "repository": "github.com/acme/shop",
            "paths": ["till/**"],
            "production": ["live"],
            "team": "payments",
            "archived": True,
        },
    ),
    "/v1/teams/{team}": (
        "/v1/teams/payments",
        {
            "members": [
                {"author": "ann", "from": "2026-01-01", "to": "2026-07-01"},
                *({"author": name} for name in "bcdef"),
            ]
        },
    ),
    "/v1/settings": (
        "/v1/settings",
        {
            "timezone": "Europe/Berlin",
            "production": ["live", "production"],
            "incident_window_hours": 24,
            "failure_status_counts": True,
            "bots": ["*[bot]"],
            "rework_labels": ["hotfix"],
            "rework_branches": ["hotfix/*"],
            "rework_titles": ["Revert *"],
            "rework_means_failure": True,
            "direct_commits": "count",
            "individuals": "names",
            "author_pages": True,
        },
    ),
    "/v1/settings/access": (
        "/v1/settings/access",
        {"log": True, "log_days": 30, "origins": ["https://dash.acme.dev"], "docs": True},
    ),
    "/v1/sources": (
        "/v1/sources",
        {
            **dict.fromkeys(("github", "gitlab", "bitbucket"), HOST),
            "incident_services": {"pagerduty:P1": "till"},
            "default_service": "till",
        },
    ),
    "/v1/plans/{plan}": ("/v1/plans/small", {"per_minute": 600, "per_day": 10_000, "api": True}),
    "/v1/dashboards/{dashboard}": (
        "/v1/dashboards/wall",
        {
            "name": "Wall",
            "description": "Beside the door",
            "window": {"last": 12, "unit": "week", "complete": True},
            "filters": {"service": ["till"], "repository": ["acme/api"], "environment": ["live"]},
            "limited_keys": True,
            "panels": [
                a_panel("lead", statistic="p75", filters={"team": "payments"}),
                a_panel("series", visual="line", interval="week", group_by="author", filters={"author": "ann"}),
                a_panel("comments", metric="custom:review.comments"),
            ],
        },
    ),
    "/v1/metrics/custom/{name}": (
        "/v1/metrics/custom/build.seconds",
        {"kind": "duration", "unit": "min", "aggregation": "p90", "direction": "lower_is_better", "description": "CI"},
    ),
}
"""For each PUT where to, and a body in which nothing is left out."""

LEAST: dict[str, dict[str, Any]] = {
    "/v1/teams/{team}": {"members": []},
    "/v1/dashboards/{dashboard}": {"name": "Wall", "panels": [a_panel()]},
    "/v1/metrics/custom/{name}": {"kind": "duration"},
}
"""What cannot be left out, or has defaults of its own."""

PUTS = [route for route in ROUTES if route.method == "PUT"]
NAMED = {"{service}": "service", "{team}": "team", "{plan}": "plan", "{dashboard}": "id", "{name}": "name"}


def shown_by(put: Route) -> Route:
    """The route that shows what this one sets."""
    (get,) = (route for route in ROUTES if route.method == "GET" and route.answer is put.answer)
    return get


def put_id(route: object) -> str:
    return route.path if isinstance(route, Route) else str(route)


def where(put: Route) -> tuple[str, str]:
    """The paths of what is set and of what shows it."""
    path = FULL[put.path][0]
    return path, path + shown_by(put).path.removeprefix(put.path)


def made(put: Route, body: dict[str, Any]) -> Pipeline:
    api = Pipeline()
    path, _ = where(put)
    there = api.request("GET", path).status == 200 and "{" not in put.path
    assert api.send("PUT", path, body, **({"if_match": "*"} if there else {})).status == 200
    return api


def test_each_put_is_tried_with_every_field_that_it_has() -> None:
    assert {route.path for route in PUTS} == FULL.keys()
    for put in PUTS:
        shown = {"service", "team", "plan", "id", "name", "defined"} - FULL[put.path][1].keys()
        assert put.body.__annotations__.keys() - shown == FULL[put.path][1].keys(), put.path


@pytest.mark.parametrize("put", PUTS, ids=put_id)
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_shown_can_be_put_back_and_changes_nothing(put: Route, whole: bool) -> None:
    api = made(put, FULL[put.path][1] if whole else LEAST.get(put.path, {}))
    path, shown = where(put)
    before = api.request("GET", shown)
    key = api.a_key(put.scope or "")
    stored = everything(api.table)
    answer = api.send("PUT", path, before.json, if_match=before.headers["etag"], key=key)
    assert (answer.status, answer.json) == (200, before.json)
    after = api.request("GET", shown)
    assert (after.json, after.headers["etag"]) == (before.json, before.headers["etag"])
    assert everything(api.table) == stored


@pytest.mark.parametrize("put", [put for put in PUTS if "{" in put.path], ids=put_id)
def test_another_name_than_the_paths_is_refused_by_its_place(put: Route) -> None:
    api = made(put, LEAST.get(put.path, {}))
    path, shown = where(put)
    before = api.request("GET", shown)
    (holder,) = re.findall(r"{\w+}", put.path)
    for name in ("another", "", 7, ["x"], False):
        sent = {**before.json, NAMED[holder]: name}
        answer = api.send("PUT", path, sent, if_match=before.headers["etag"])
        assert (answer.status, answer.faults) == (422, {(f"/{NAMED[holder]}", "mismatch")})
    sent = {**before.json, NAMED[holder]: None}
    assert api.send("PUT", path, sent, if_match=before.headers["etag"]).json == before.json


@pytest.mark.parametrize(
    "patch",
    [route for route in ROUTES if IF_MATCH.items() <= route.headers.items() and route.method == "PATCH"],
    ids=put_id,
)
def test_so_it_is_with_patch(patch: Route) -> None:
    (put,) = (route for route in PUTS if route.path == patch.path)
    api = made(put, FULL[put.path][1])
    path, shown = where(put)
    before = api.request("GET", shown)
    stored = everything(api.table)
    assert api.send("PATCH", path, before.json, if_match="*").json == before.json
    assert everything(api.table) == stored
    for holder in re.findall(r"{\w+}", put.path):
        answer = api.send("PATCH", path, {NAMED[holder]: "another"}, if_match="*")
        assert (answer.status, answer.faults) == (422, {(f"/{NAMED[holder]}", "mismatch")})


@pytest.mark.parametrize("individuals", ["pseudonyms", "off"])
@pytest.mark.parametrize("path", ["/v1/teams/{team}", "/v1/dashboards/{dashboard}"])
def test_people_are_put_back_by_the_names_they_are_shown_by(path: str, individuals: str) -> None:
    (put,) = (route for route in PUTS if route.path == path)
    api = made(put, FULL[path][1])
    settings = api.send("PATCH", "/v1/settings", {"individuals": individuals}, if_match="*")
    assert settings.status == 200
    api.settle()
    before = api.request("GET", where(put)[1])
    stored = everything(api.table)
    answer = api.send("PUT", where(put)[0], before.json, if_match=before.headers["etag"])
    assert (answer.status, answer.json) == (200, before.json)
    assert everything(api.table) == stored


def test_a_new_dashboard_has_no_id_to_be_sent() -> None:
    body = {**LEAST["/v1/dashboards/{dashboard}"], "id": "wall"}
    answer = Pipeline().send("POST", "/v1/dashboards", body)
    assert (answer.status, answer.faults) == (422, {("/id", "extra")})


def test_what_a_metrics_kind_decides_is_shown_and_not_said_by_putting_it_back() -> None:
    (put,) = (route for route in PUTS if "custom" in route.path)
    api = made(put, {"kind": "duration"})
    path, shown = where(put)
    assert api.send("PUT", path, api.get(shown), if_match="*").json["unit"] == "s"
    changed = api.send("PATCH", path, {"kind": "gauge"}, if_match="*").json
    assert (changed["aggregation"], changed["unit"]) == ("last", None)

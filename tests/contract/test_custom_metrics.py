"""GET /v1/metrics/custom/{name}: points in, numbers out, in the windows, filters and groups that DORA's reports have."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.access.keys import METRICS_READ, create_key
from leadline.domain.custom_metrics import number
from tests.builders import REPOSITORY, a_deployment, a_line, at, commits
from tests.contract.pipeline import Pipeline
from tests.points import METRIC, a_point
from tests.unit.query.product_api import NOW, PEPPER

OCTOBER = {"from_": "2026-10-01", "to": "2026-11-01"}
OTHER = "github.com/acme/other"


def custom(api: Pipeline, name: str = METRIC, **query: str) -> Any:
    return api.get(f"/v1/metrics/custom/{name}", **{**OCTOBER, **query})


def sums(answer: Any) -> dict[str | None, float]:
    return {group["key"]: group["metrics"]["sum"] for group in answer["groups"]}


def deployed(api: Pipeline, service: str, repository: str) -> None:
    """A service that is tied to this repository."""
    line = commits(*a_line("m0", "m1"), repository=repository)
    api.tell(line, a_deployment("m1", at(10), deployment_id=service, repository=repository, service=service))


@pytest.fixture
def api() -> Pipeline:
    return Pipeline()


@pytest.fixture
def office(api: Pipeline) -> Pipeline:
    """Points of two services, a repository, nowhere, and two people of whom one is in a team."""
    api.put_team("early", {"author": "ann", "to": "2026-10-12"})
    api.settle()
    deployed(api, "till", "github.com/acme/till")
    api.tell(
        a_point(1, at(10), service="till", author="ann"),
        a_point(2, at(11), service="till", author="bob"),
        a_point(4, at(12), service="kiosk", author="ann"),
        a_point(8, at(13), repository="github.com/acme/till", author="ann", team="night"),
        a_point(16, at(14), repository=OTHER, team="night"),
        a_point(32, at(15), author="bob"),
        a_point(64, at(5), service="till", environment="staging"),
        a_point(128, at(-10), service="till"),
    )
    return api


def test_a_report_tells_all_that_the_points_say(api: Pipeline) -> None:
    for value, day in ((0.5, 10), (-2, 12), (4, 11)):
        api.tell(a_point(value, at(day), service="till"))
    answer = custom(api)
    assert answer["window"] == {"from": "2026-10-01", "to": "2026-11-01", "days": 31, "timezone": "UTC"}
    assert answer["filters"] == {}
    assert answer["definition"] == {
        "name": METRIC,
        "defined": False,
        "kind": "counter",
        "unit": None,
        "aggregation": "sum",
        "direction": "none",
        "description": None,
    }
    metrics = answer["metrics"]
    assert {name: metrics[name] for name in ("value", "unit", "n", "sum", "min", "max", "last", "last_at")} == {
        "value": 2.5,
        "unit": None,
        "n": 3,
        "sum": 2.5,
        "min": -2,
        "max": 4,
        "last": -2,
        "last_at": "2026-10-12T12:00:00Z",
    }
    assert metrics["rate"] == pytest.approx(2.5 / 31)
    assert metrics["mean"] == pytest.approx(2.5 / 3)
    assert metrics["p50"] == pytest.approx(0.5, rel=0.01)


def test_what_cant_be_computed_of_no_points_is_null_and_nothing_counted_is_0(api: Pipeline) -> None:
    api.tell(a_point(3, at(10)))
    empty = custom(api, from_="2026-09-01", to="2026-09-03")["metrics"]
    assert {name for name, value in empty.items() if value is None} == {
        *("unit", "mean", "min", "max", "last", "last_at", "p50", "p75", "p90"),
    }
    assert (empty["n"], empty["sum"], empty["rate"], empty["value"]) == (0, 0, 0, 0)


def test_a_lone_value_is_told_as_it_is(api: Pipeline) -> None:
    api.tell(a_point(412.123456, at(10)))
    metrics = custom(api)["metrics"]
    assert {metrics[name] for name in ("p50", "p75", "p90", "mean", "min", "max", "last", "sum")} == {412.123456}


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({}, 1 + 2 + 4 + 8 + 16 + 32),
        ({"service": "till"}, 1 + 2 + 8),
        ({"service": "kiosk"}, 4),
        ({"service": "other"}, 16),
        ({"service": "nobody"}, 0),
        ({"repository": "github.com/acme/till"}, 1 + 2 + 8),
        ({"repository": OTHER}, 16),
        ({"environment": "staging"}, 64),
        ({"team": "early"}, 1),
        ({"team": "night"}, 8 + 16),
        ({"team": "night", "service": "till"}, 8),
        ({"team": "night", "repository": OTHER}, 16),
        ({"author": "ann"}, 1 + 4 + 8),
        ({"author": "ann", "service": "till"}, 1 + 8),
        ({"from_": "2026-09-01", "to": "2026-10-01"}, 128),
    ],
)
def test_a_filter_leaves_what_it_names(office: Pipeline, query: dict[str, str], total: int) -> None:
    assert custom(office, **query)["metrics"]["sum"] == total


@pytest.mark.parametrize(
    ("query", "groups"),
    [
        ({"group_by": "service"}, {"till": 11, "kiosk": 4, "other": 16, None: 32}),
        ({"group_by": "repository"}, {"github.com/acme/till": 11, OTHER: 16, None: 36}),
        ({"group_by": "team"}, {"early": 1, "night": 24}),
        ({"group_by": "author"}, {"ann": 13, "bob": 34}),
        ({"group_by": "service", "team": "night"}, {"till": 8, "other": 16}),
        ({"group_by": "author", "team": "night"}, {"ann": 8}),
        ({"group_by": "team", "author": "ann"}, {"early": 1, "night": 8}),
        ({"group_by": "author", "service": "till"}, {"ann": 9, "bob": 2}),
        ({"group_by": "team", "service": "till"}, {"early": 1, "night": 8}),
        ({"group_by": "author", "team": "night", "service": "other"}, {}),
        ({"group_by": "service", "environment": "staging"}, {"till": 64}),
    ],
)
def test_groups_are_what_their_filter_would_leave(
    office: Pipeline, query: dict[str, str], groups: dict[str | None, int]
) -> None:
    assert sums(custom(office, **query)) == groups


def test_the_parts_of_a_window_add_up_to_it(office: Pipeline) -> None:
    for interval in ("day", "week", "month"):
        answer = custom(office, interval=interval)
        parts = [entry["metrics"] for entry in answer["series"]]
        assert sum(part["sum"] for part in parts) == answer["metrics"]["sum"]
        assert sum(part["n"] for part in parts) == answer["metrics"]["n"]
    before = custom(office)["previous"]
    assert (before["window"]["to"], before["metrics"]["sum"]) == ("2026-10-01", 128)


def test_points_that_name_a_repository_are_its_services_whenever_that_is_told(api: Pipeline) -> None:
    api.tell(a_point(1, at(10), repository=REPOSITORY))
    assert sums(custom(api, group_by="service")) == {"shop": 1}
    deployed(api, "till", REPOSITORY)
    assert sums(custom(api, group_by="service")) == {"till": 1}
    assert custom(api, service="till")["metrics"]["sum"] == 1
    assert [item["service"] for item in api.get("/v1/services")["items"]] == ["till"]


def test_a_team_that_changes_has_the_points_it_would_always_have_had(office: Pipeline) -> None:
    office.put_team("early", {"author": "ann"}, {"author": "bob", "from": "2026-10-15"})
    office.settle()
    assert sums(custom(office, group_by="team")) == {"early": 1 + 4 + 32, "night": 24}
    assert office.request("DELETE", "/v1/teams/early", if_match="*").status == 204
    office.settle()
    assert sums(custom(office, group_by="team")) == {"night": 24}


def test_a_day_begins_where_the_organisations_does(api: Pipeline) -> None:
    api.tell(a_point(1, at(10, 23.5)))
    assert custom(api, from_="2026-10-10", to="2026-10-11")["metrics"]["sum"] == 1
    api.ask("PATCH", "/v1/settings", {"timezone": "Europe/Berlin"}, if_match="*")
    assert custom(api, from_="2026-10-10", to="2026-10-11")["metrics"]["sum"] == 0
    assert custom(api, from_="2026-10-11", to="2026-10-12")["metrics"]["sum"] == 1
    api.ask("PATCH", "/v1/settings", {"timezone": None}, if_match="*")
    assert custom(api, from_="2026-10-10", to="2026-10-11")["metrics"]["sum"] == 1


def test_a_metric_that_nobody_defined_and_nobody_counted_is_a_404(api: Pipeline) -> None:
    for name in ("unheard.of", "Review.comments", "a%2Fb", "x" * 101):
        assert api.request("GET", f"/v1/metrics/custom/{name}").status == 404


def test_the_trace_of_a_point_says_that_it_is_counted_or_why_not(api: Pipeline) -> None:
    first = a_point(3, at(10), id="c-1", service="till", received=at(11))
    other = a_point(4, at(10), id="c-1", service="till", received=at(12))
    elsewhere = a_point(5, at(10), id="c-1", service="kiosk", received=at(12))
    timeless = a_point(6, id="c-2", service="till", received=at(13))
    again = {**timeless, "received_at": at(14)}
    api.tell(first, other, elsewhere, timeless, again)
    assert api.why(first) == ("counted", None)
    assert api.why(other) == ("duplicate", "SAME_ID")
    assert api.why(elsewhere) == ("counted", None)
    assert api.why(timeless) == ("counted", None)
    trace = api.trace(first)
    assert (trace["kind"], trace["metric"], trace["service"]) == ("point", METRIC, "till")
    assert trace["steps"][-1]["detail"] == f"in 2 cells of 2026-10-10 of the metric {METRIC}"
    assert custom(api)["metrics"]["sum"] == 3 + 5 + 6
    api.ask("DELETE", f"/v1/metrics/custom/{METRIC}")
    assert api.why(first) == ("superseded", "DELETED")


@pytest.mark.parametrize("limits", [{"services": ["till"]}, {"repositories": ["github.com/acme/till"]}])
def test_a_limited_key_sees_a_world_of_its_own_services_points(office: Pipeline, limits: dict[str, list[str]]) -> None:
    office.tell(a_point(7, at(10), name="queue.length", service="kiosk"))
    office.key, _ = create_key(office.table, PEPPER, name="till", scopes=[METRICS_READ], now=NOW, **limits)
    assert custom(office)["metrics"]["sum"] == 11
    assert sums(custom(office, group_by="service")) == {"till": 11}
    assert sums(custom(office, group_by="team")) == {"early": 1, "night": 8}
    assert sums(custom(office, group_by="author")) == {"ann": 9, "bob": 2}
    assert [item["name"] for item in office.get("/v1/metrics/custom")["items"]] == [METRIC]
    assert office.request("GET", "/v1/metrics/custom/queue.length").status == 404
    assert office.request("GET", "/v1/metrics/custom/queue.length/definition").status == 404
    assert office.request("GET", f"/v1/metrics/custom/{METRIC}", "service=kiosk").status == 403
    assert office.request("GET", f"/v1/metrics/custom/{METRIC}", "service=other").status == 403


def test_sums_are_exact_to_the_millionth(api: Pipeline) -> None:
    for index in range(30):
        api.tell(a_point(0.1, at(10) + index))
    assert custom(api)["metrics"]["sum"] == 3
    assert number(3_000_001) == 3.000001


@pytest.mark.parametrize("individuals", ["off", "pseudonyms"])
def test_people_are_shown_in_custom_metrics_as_the_setting_has_it(office: Pipeline, individuals: str) -> None:
    before = custom(office, group_by="team")
    office.ask("PATCH", "/v1/settings", {"individuals": individuals}, if_match="*")
    office.settle()
    assert custom(office, group_by="team") == before
    answer = office.request("GET", f"/v1/metrics/custom/{METRIC}", "group_by=author")
    if individuals == "off":
        assert answer.status == 403
        assert office.request("GET", f"/v1/metrics/custom/{METRIC}", "author=ann").status == 403
    else:
        assert {group["key"] for group in custom(office, group_by="author")["groups"]}.isdisjoint({"ann", "bob"})
        assert sorted(sums(custom(office, group_by="author")).values()) == [13, 34]

"""`Accept: text/csv` on every list and report: the same as in JSON, page by page, with a tag and a length of its own."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.store.history import AuditEntry
from leadline.store.table import Put
from query.http.route import Route
from query.routes import ROUTES
from query.shapes.offered import CSV
from tests.builders import a_deployment, at, commits, tell
from tests.contract.pipeline import Pipeline
from tests.contract.test_http_behaviour import PAGE, with_page
from tests.contract.test_product_api import an_api
from tests.points import METRIC, a_point
from tests.shapes.reading import differs, read_csv, unguarded
from tests.unit.query.generated import World, some, worlds
from tests.unit.query.product_api import NOW, Answer, ProductApi, a_request
from tests.unit.query.test_dora_numbers import DATES

LISTS = [route for route in ROUTES if CSV in route.types and "items" in getattr(route.answer, "__annotations__", {})]
NAMED = {"/v1/deployments", "/v1/services", "/v1/teams", "/v1/events", "/v1/keys", "/v1/access-logs", "/v1/history"}


def a_full_api() -> ProductApi:
    api = an_api()
    changed = AuditEntry(
        NOW, "m", "4f1d0c9be2a7", "settings", "settings", "put", before={"timezone": "UTC"}, after={"a": [1]}
    )
    api.table.write([Put(changed.to_item())])
    return api


def ask(api: ProductApi, path: str, query: str = "", **headers: str) -> Answer:
    return api.request("GET", path, query, accept="text/csv", **headers)


def test_every_list_that_there_is_answers_csv() -> None:
    assert {route.path for route in LISTS} >= NAMED
    pages = {
        route.path
        for route in ROUTES
        if route.method == "GET" and "items" in getattr(route.answer, "__annotations__", {})
    }
    assert pages == {route.path for route in LISTS}


@pytest.mark.parametrize("route", LISTS, ids=lambda route: route.path)
def test_a_list_says_in_csv_what_it_says_in_json(route: Route) -> None:
    api = a_full_api()
    api.get(route.path)  # so that the access log tells of the same request both times
    items = api.get(route.path)["items"]
    answer = ask(api, route.path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    name = route.path.rpartition("/")[2]
    assert answer.headers["content-disposition"] == f'attachment; filename="leadline-{name}.csv"'
    unquoted = re.sub('"[^"]*"', "", answer.text)
    assert unquoted.endswith("\r\n")
    assert set("\r\n").isdisjoint(unquoted.replace("\r\n", ""))
    rows = read_csv(answer.text)
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        assert set(differs(row, item)) <= {"milliseconds"}  # of two requests


@some
@given(
    worlds(), st.sampled_from(["day", "week", "month", None]), st.sampled_from(["service", "repository", "team", None])
)
def test_a_report_says_in_csv_what_it_says_in_json(world: World, interval: str | None, group_by: str | None) -> None:
    api = ProductApi(world.table())
    asked = {name: value for name, value in (("interval", interval), ("group_by", group_by)) if value}
    report = api.dora(DATES, **asked)
    query = "&".join(f"{name}={value}" for name, value in (*DATES, *asked.items()))
    window, previous, *others = read_csv(ask(api, "/v1/metrics/dora", query).text)
    expected = [
        {"row": "window", **report["window"], **report["metrics"]},
        {"row": "previous", **report["previous"]["window"], **report["previous"]["metrics"]},
        *({"row": "series", **part, **part["metrics"]} for part in report.get("series", ())),
        *({"row": "group", "group": g["key"], **report["window"], **g["metrics"]} for g in report.get("groups", ())),
    ]
    found = [window, previous, *others]
    assert len(found) == len(expected)
    for row, said in zip(found, expected, strict=True):
        told: dict[str, Any] = {name: value for name, value in said.items() if name not in ("days", "metrics")}
        assert differs(row, told) == []
    assert differs(window, {"coverage": report["coverage"], "filters": report["filters"]}) == []
    assert window.keys() == read_csv(ask(api, "/v1/metrics/dora").text)[0].keys()  # whatever is asked


def test_levels_are_in_the_windows_row() -> None:
    api = an_api()
    levels = api.dora(levels="2023")["levels"]
    row = read_csv(ask(api, "/v1/metrics/dora", "levels=2023").text)[0]
    assert (row["levels.edition"], json.loads(row["levels.metrics"])) == ("2023", levels["metrics"])


@pytest.mark.parametrize("accept", ["text/csv", None])
def test_pages_of_both_kinds_link_to_the_next_one(accept: str | None) -> None:
    api = an_api()
    whole = [item["key"] for item in api.get("/v1/deployments")["items"]]
    headers = {"accept": accept} if accept else {}
    target, found = "/v1/deployments?limit=2&service=shop", []
    while True:
        path, _, query = target.partition("?")
        answer = api.request("GET", path, query, **headers)
        assert answer.status == 200
        found += [row["key"] for row in (read_csv(answer.text) if accept else answer.json["items"])]
        if "link" not in answer.headers:
            break
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers["link"])
        assert link
        target = urljoin(f"https://api.example.com{path}", link[1]).removeprefix("https://api.example.com")
    assert found == whole
    assert len(whole) > 2


def test_names_that_look_like_formulas_are_text_in_a_spreadsheet() -> None:
    api = ProductApi()
    evil = '=HYPERLINK("http://evil.dev")'
    tell(api.table, commits())
    tell(api.table, a_deployment("c1", at(2), deployment_id=evil, version="+1", labels={"=a": "@b"}))
    text = ask(api, "/v1/deployments").text
    assert '"\'=HYPERLINK(""http://evil.dev"")"' in text
    assert ",'+1," in text
    (row,) = read_csv(text)
    told = (unguarded(row["deployment_id"]), unguarded(row["version"]), json.loads(row["labels"]))
    assert told == (evil, "+1", {"=a": "@b"})


def test_each_shape_has_a_tag_of_its_own_and_a_304() -> None:
    api = an_api()
    tags = {accept: api.request("GET", "/v1/services", accept=accept).headers for accept in ("text/csv", "*/*")}
    assert tags["text/csv"]["etag"] != tags["*/*"]["etag"]
    assert all("accept" in headers["vary"].split(", ") for headers in tags.values())
    for accept, status in (("text/csv", 304), ("*/*", 200)):
        again = api.request("GET", "/v1/services", accept=accept, if_none_match=tags["text/csv"]["etag"])
        assert again.status == status
        assert "accept" in again.headers["vary"].split(", ")


def test_a_long_table_is_packed_and_head_answers_without_it() -> None:
    api = an_api()
    plain = ask(api, "/v1/deployments")
    headers = {"x-api-key": api.key, "accept": "text/csv", "accept-encoding": "gzip"}
    packed = api.app.handle(a_request("GET", "/v1/deployments", "", headers))
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain.text
    assert packed["headers"]["content-encoding"] == "gzip"
    assert {"accept", "accept-encoding"} == set(packed["headers"]["vary"].split(", "))
    head = api.request("HEAD", "/v1/deployments", accept="text/csv")
    assert (head.headers, head.text) == (plain.headers, "")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv; charset=utf-8", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv; charset=utf-8"),
        ("application/json, text/csv", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
    ],
)
def test_the_shape_that_is_liked_best_is_answered(accept: str, answered: str) -> None:
    assert an_api().request("GET", "/v1/services", accept=accept).headers["content-type"] == answered


def test_an_error_is_a_problem_whatever_is_accepted_and_what_is_no_table_is_not_csv() -> None:
    api = an_api()
    answer = ask(api, "/v1/deployments", "limit=0")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert ask(api, "/v1/settings").status == 406
    assert api.request("GET", "/v1/services", accept="application/xml").status == 406


def test_a_page_of_a_browser_may_read_the_link() -> None:
    headers = ask(with_page(), "/v1/services", origin=PAGE).headers
    assert {"link", "content-disposition"} <= set(headers["access-control-expose-headers"].split(", "))


def test_a_custom_metrics_report_says_in_csv_what_it_says_in_json() -> None:
    api = Pipeline()
    for value, day in ((0.5, 10), (-2, 12), (4, 20)):
        api.tell(a_point(value, at(day), service="till"))
    asked = {"interval": "week", "group_by": "service"}
    path = f"/v1/metrics/custom/{METRIC}"
    report = api.get(path, **asked)
    window, previous, *others = read_csv(ask(api, path, urlencode(asked)).text)
    assert (window["row"], previous["row"]) == ("window", "previous")
    assert differs(window, {**report["window"], **report["metrics"]} | {"days": None}) == []
    for row, said in zip(others, [*report["series"], *report["groups"]], strict=True):
        assert differs(row, said["metrics"]) == []
    assert window["min"] == "-2"

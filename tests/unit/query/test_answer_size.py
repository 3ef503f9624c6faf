"""Lambda hands on 6 MB at most: no answer has more, and who asks for more is told how to ask for less."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apidoc.document import committed_document
from leadline.domain.deployments import Deployment, StatusReport
from leadline.domain.facts import CarriedChange, Summary, divide
from leadline.domain.lead_time import LeadTime
from leadline.domain.roster import Roster
from leadline.store.deployments import Record, TimelineEntry, line_partition, part_to_data, place_of, year_of
from leadline.store.history import AuditEntry as Change
from leadline.store.services import Service
from leadline.store.table import Put
from query.dashboards.data import MAX_BYTES
from query.dashboards.numbers import Source
from query.http.answer_size import bytes_of, json_of
from query.reports.report import Reports
from query.routes import ROUTES
from tests.builders import at
from tests.contract.dashboard_bodies import a_dashboard, a_panel, made, panels_of
from tests.unit.query.generated import a_table
from tests.unit.query.product_api import NOW, Pairs, ProductApi, a_request
from tests.unit.query.test_dora import a_part, api_with

LAMBDAS_LIMIT = 6_291_556
YEAR = [date(2026, 10, 30) - timedelta(days=days) for days in range(400)]
A_YEAR = [("from", YEAR[-1].isoformat()), ("to", "2026-10-31")]
BY_AUTHOR = {"visual": "table", "group_by": "author", "interval": "day"}
NUMBER = a_panel("number")


def ask(api: ProductApi, path: str, pairs: Pairs = (), method: str = "GET", **headers: str) -> tuple[Any, int]:
    """What the handler returns, and how many bytes Lambda makes of it."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    event = a_request(method, path, urlencode(pairs), {**sent, "x-api-key": api.key})
    response = api.app.handle(event)
    return response, len(json.dumps(response).encode())


def check_too_wide(response: Any, *words: str) -> None:
    problem = json.loads(response["body"])
    assert (response["statusCode"], problem["type"]) == (422, "urn:leadline:problem:too-wide")
    assert [fault["code"] for fault in problem["errors"]] == ["too_wide"]
    assert [word for word in words if word not in problem["detail"]] == []


@pytest.fixture(scope="module")
def thirty_people() -> ProductApi:
    """Each has a change every third day."""
    api = api_with(*(a_part(day, author=f"person-{number}") for number in range(30) for day in YEAR[number % 3 :: 3]))
    api.table.write([Put(Service("api", "acme/api", {"production": [2025, 2026]}).to_item())])
    return api


@pytest.fixture(scope="module")
def many_services() -> ProductApi:
    """As many as a report adds up, with names as long as they may be."""
    names = [f"{number:0200d}" for number in range(1_990)]
    api = ProductApi(a_table([a_part(YEAR[0], name) for name in names], Roster({})))
    for name in names:
        api.table.write([Put(Service(name, "acme/all", {"production": [2026]}).to_item())])
    return api


def test_of_24_panels_those_that_are_too_wide_say_so_and_the_others_have_their_numbers(
    thirty_people: ProductApi,
) -> None:
    api = thirty_people
    wide = [a_panel(f"wide-{number}", **BY_AUTHOR) for number in range(21)]
    weekly = a_panel("weekly", **{**BY_AUTHOR, "interval": "week"})
    daily = a_panel("daily", visual="line", interval="day")
    made(api, "ours", a_dashboard(*wide[:11], NUMBER, weekly, daily, *wide[11:], window={"last": 400, "unit": "day"}))
    response, size = ask(api, "/v1/dashboards/ours/data")
    assert (response["statusCode"], size <= LAMBDAS_LIMIT) == (200, True)
    panels = {panel["id"]: panel for panel in json.loads(response["body"])["panels"]}
    assert len(panels) == 24
    for panel in wide:
        shown = panels[panel["id"]]
        assert (shown["error"]["status"], shown["error"]["errors"][0]["code"]) == (422, "too_wide")
        assert "choose fewer days" in shown["error"]["detail"]
        assert (shown["values"], shown.keys() & {"series", "groups"}) == ([], set())
    by_week = api.dora(A_YEAR, interval="week", group_by="author")
    p50 = by_week["metrics"]["change_lead_time"]["p50"]
    assert [panels[name]["values"][0]["value"] for name in ("number", "weekly", "daily")] == [p50] * 3
    assert (len(panels["weekly"]["groups"]), len(panels["daily"]["series"])) == (30, 400)
    assert [part["values"] for part in panels["weekly"]["series"]] == [
        [part["metrics"]["change_lead_time"]["p50"]] for part in by_week["series"]
    ]


def test_panels_that_have_just_room_fit_an_answer_together_and_one_alone_has_room_for_more(
    thirty_people: ProductApi,
) -> None:
    api = thirty_people
    made(api, "many", a_dashboard(*[a_panel(f"p{number}", **BY_AUTHOR) for number in range(24)]))
    for days, fit in ((95, True), (115, False)):
        asked = [("from", YEAR[days - 1].isoformat())]
        response, size = ask(api, "/v1/dashboards/many/data", asked)
        errors = [panel["error"] is None for panel in json.loads(response["body"])["panels"]]
        assert errors == [fit] * 24
        assert (size > MAX_BYTES * 0.8) is fit
        assert size < LAMBDAS_LIMIT
    made(api, "one", a_dashboard(a_panel("alone", **BY_AUTHOR)))
    assert len(panels_of(api, "one", **dict(A_YEAR))["alone"]["groups"]) == 30


def test_series_that_there_is_no_room_for_are_not_made(
    thirty_people: ProductApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, divided = thirty_people, []
    series = Reports.series

    def counted(self: Any, *asked: Any) -> Iterator[Any]:
        divided.append(asked)
        return series(self, *asked)

    monkeypatch.setattr(Reports, "series", counted)
    made(api, "ours", a_dashboard(*[a_panel(f"p{number}", **BY_AUTHOR) for number in range(24)]))
    assert panels_of(api, "ours", **dict(A_YEAR))["p23"]["error"]["status"] == 422
    assert len(divided) < 15
    divided.clear()
    assert api.refused("/v1/metrics/dora/rows", urlencode([*A_YEAR, ("interval", "day"), ("group_by", "author")])) == {
        ("?interval", "too_many")
    }
    assert divided == []


def test_a_report_is_held_until_the_last_panel_that_shows_it_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    api = api_with(a_part(date(2026, 10, 2)), a_part(date(2026, 10, 2), "web"))
    held: list[int] = []
    make = Source.report

    def noted(self: Source, asked: Any) -> Any:
        made = make(self, asked)
        held.append(len(self._made))
        return made

    monkeypatch.setattr(Source, "report", noted)
    shown_by = ("api", "web", "api", "cart", "cart", "a#b%")
    made(api, "ours", a_dashboard(*[a_panel(f"p{n}", filters={"service": [s]}) for n, s in enumerate(shown_by)]))
    assert [panel["error"] for panel in panels_of(api, "ours").values()] == [None] * 6
    assert held == [1, 2, 1, 1, 1, 1]


ROWS = [("group_by", "service"), ("metric", "coverage"), ("metric", "deployment_frequency")]


@pytest.mark.parametrize(
    ("path", "pairs", "words"),
    [
        ("/v1/metrics/openmetrics", [("days", "400")], ["6 MB", "fewer groups", "Accept-Encoding: gzip"]),
        ("/v1/metrics/dora/rows", ROWS, ["6 MB", "fewer days (from, to)", "one metric and statistic"]),
    ],
)
def test_a_report_that_is_too_large_is_a_422_that_says_how_to_ask_for_less(
    path: str, pairs: Pairs, words: list[str], many_services: ProductApi
) -> None:
    response, size = ask(many_services, path, pairs)
    assert size < 2_000
    check_too_wide(response, *words)
    assert json.loads(many_services.log.getvalue().splitlines()[-1])["codes"] == ["too_wide"]
    line = many_services.get("/v1/access-logs", limit="1")["items"][0]
    assert (line["route"], line["status"]) == (f"GET {path}", 422)


def test_what_fits_in_gzip_is_answered_in_gzip_and_head_says_what_get_would(many_services: ProductApi) -> None:
    path = "/v1/metrics/dora/rows"
    refused, packed = ask(many_services, path, ROWS, "HEAD"), ask(many_services, path, ROWS, accept_encoding="gzip")
    assert (refused[0]["statusCode"], refused[0]["body"]) == (422, "")
    response, size = packed
    assert (response["statusCode"], response["headers"]["content-encoding"]) == (200, "gzip")
    assert size < LAMBDAS_LIMIT
    assert len(json.dumps(gzip.decompress(base64.b64decode(response["body"])).decode())) > LAMBDAS_LIMIT
    # What the caller has already is none of an answer.
    assert ask(many_services, path, ROWS, if_none_match=response["headers"]["etag"])[0]["statusCode"] == 304


@pytest.mark.parametrize("route", [route for route in ROUTES if route.scope and route.method == "GET"])
def test_whatever_is_read_with_a_key_may_be_too_large_and_the_document_says_so(
    route: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "422" in committed_document()["paths"][route.path]["get"]["responses"]
    api = api_with(a_part(date(2026, 10, 2)))
    path = route.path.replace("{dashboard}", "default").replace("{service}", "api")
    if "{" in path:
        return
    assert ask(api, path)[0]["statusCode"] == 200
    monkeypatch.setattr("query.http.answer_size.MAX_BYTES", 10)
    check_too_wide(ask(api, path)[0])


def test_what_is_asked_with_gzip_and_still_too_large_is_not_told_to_take_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("query.http.answer_size.MAX_BYTES", 10)
    for encoding in ("gzip", "br"):
        response, _ = ask(api_with(), "/v1/services", accept_encoding=encoding)
        check_too_wide(response, "fewer entries (limit)")
        assert ("gzip" in response["body"]) is (encoding == "br")


_LONG = f"github.com/acme/{'mono' * 45}"


def _large_deployment(number: int, changes: int) -> list[Put]:
    key = f"{number:024d}"
    place = place_of(at(number + 1), key)
    lead = LeadTime(60, (None, None, None, 60), complete=False)
    carried = [CarriedChange(_LONG, change, "person-1", (), lead) for change in range(changes)]
    parts = tuple(divide(Summary("api", "production", date(2026, 10, number + 1), live=True), carried))
    report = StatusReport(status="success", received_at=NOW, id="c" * 40, deployment_id=str(number), finished_at=NOW)
    record = Record(Deployment(key, "api", "production", (report,)), _LONG, place, parts=parts)
    header = record.header_item()
    return [
        Put(header),
        Put(
            TimelineEntry(place, key, "c" * 40, live=True).to_item(line_partition("api", "production", year_of(place)))
        ),
        *(Put({"pk": header["pk"], "sk": f"part#{p:03d}", **part_to_data(parts[p])}) for p in range(1, len(parts))),
    ]


def _pages(api: ProductApi, path: str, pairs: Pairs) -> Iterator[list[Any]]:
    cursor: list[tuple[str, str]] = []
    while True:
        response, size = ask(api, path, [*pairs, *cursor])
        assert (response["statusCode"], size < LAMBDAS_LIMIT) == (200, True)
        page = json.loads(response["body"])
        yield page["items"]
        if page["next_cursor"] is None:
            return
        cursor = [("cursor", page["next_cursor"])]


def test_a_page_of_deployments_with_thousands_of_changes_each_ends_before_it_is_too_large() -> None:
    api = ProductApi()
    api.table.write([Put(Service("api", _LONG, {"production": [2026]}).to_item())])
    for number, changes in enumerate((10, 14_000, 14_000, 10)):
        for put in _large_deployment(number, changes):
            api.table.write([put])
    pages = [[item["deployment_id"] for item in page] for page in _pages(api, "/v1/deployments", [])]
    assert pages == [["3", "2"], ["1", "0"]]


def test_a_page_of_the_history_ends_before_it_is_too_large_in_json_and_in_csv() -> None:
    api = ProductApi()
    team = {"members": [{"author": f"person-{number}", "from": None, "to": None} for number in range(1_000)]}
    for number in range(80):
        before = {**team, "number": number}
        told = Change(NOW + number, str(number), "key", "team", "all", "changed", before=before, after=team)
        api.table.write([Put(told.to_item())])
    pages = list(_pages(api, "/v1/history", [("limit", "80")]))
    assert [item["before"]["number"] for page in pages for item in page] == [*reversed(range(80))]
    assert len(pages) > 1
    table, size = ask(api, "/v1/history", [("limit", "80")], accept="text/csv")
    assert (table["statusCode"], size < LAMBDAS_LIMIT) == (200, True)


_json = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=50)
@given(_json)
def test_a_value_takes_as_many_bytes_as_the_answer_grows_by_it(value: Any) -> None:
    empty, full = (len(json.dumps({"statusCode": 200, "body": body})) for body in ("", json_of(value)))
    assert bytes_of(value) == full - empty

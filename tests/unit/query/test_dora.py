"""GET /v1/metrics/dora: which days are meant, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from leadline.domain.facts import CarriedChange, FactPart, Summary, divide
from leadline.domain.lead_time import LeadTime
from leadline.domain.roster import Roster
from leadline.store.configuration import SETTINGS_KEY
from leadline.store.memory import MemoryTable
from leadline.store.services import Service
from leadline.store.table import Put
from query.reports.reading import MAX_READS
from tests.builders import at
from tests.unit.query.generated import a_table
from tests.unit.query.product_api import ProductApi

DORA = "/v1/metrics/dora"


def a_part(day: date, service: str = "api", environment: str = "production", author: str = "ann") -> FactPart:
    change = CarriedChange("acme/api", 1, author, (), LeadTime(60, (None, None, None, 60), complete=False))
    return divide(Summary(service, environment, day, live=True), [change])[0]


def api_with(*parts: FactPart, **settings: object) -> ProductApi:
    table = a_table(parts, Roster({}))
    if settings:
        table.write([Put({"pk": SETTINGS_KEY[0], "sk": SETTINGS_KEY[1], "v": 1, **settings})])
    return ProductApi(table)


def test_without_dates_it_is_the_last_thirty_days_with_today() -> None:
    report = api_with(a_part(date(2026, 10, 1)), a_part(date(2026, 10, 30)), a_part(date(2026, 9, 30))).dora()
    assert report["window"] == {"from": "2026-10-01", "to": "2026-10-31", "days": 30, "timezone": "UTC"}
    assert report["previous"]["window"] == {"from": "2026-09-01", "to": "2026-10-01", "days": 30, "timezone": "UTC"}
    assert report["metrics"]["deployment_frequency"]["deployments"] == 2
    assert report["previous"]["metrics"]["deployment_frequency"]["deployments"] == 1


def test_today_is_the_organisations() -> None:
    api = api_with(timezone="Pacific/Auckland")
    api.now = at(30, 18)  # 07:00 of the 31st over there
    assert api.dora()["window"] == {
        "from": "2026-10-02",
        "to": "2026-11-01",
        "days": 30,
        "timezone": "Pacific/Auckland",
    }


def test_one_date_alone_brings_the_other() -> None:
    api = api_with()
    assert api.dora(to="2026-10-11")["window"]["from"] == "2026-09-11"
    assert api.dora(from_="2026-10-11")["window"]["to"] == "2026-10-31"


def test_from_is_inclusive_and_to_exclusive() -> None:
    report = api_with(a_part(date(2026, 10, 5)), a_part(date(2026, 10, 8))).dora(from_="2026-10-05", to="2026-10-08")
    assert report["metrics"]["deployment_frequency"]["deployments"] == 1
    assert report["window"]["days"] == 3


def test_without_an_environment_it_is_production_as_configured() -> None:
    parts = [a_part(date(2026, 10, 5), environment=name) for name in ("production", "live", "live-eu", "staging")]
    api = api_with(*parts, production=["live", "live-eu"])
    assert api.dora()["metrics"]["deployment_frequency"]["deployments"] == 2
    assert api.dora(environment="staging")["metrics"]["deployment_frequency"]["deployments"] == 1
    assert api.dora()["filters"] == {}


def test_filters_are_repeated_in_the_answer() -> None:
    pairs = [("service", "api"), ("service", "web"), ("service", "api"), ("team", "pay"), ("environment", "staging")]
    assert api_with().dora(pairs)["filters"] == {"service": ["api", "web"], "environment": ["staging"], "team": "pay"}


def test_a_service_deployed_only_to_staging_is_found_there_by_its_repository() -> None:
    api = api_with(a_part(date(2026, 10, 5), environment="staging"))
    report = api.dora(repository="acme/api", environment="staging", group_by="service")
    assert report["metrics"]["deployment_frequency"]["deployments"] == 1
    assert [group["key"] for group in report["groups"]] == ["api"]


def test_days_at_new_year_belong_to_services_of_either_year() -> None:
    """Years are kept in UTC: a deployment in the first hours of a year there was on the last day of the old one here."""
    table = a_table([a_part(date(2026, 12, 31))], Roster({}))
    table.write([Put(Service("api", "acme/api", {"production": [2027]}).to_item())])
    report = ProductApi(table).dora(from_="2026-12-31", to="2027-01-01", repository="acme/api")
    assert report["metrics"]["deployment_frequency"]["deployments"] == 1


def test_series_and_groups_are_there_only_when_asked_for() -> None:
    assert not {"series", "groups"} & api_with().dora().keys()
    report = api_with().dora(interval="week", group_by="team")
    assert [part["from"] for part in report["series"]][:2] == ["2026-10-01", "2026-10-05"]
    assert report["groups"] == []


def test_services_of_no_repository_are_a_group_without_a_key() -> None:
    api = api_with(a_part(date(2026, 10, 5), service="a#b%"), a_part(date(2026, 10, 5)))
    assert [group["key"] for group in api.dora(group_by="repository")["groups"]] == ["acme/api", None]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("from=2026-13-01", {("?from", "date")}),
        ("from=20261001", {("?from", "date")}),
        ("from=2026-10-01T00:00:00Z", {("?from", "date")}),
        ("from=1815-06-18", {("?from", "range")}),
        ("to=9999-01-01", {("?to", "range")}),
        ("from=2026-10-10&to=2026-10-10", {("?from", "order")}),
        ("from=2026-10-31", {("?from", "order")}),
        ("from=2025-09-01&to=2026-10-31", {("?from", "too_long")}),
        ("from=2026-10-01&from=2026-10-02", {("?from", "repeated")}),
        ("team=a&team=b", {("?team", "repeated")}),
        ("team=a&author=b", {("?author", "exclusive")}),
        ("interval=hour", {("?interval", "choice")}),
        ("group_by=environment", {("?group_by", "choice")}),
        ("group_by=Service", {("?group_by", "choice")}),
        ("service=", {("?service", "empty")}),
        ("service=%20", {("?service", "empty")}),
        ("service=a%00b", {("?service", "control_character")}),
        ("service=" + "a" * 201, {("?service", "too_long")}),
        ("environment=" + "%C3%A9" * 51, {("?environment", "too_long")}),
        ("repository=https://github.com/acme/api", {("?repository", "repository")}),
        ("repository=acme/api.git", {("?repository", "repository")}),
        ("api_key=secret", {("?api_key", "unknown")}),
        ("limit=10", {("?limit", "unknown")}),
        ("=", {("?", "unknown")}),
        ("service=%FF", {("", "not_utf8")}),
        ("&".join(["service=a"] * 101), {("?service", "too_many")}),
        ("&".join(f"x{i}=1" for i in range(1001)), {("", "too_many")}),
    ],
)
def test_what_is_not_understood_is_refused_by_name(query: str, faults: set[tuple[str, str]]) -> None:
    assert api_with().refused(DORA, query) == faults


def test_all_faults_are_told_at_once() -> None:
    query = "from=2026-02-02&to=2026-01-01&x=1&team=a&author=b&interval=year&service=&group_by=people"
    pointers = {pointer for pointer, _ in api_with().refused(DORA, query)}
    assert pointers == {"?from", "?x", "?author", "?interval", "?service", "?group_by"}


def test_a_query_that_would_read_too_much_is_refused_and_not_run() -> None:
    table = MemoryTable()
    for number in range(MAX_READS + 1):
        table.write([Put(Service(f"s{number:04}", "acme/all", {"production": [2026]}).to_item())])
    assert ProductApi(table).refused(DORA, "group_by=service") == {("", "too_wide")}


def test_a_refusal_never_repeats_what_was_sent() -> None:
    answer = api_with().request("GET", DORA, "service=sk_live_1%00&from=sk_live_2&interval=sk_live_3")
    assert answer.status == 400
    assert "sk_live" not in answer.text

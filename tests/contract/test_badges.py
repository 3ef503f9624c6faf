"""Badges: one number, shown without a key to whoever has its link, and to nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.access.keys import CONFIG_WRITE, METRICS_READ, create_key
from leadline.store.access import access_partition
from query.badges.text import message_of
from query.http.badge_memory import KEPT_MS
from query.reports.statistics import SINGLE
from tests.contract.test_limited_keys import two_tenants
from tests.contract.test_product_api import an_api
from tests.contract.test_rows import PATH as ROWS
from tests.unit.query.generated import World, some, worlds
from tests.unit.query.product_api import NOW, PEPPER, Answer, ProductApi

SHIELDS = {"schemaVersion", "label", "message", "color", "cacheSeconds"}
"""What shields.io takes; it refuses a badge with anything else in it."""

LEAD = {"metric": "change_lead_time"}


def post(api: ProductApi, body: Any, **options: Any) -> Answer:
    return api.request("POST", "/v1/badges", body=json.dumps(body), content_type="application/json", **options)


def make(api: ProductApi, **body: Any) -> Any:
    answer = post(api, body)
    assert answer.status == 201, answer.text
    return answer.json


def show(api: ProductApi, link: str, **headers: str) -> Answer:
    return api.request("GET", link, key=None, **headers)


def test_a_link_shows_its_number_without_a_key_in_the_form_that_shields_takes() -> None:
    api = an_api()
    made = make(api, **LEAD, service=["shop"], levels="2023")
    answer = show(api, made["link"])
    assert answer.status == 200
    assert answer.json == {
        "schemaVersion": 1,
        "label": "change lead time",
        "message": "3.4 days",
        "color": "green",
        "cacheSeconds": 300,
    }
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert show(api, made["link"], if_none_match=answer.headers["etag"]).status == 304


@some
@given(worlds(), st.sampled_from(sorted(SINGLE)), st.sampled_from([1, 7, 30, 60]))
def test_a_badge_shows_what_the_report_says(world: World, number: tuple[str, str], days: int) -> None:
    api = ProductApi(world.table())
    metric, statistic = number
    shown = show(api, make(api, metric=metric, statistic=statistic, days=days, service=["api", "web"])["link"]).json
    start = f"2026-{'10-30' if days == 1 else '10-24' if days == 7 else '10-01' if days == 30 else '09-01'}"
    pairs = [("service", "api"), ("service", "web"), ("metric", metric), ("statistic", statistic)]
    (row,) = api.get(ROWS, pairs, from_=start, to="2026-10-31")
    assert shown["message"] == message_of(row["value"], row["unit"])
    assert shown.keys() == SHIELDS
    assert all(shown[name] for name in ("message", "color"))


def test_a_number_that_can_not_be_computed_is_no_data_and_grey() -> None:
    api = an_api()
    shown = show(api, make(api, **LEAD, service=["nothing"], levels="2023")["link"]).json
    assert (shown["message"], shown["color"]) == ("no data", "lightgrey")


def test_each_badge_is_listed_without_the_secret_of_its_link_the_newest_first_and_page_by_page() -> None:
    api = an_api()
    first = make(api, **LEAD, label="lead time", team="pay")
    api.now += 1000
    second = make(
        api, metric="deployment_frequency", days=7, repository=["github.com/acme/shop"], environment=["staging"]
    )
    items = api.get("/v1/badges")["items"]
    assert items == [second["badge"], first["badge"]]
    assert first["badge"] | {"badge_id": "", "created_by": ""} == {
        "badge_id": "",
        "label": "lead time",
        "metric": "change_lead_time",
        "statistic": "p50",
        "days": 30,
        "service": [],
        "repository": [],
        "environment": [],
        "team": "pay",
        "levels": None,
        "created_at": "2026-10-30T18:00:00Z",
        "created_by": "",
    }
    page = api.get("/v1/badges", limit="1")
    assert [item["badge_id"] for item in page["items"]] == [second["badge"]["badge_id"]]
    rest = api.get("/v1/badges", limit="1", cursor=page["next_cursor"])
    assert (rest["items"], rest["next_cursor"]) == ([first["badge"]], None)


def test_what_leads_nowhere_is_one_and_the_same_answer() -> None:
    api = an_api()
    link, badge_id = (made := make(api, **LEAD))["link"], made["badge"]["badge_id"]
    token = link.rpartition("/")[2]
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    revoked = make(api, **LEAD)
    assert api.request("DELETE", f"/v1/badges/{revoked['badge']['badge_id']}").status == 204
    nowhere = [
        f"/v1/badges/{name}" for name in (other, f"llb_{'0' * 12}_{'A' * 43}", badge_id, "x", token + "A", api.key)
    ]
    answers = [show(api, path) for path in [*nowhere, revoked["link"]]]
    assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert {tuple(sorted(answer.headers.items())) for answer in answers} == {tuple(sorted(answers[0].headers.items()))}
    assert show(api, link).status == 200


def test_a_revoked_link_ends_within_a_minute_also_where_it_was_just_shown() -> None:
    api = an_api()
    made = make(api, **LEAD)
    assert show(api, made["link"]).status == 200
    path = f"/v1/badges/{made['badge']['badge_id']}"
    assert (api.request("DELETE", path).status, api.request("DELETE", path).status) == (204, 404)
    assert api.get("/v1/badges")["items"] == []
    api.now += KEPT_MS
    assert KEPT_MS < 60_000
    assert show(api, made["link"]).status == 404


def test_a_badge_that_was_just_shown_is_shown_again_without_reading_the_table() -> None:
    api = an_api()
    link = make(api, **LEAD)["link"]
    before = show(api, link).json
    reads: list[Any] = []
    get, query = api.table.get, api.table.query
    api.table.get = lambda *a, **k: reads.append(a) or get(*a, **k)  # type: ignore[method-assign,func-returns-value]
    api.table.query = lambda *a, **k: reads.append(a) or query(*a, **k)  # type: ignore[method-assign,func-returns-value]
    assert show(api, link).json == before
    assert reads == []
    api.now += KEPT_MS
    assert show(api, link).json == before
    assert len(reads) >= 2


def test_neither_the_table_nor_the_log_nor_the_access_log_nor_history_holds_the_secret() -> None:
    api = an_api()
    link = make(api, **LEAD)["link"]
    token = link.rpartition("/")[2]
    assert show(api, link).status == 200
    for method in ("PUT", "DELETE", "POST"):
        api.request(method, link)
        api.request(method, link, key=None)
    show(api, link + "x")
    secret = token.rpartition("_")[2] if "_" not in token[17:] else token[17:]
    assert secret not in json.dumps(list(api.table.scan()), default=str)
    assert secret not in api.log.getvalue()
    assert secret not in json.dumps(api.get("/v1/history"))
    assert secret not in json.dumps(api.get("/v1/badges"))


def test_a_badge_that_was_shown_is_in_the_access_log_by_its_route() -> None:
    api = an_api()
    link = make(api, **LEAD)["link"]
    show(api, link)
    (item,) = api.table.query(access_partition("2026-10-30"))
    assert item["route"] == "GET /v1/badges/{badge}"
    assert "key_id" not in item or item["key_id"] is None


def test_who_made_and_revoked_a_badge_is_on_record() -> None:
    api = an_api()
    made = make(api, **LEAD, service=["shop"])
    api.now += 1000
    api.request("DELETE", f"/v1/badges/{made['badge']['badge_id']}")
    deleted, posted = api.get("/v1/history", kind="badge")["items"]
    assert (posted["action"], posted["name"], posted["before"]) == ("created", made["badge"]["badge_id"], None)
    assert posted["after"]["service"] == ["shop"]
    assert (deleted["action"], deleted["before"], deleted["after"]) == ("deleted", posted["after"], None)
    assert posted["key_id"] == made["badge"]["created_by"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ([], ("", "type")),
        ({}, ("/metric", "missing")),
        ({"metric": "speed"}, ("/metric", "choice")),
        ({"metric": "dora"}, ("/metric", "choice")),
        ({**LEAD, "statistic": "p99"}, ("/statistic", "choice")),
        ({**LEAD, "days": 0}, ("/days", "range")),
        ({**LEAD, "days": 401}, ("/days", "range")),
        ({**LEAD, "days": "7"}, ("/days", "range")),
        ({**LEAD, "label": ""}, ("/label", "empty")),
        ({**LEAD, "label": "x" * 61}, ("/label", "too_long")),
        ({**LEAD, "service": "shop"}, ("/service", "type")),
        ({**LEAD, "service": ["a"] * 21}, ("/service", "too_many")),
        ({**LEAD, "repository": ["https://x/y"]}, ("/repository/0", "repository")),
        ({**LEAD, "author": "ann"}, ("/author", "extra")),
        ({**LEAD, "levels": "2020"}, ("/levels", "choice")),
        ({**LEAD, "statistic": "p90", "levels": "2023"}, ("/levels", "levels")),
        ({"metric": "deployment_rework_rate", "levels": "2023"}, ("/levels", "levels")),
    ],
)
def test_a_badge_that_can_not_be_made_is_refused_with_the_field_and_nothing_is_stored(
    body: Any, fault: tuple[str, str]
) -> None:
    api = an_api()
    answer = post(api, body)
    assert answer.status == 422
    assert fault in answer.faults
    assert api.get("/v1/badges")["items"] == []


def test_keys_without_config_write_and_limited_keys_make_and_list_none() -> None:
    api = two_tenants()
    reader = api.a_key(METRICS_READ)
    limited = create_key(api.table, PEPPER, name="tenant", scopes=[CONFIG_WRITE], now=NOW, services=["shop"])[0]
    link = make(api, **LEAD, service=["secret"])["link"]
    for key in (reader, limited):
        assert post(api, LEAD, key=key).status == 403
        assert api.request("GET", "/v1/badges", key=key).status == 403
    # With a link no key is needed, and none adds anything.
    assert api.request("GET", link, key=limited).text == show(api, link).text

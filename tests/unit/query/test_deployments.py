"""GET /v1/deployments: what is listed, in which order, and how pages go on."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.store.configuration import SETTINGS_KEY
from leadline.store.memory import MemoryTable
from leadline.store.table import Item, Key, Put
from query.deployments import deployments
from tests.builders import REPOSITORY, a_change, a_deployment, a_line, an_incident, at, commits, sha, tell
from tests.unit.query.product_api import Pairs, ProductApi

PATH = "/v1/deployments"


def an_api() -> ProductApi:
    """Two services in three environments, one deployment a day: see the table in the test of filters."""
    api = ProductApi()
    tell(api.table, commits(*a_line("c1", "c2", "c3", "c4")))
    tell(api.table, *(a_change(number, f"c{number}", at(1, number)) for number in (2, 3, 4)))
    tell(
        api.table,
        a_deployment("c1", at(2), deployment_id="d2"),
        a_deployment("c2", at(3), deployment_id="d3", environment="staging"),
        a_deployment("c2", at(4), deployment_id="d4", status="failure"),
        a_deployment("c3", at(5), deployment_id="d5"),
        a_deployment("c1", at(6), deployment_id="d6", repository="acme/other"),
        a_deployment("c4", at(7), deployment_id="d7"),
        a_deployment("c1", at(8), deployment_id="d8", repository="acme/other", environment="qa"),
    )
    return api


def ids(api: ProductApi, pairs: Pairs = (), **query: str) -> list[str]:
    return [item["deployment_id"] for item in api.get(PATH, pairs, **query)["items"]]


def all_pages(api: ProductApi, limit: int, pairs: Pairs = ()) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = api.get(PATH, [*pairs, *cursor], limit=str(limit))
        pages.append([item["deployment_id"] for item in page["items"]])
        if page["next_cursor"] is None:
            return pages
        cursor = [("cursor", page["next_cursor"])]


def test_all_environments_are_listed_the_newest_first() -> None:
    assert ids(an_api()) == ["d8", "d7", "d6", "d5", "d4", "d3", "d2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("service=shop", ["d7", "d5", "d4", "d3", "d2"]),
        ("service=shop&service=other", ["d8", "d7", "d6", "d5", "d4", "d3", "d2"]),
        ("service=nobody", []),
        ("repository=acme/other", ["d8", "d6"]),
        ("service=shop&repository=acme/other", []),
        ("environment=production", ["d7", "d6", "d5", "d4", "d2"]),
        ("environment=qa&environment=staging", ["d8", "d3"]),
        ("from=2026-10-05&to=2026-10-07", ["d6", "d5"]),
        ("from=2026-10-07", ["d8", "d7"]),
        ("to=2026-10-03", ["d2"]),
        ("status=failure", ["d4"]),
        ("status=failure&status=success&service=shop", ["d7", "d5", "d4", "d3", "d2"]),
        ("mapping=pending", ["d8", "d6"]),
        ("mapping=baseline&environment=staging", ["d3"]),
    ],
)
def test_filters_combine_and_repetition_means_or(query: str, expected: list[str]) -> None:
    pairs = [tuple(pair.split("=")) for pair in query.split("&")]
    assert ids(an_api(), pairs) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 200])
def test_pages_divide_the_list_and_none_is_empty(limit: int) -> None:
    pages = all_pages(an_api(), limit)
    assert [name for page in pages for name in page] == ["d8", "d7", "d6", "d5", "d4", "d3", "d2"]
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


_timeline = st.tuples(st.sampled_from(["shop", "web", "api"]), st.sampled_from(["production", "qa"]))


@settings(max_examples=25)
@given(st.lists(st.tuples(_timeline, st.integers(-700, 20)), max_size=25), st.integers(1, 6))
def test_timelines_and_years_are_merged_by_time(runs: list[tuple[tuple[str, str], int]], limit: int) -> None:
    api = ProductApi()
    for number, ((service, environment), day) in enumerate(runs):
        event = a_deployment(
            "c1", at(day), service=service, repository=f"acme/{service}", environment=environment, status="cancelled"
        )
        tell(api.table, {**event, "data": {**event["data"], "deployment_id": str(number)}})
    order = sorted(range(len(runs)), key=lambda number: -runs[number][1])
    listed = [int(name) for page in all_pages(api, limit) for name in page]
    assert sorted(listed) == list(range(len(runs)))
    assert [runs[number][1] for number in listed] == [runs[number][1] for number in order]


def test_days_are_the_organisations() -> None:
    api = an_api()
    api.table.write([Put({"pk": SETTINGS_KEY[0], "sk": SETTINGS_KEY[1], "timezone": "Pacific/Auckland", "v": 1})])
    # Noon UTC of the 5th is 01:00 of the 6th over there.
    assert ids(api, from_="2026-10-06", to="2026-10-07") == ["d5"]


def test_a_search_ends_its_page_early_and_its_cursor_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployments, "MAX_LOOKED_AT", 2)
    pages = all_pages(an_api(), 5, [("status", "failure")])
    assert [name for page in pages for name in page] == ["d4"]
    assert len(pages) == 4


def test_a_page_that_grows_too_large_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("query.http.answer_size.PAGE_BYTES", 1)
    pages = all_pages(an_api(), 5)
    assert pages == [[name] for name in ["d8", "d7", "d6", "d5", "d4", "d3", "d2"]]


def test_a_page_goes_on_where_it_ended_though_newer_deployments_came() -> None:
    api = an_api()
    page = api.get(PATH, limit="3")
    tell(api.table, a_deployment("c4", at(9), deployment_id="d9"))
    assert ids(api, cursor=page["next_cursor"]) == ["d5", "d4", "d3", "d2"]


def test_a_cursor_of_other_filters_another_list_or_nobody_is_refused() -> None:
    api = an_api()
    cursor = api.get(PATH, limit="2", service="shop")["next_cursor"]
    assert ids(api, service="shop", cursor=cursor, limit="1") == ["d4"]  # another page size is fine
    other = ProductApi(MemoryTable())
    for path, query in [
        (PATH, {"cursor": cursor}),
        (PATH, {"cursor": cursor, "service": "other"}),
        (PATH, {"cursor": cursor, "service": "shop", "environment": "qa"}),
        ("/v1/services", {"cursor": cursor}),
        (PATH, {"cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), "service": "shop"}),
        (PATH, {"cursor": cursor[1:], "service": "shop"}),
        (PATH, {"cursor": cursor + "=", "service": "shop"}),
        (PATH, {"cursor": cursor.split(".")[0], "service": "shop"}),
        (PATH, {"cursor": "abc", "service": "shop"}),
        (PATH, {"cursor": ".", "service": "shop"}),
        (PATH, {"cursor": "é", "service": "shop"}),
    ]:
        assert api.refused(path, urlencode(query)) == {("?cursor", "cursor")}
    cursor_of_all = api.get(PATH, limit="2")["next_cursor"]
    for path in ("/v1/services", "/v1/teams"):
        assert api.refused(path, urlencode({"cursor": cursor_of_all})) == {("?cursor", "cursor")}
    other.app._reach.cursors._pepper = lambda: b"q" * 32
    assert other.refused(PATH, urlencode({"cursor": cursor, "service": "shop"})) == {("?cursor", "cursor")}


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("limit=0", {("?limit", "range")}),
        ("limit=201", {("?limit", "range")}),
        ("limit=ten", {("?limit", "range")}),
        ("limit=%D9%A3", {("?limit", "range")}),
        ("limit=1&limit=2", {("?limit", "repeated")}),
        ("status=ok", {("?status", "choice")}),
        ("mapping=none&team=a", {("?mapping", "choice"), ("?team", "unknown")}),
        ("from=2026-10-02&to=2026-10-01&cursor=x", {("?from", "order"), ("?cursor", "cursor")}),
    ],
)
def test_what_is_not_understood_is_refused_by_name(query: str, faults: set[tuple[str, str]]) -> None:
    assert an_api().refused(PATH, query) == faults


def test_a_deployment_shows_what_it_carried_and_how_it_went() -> None:
    api = ProductApi()
    tell(api.table, commits(*a_line("c1", "c2", "c3", "c4")))
    tell(api.table, a_change(2, "c2", at(1, 2), author="bob"), a_change(3, "c3", at(1, 3)))
    tell(
        api.table,
        a_deployment("c1", at(2), deployment_id="d2"),
        a_deployment(
            "c4",
            at(3, 12.00001),
            deployment_id="d3",
            started_at=at(3, 11),
            version="v2",
            url="https://ci.acme.dev/3",
            labels={"team": "pay"},
        ),
        an_incident("INC-1", at(3, 13)),
        a_deployment("c1", at(4), deployment_id="d4"),
    )
    rollback, failed, _ = api.get(PATH)["items"]
    expected = {
        "service": "shop",
        "environment": "production",
        "repository": REPOSITORY,
        "id": sha("c4"),
        "deployment_id": "d3",
        "status": "success",
        "started_at": "2026-10-03T11:00:00Z",
        "finished_at": "2026-10-03T12:00:00.036Z",
        "version": "v2",
        "url": "https://ci.acme.dev/3",
        "labels": {"team": "pay"},
        "failed": True,
        "rollback": False,
        "rework": False,
        "recovery": {"seconds": 86_400, "open": False},
        "incidents": ["INC-1"],
        "changes": [
            {"repository": REPOSITORY, "number": 2, "author": "bob", "lead_time": 3 * 86_400 + 10 * 3600},
            {"repository": REPOSITORY, "number": 3, "author": "ann", "lead_time": 3 * 86_400 + 9 * 3600},
        ],
        "direct_commits": [
            {"sha": sha("c4"), "author": None, "authored_at": "2026-10-01T03:00:00Z", "lead_time": None}
        ],
        "mapping": {"status": "mapped", "reason": "RANGE", "from_id": sha("c1"), "to_id": sha("c4")},
    }
    assert {name: failed[name] for name in expected} == expected
    assert (rollback["rollback"], rollback["rework"], rollback["failed"]) == (True, True, False)
    assert rollback["recovery"] is None
    assert api.get(f"{PATH}/{failed['key']}") == failed


class BackwardsTable(MemoryTable):
    """Answers a batch in another order than it was asked for, as DynamoDB may."""

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        return dict(reversed(super().get(keys).items()))


def test_a_deployment_of_more_changes_than_one_item_holds_shows_all_of_them() -> None:
    api = ProductApi(BackwardsTable())
    names = [f"c{number}" for number in range(12)]
    tell(api.table, commits(*a_line(*names)))
    tell(api.table, *(a_change(number, f"c{number}", at(2, number)) for number in range(1, 12)))
    tell(api.table, a_deployment("c0", at(1, 20), baseline=True), a_deployment("c11", at(3), deployment_id="big"))
    item = api.get(PATH)["items"][0]
    assert [change["number"] for change in item["changes"]] == list(range(1, 12))
    assert api.get(f"{PATH}/{item['key']}") == item


def test_a_run_that_is_still_going_has_no_end_yet() -> None:
    api = ProductApi()
    tell(api.table, a_deployment("c1", None, received=at(5), status="in_progress", deployment_id="d"))
    assert api.get(PATH)["items"][0]["finished_at"] is None


def test_a_deployment_that_moved_in_time_is_listed_once() -> None:
    api = ProductApi()
    tell(api.table, a_deployment("c1", None, received=at(5), status="in_progress", deployment_id="d"))
    stale = dict(next(iter(api.table.query("line#shop#production#2026"))))
    tell(api.table, a_deployment("c1", at(6), deployment_id="d"))
    api.table.write([Put(stale)])  # as an eventually consistent read may still see it
    items = api.get(PATH)["items"]
    assert [item["finished_at"] for item in items] == ["2026-10-06T12:00:00Z"]


@pytest.mark.parametrize("key", ["0" * 24, "nope", "0" * 23 + "g", "a/b", "%25", "é", "dep#" + "0" * 20])
def test_an_unknown_key_is_not_found(key: str) -> None:
    assert an_api().request("GET", f"{PATH}/{key}").status == 404

"""/v1/dashboards: made once however often it is asked for, changed only by who has seen it, on record, and one is always there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadline.access.keys import METRICS_READ, create_key
from leadline.domain.errors import Conflict
from leadline.domain.people import pseudonym, stand_in
from leadline.store.configuration import SETTINGS_KEY
from leadline.store.dashboards import DASHBOARDS
from leadline.store.memory import MemoryTable
from leadline.store.people import PEOPLE
from leadline.store.table import Put
from query.dashboards.default import DEFAULT
from tests.contract.dashboard_bodies import a_dashboard, a_panel, made, send
from tests.unit.query.product_api import NOW, PEPPER, ProductApi

PATH = "/v1/dashboards"
FULL = {
    "name": "Checkout",
    "description": "Ours.",
    "window": {"last": 3, "unit": "month", "complete": True},
    "filters": {"service": ["shop", "till"], "environment": ["production"]},
    "limited_keys": True,
    "panels": [
        {
            "id": "a",
            "title": "Lead time",
            "metric": "change_lead_time",
            "statistic": "p90",
            "visual": "line",
            "interval": "week",
            "group_by": "team",
            "filters": {"repository": ["acme/shop"], "author": "ann"},
        }
    ],
}


def ids(api: ProductApi, **query: str) -> list[str]:
    return [item["id"] for item in api.get(PATH, **query)["items"]]


def history(api: ProductApi) -> list[tuple[str, str]]:
    return [(entry["name"], entry["action"]) for entry in api.get("/v1/history", kind="dashboard")["items"]]


def test_a_dashboard_is_shown_as_it_was_sent_with_its_defaults() -> None:
    api = ProductApi()
    answer = send(api, "POST", PATH, FULL)
    assert answer.status == 201
    location = answer.headers["location"]
    assert answer.json == {**FULL, "id": location.removeprefix(f"{PATH}/")}
    shown = api.request("GET", location)
    assert (shown.json, shown.headers["etag"]) == (answer.json, answer.headers["etag"])
    assert made(api, "small", a_dashboard()) == {
        "id": "small",
        "name": "Checkout",
        "description": None,
        "window": {"last": 30, "unit": "day", "complete": False},
        "filters": {},
        "limited_keys": False,
        "panels": [a_panel(statistic="p50", interval=None, group_by=None, filters={})],
    }


def test_a_post_that_is_sent_again_with_its_idempotency_key_makes_no_second_dashboard() -> None:
    api = ProductApi()
    first, again = (send(api, "POST", PATH, a_dashboard(), idempotency_key=key) for key in ("k1", '"k1"'))
    assert (again.status, again.headers["location"]) == (201, first.headers["location"])
    assert send(api, "PATCH", first.headers["location"], {"name": "Till"}, if_match="*").status == 200
    assert send(api, "POST", PATH, a_dashboard(), idempotency_key="k1").json["name"] == "Till"
    assert send(api, "POST", PATH, a_dashboard(name="Other"), idempotency_key="k1").status == 409
    assert len(ids(api)) == 2
    assert history(api) == [(first.json["id"], "changed"), (first.json["id"], "created")]


def test_without_an_idempotency_key_and_with_anothers_each_post_makes_one() -> None:
    api = ProductApi()
    places = {send(api, "POST", PATH, a_dashboard()).headers["location"] for _ in range(2)}
    places |= {send(api, "POST", PATH, a_dashboard(), idempotency_key=key).headers["location"] for key in ("a", "b")}
    api.key = api.a_key("config:write")
    places.add(send(api, "POST", PATH, a_dashboard(), idempotency_key="a").headers["location"])
    assert len(places) == 5
    assert send(api, "POST", PATH, a_dashboard(), idempotency_key=" ").status == 400


def test_put_makes_and_replaces_patch_changes_and_null_takes_back() -> None:
    api = ProductApi()
    made(api, "ours", FULL)
    assert made(api, "ours", a_dashboard(name="New"))["filters"] == {}
    made(api, "ours", FULL)
    patched = send(api, "PATCH", f"{PATH}/ours", {"name": "Till", "description": None, "filters": None}, if_match="*")
    assert patched.json == {**FULL, "id": "ours", "name": "Till", "description": None, "filters": {}}
    assert api.get(f"{PATH}/ours") == patched.json


def test_nobody_overwrites_what_he_has_not_seen() -> None:
    api = ProductApi()
    old = send(api, "PUT", f"{PATH}/ours", a_dashboard()).headers["etag"]
    new = send(api, "PUT", f"{PATH}/ours", a_dashboard(name="New"), if_match=old).headers["etag"]
    for method, body in (("PUT", a_dashboard()), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert send(api, method, f"{PATH}/ours", body).status == 428
        assert send(api, method, f"{PATH}/ours", body, if_match=old).status == 412
        assert send(api, method, f"{PATH}/none", body, if_match=old).status == (412 if method == "PUT" else 404)
    assert send(api, "PUT", f"{PATH}/ours", a_dashboard(), if_none_match="*").status == 412
    assert api.get(f"{PATH}/ours")["name"] == "New"
    assert send(api, "DELETE", f"{PATH}/ours", if_match=new).status == 204
    assert api.request("GET", f"{PATH}/ours").status == 404
    # Made anew it is another one, even where it says the same as one that somebody has seen.
    assert history(api) == [("ours", "deleted"), ("ours", "changed"), ("ours", "created")]


def test_one_that_is_deleted_and_made_anew_is_not_taken_for_the_old_one() -> None:
    """Another writer deletes and remakes it between our reading and our writing."""

    class Interrupted(MemoryTable):
        interrupted = False

        def write(self, writes: Any) -> None:
            if self.interrupted:
                self.interrupted = False
                other.now = api.now + 1
                assert send(other, "DELETE", f"{PATH}/ours", if_match="*").status == 204
                made(other, "ours", a_dashboard(name="Theirs"))
            super().write(writes)

    table = Interrupted()
    api, other = ProductApi(table), ProductApi(table)
    tag = send(api, "PUT", f"{PATH}/ours", a_dashboard()).headers["etag"]
    table.interrupted = True
    assert send(api, "PUT", f"{PATH}/ours", a_dashboard(name="Mine"), if_match=tag).status == 412
    assert api.get(f"{PATH}/ours")["name"] == "Theirs"


def test_what_changes_nothing_is_not_on_record() -> None:
    api = ProductApi()
    made(api, "ours", a_dashboard())
    made(api, "ours", a_dashboard())
    built_in = api.get(f"{PATH}/default")
    made(api, "default", {name: value for name, value in built_in.items() if name != "id"})
    assert history(api) == [("ours", "created")]


def test_what_it_was_and_became_is_on_record() -> None:
    api = ProductApi()
    before = made(api, "ours", a_dashboard())
    after = made(api, "ours", FULL)
    entry = api.get("/v1/history", kind="dashboard", name="ours")["items"][0]
    assert (entry["before"], entry["after"], entry["key_id"]) == (before, after, api.key.split("_")[1])


def test_the_default_dashboard_is_there_from_the_start_and_is_again_once_it_is_deleted() -> None:
    api = ProductApi()
    original = api.get(f"{PATH}/default")
    assert {metric["metric"] for metric in original["panels"]} >= {
        "deployment_frequency",
        "change_lead_time",
        "change_fail_rate",
        "failed_deployment_recovery_time",
        "deployment_rework_rate",
        "change_lead_time.stages",
    }
    assert all(panel["error"] is None for panel in api.get(f"{PATH}/default/data")["panels"])
    assert send(api, "PATCH", f"{PATH}/default", {"name": "Ours"}).status == 428
    assert send(api, "PATCH", f"{PATH}/default", {"name": "Ours"}, if_match="*").json["name"] == "Ours"
    assert ids(api) == ["default"]
    assert send(api, "DELETE", f"{PATH}/default", if_match="*").status == 204
    assert api.get(f"{PATH}/default") == original
    assert send(api, "DELETE", f"{PATH}/default", if_match="*").status == 204
    assert history(api) == [("default", "deleted"), ("default", "changed")]
    assert list(api.table.query(DASHBOARDS)) == []


def test_the_default_dashboard_is_one_that_could_be_sent() -> None:
    api = ProductApi()
    assert made(api, "copy", dict(DEFAULT)) == {**DEFAULT, "id": "copy"}


@pytest.mark.parametrize("others", [(), ("a", "b"), ("x", "y", "z"), ("a", "default", "z")])
def test_the_list_is_every_dashboard_once_in_order_page_by_page(others: tuple[str, ...]) -> None:
    api = ProductApi()
    for name in others:
        made(api, name, a_dashboard())
    whole = sorted({*others, "default"})
    for limit in range(1, 5):
        found, query = [], {"limit": str(limit)}
        while True:
            page = api.get(PATH, **query)
            assert len(page["items"]) <= limit
            found += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert found == whole


def test_a_limited_key_sees_the_dashboards_that_say_so_and_else_what_there_was_at_first() -> None:
    api = ProductApi()
    made(api, "default", a_dashboard(filters={"service": ["secret"]}))
    for name in ("a1", "a2", "a3", "hidden"):
        made(api, name, a_dashboard())
    made(api, "shared", a_dashboard(limited_keys=True))
    api.key = create_key(api.table, PEPPER, name="t", scopes=["config:write"], now=NOW, services=["shop"])[0]
    assert ids(api) == ["default", "shared"]
    first = api.get(PATH, limit="1")
    assert [item["id"] for item in first["items"]] == ["default"]
    assert ids(api, limit="1", cursor=first["next_cursor"]) == ["shared"]
    assert api.get(f"{PATH}/default")["name"] == DEFAULT["name"]
    for path in ("", "/data"):
        missing, hidden = (api.request("GET", f"{PATH}/{name}{path}") for name in ("none", "hidden"))
        assert (hidden.status, hidden.text) == (404, missing.text)
        assert api.request("GET", f"{PATH}/shared{path}").status == 200
    for method, path in (
        ("POST", PATH),
        ("PUT", f"{PATH}/x"),
        ("PATCH", f"{PATH}/shared"),
        ("DELETE", f"{PATH}/shared"),
    ):
        assert send(api, method, path, a_dashboard(), if_match="*").status == 403


def test_reading_is_for_readers_and_changing_for_who_may_configure() -> None:
    api = ProductApi()
    made(api, "ours", a_dashboard())
    reader = api.a_key(METRICS_READ)
    for path in ("", "/ours", "/ours/data"):
        assert api.request("GET", PATH + path, key=reader).status == 200
        assert api.request("GET", PATH + path, key=None).status == 401
    for method, path in (("POST", ""), ("PUT", "/ours"), ("PATCH", "/ours"), ("DELETE", "/ours")):
        assert send(api, method, PATH + path, a_dashboard(), key=reader, if_match="*").status == 403


@pytest.mark.parametrize("name", ["Ours", "a b", "a/b", "-a", "a" * 65, "ä", "%2e"])
def test_what_can_be_no_id_is_no_dashboard(name: str) -> None:
    api = ProductApi()
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/data", None),
        ("PUT", "", a_dashboard()),
        ("DELETE", "", None),
    ):
        assert send(api, method, f"{PATH}/{name}{path}", body).status == 404


def test_who_loses_every_race_is_asked_to_send_it_again() -> None:
    class Crowded(MemoryTable):
        crowded = False

        def write(self, writes: Any) -> None:
            if self.crowded:
                raise Conflict("changed meanwhile")
            super().write(writes)

    table = Crowded()
    api = ProductApi(table)
    made(api, "ours", a_dashboard())
    table.crowded = True
    sent = a_dashboard(name="x")
    for method, path, body in (("POST", "", sent), ("PUT", "/ours", sent), ("DELETE", "/ours", None)):
        answer = send(api, method, PATH + path, body, if_match="*")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_people_are_stored_in_filters_as_they_are_named_everywhere() -> None:
    api = ProductApi()
    naming = {"salt": "s", "removed": True, "pseudonyms": True}
    api.table.write([Put({"pk": SETTINGS_KEY[0], "sk": SETTINGS_KEY[1], "v": 1, PEOPLE: naming})])
    api.table.write([Put({"pk": PEOPLE, "sk": pseudonym("s", "zoe"), "gone": stand_in("0" * 16, bot=False)})])
    sent = a_dashboard(a_panel(filters={"author": "ann"}), a_panel("b", filters={"author": "zoe"}))
    for shown in (made(api, "ours", sent), send(api, "POST", PATH, sent).json):
        authors = [panel["filters"]["author"] for panel in shown["panels"]]
        assert authors == [pseudonym("s", "ann"), "former member"]
    stored = [item for item in api.table.scan() if item["pk"] != PEOPLE]
    assert "ann" not in str(stored)
    assert "zoe" not in str(stored)


def test_a_name_is_not_stored_by_who_read_the_settings_before_its_owner_was_removed() -> None:
    class Interrupted(MemoryTable):
        interrupted = False

        def write(self, writes: Any) -> None:
            if self.interrupted and any(write.key[0] == DASHBOARDS for write in writes):
                self.interrupted = False
                naming = {"salt": "s", "removed": True}
                super().write([Put({"pk": SETTINGS_KEY[0], "sk": SETTINGS_KEY[1], "v": 1, PEOPLE: naming})])
                super().write([Put({"pk": PEOPLE, "sk": pseudonym("s", "zoe"), "gone": stand_in("0" * 16, bot=False)})])
            super().write(writes)

    table = Interrupted()
    api = ProductApi(table)
    table.interrupted = True
    made(api, "ours", a_dashboard(filters={"author": "zoe"}))
    assert not table.interrupted
    assert "zoe" not in str(list(table.scan()))


def test_a_dashboard_is_kept_as_it_is_by_the_real_store(aws_env: Any) -> None:
    from leadline import aws
    from leadline.store.dynamodb import DynamoTable

    api = ProductApi(DynamoTable(aws.client("dynamodb"), aws_env.table))
    assert made(api, "ours", FULL) == {**FULL, "id": "ours"}
    assert api.get(f"{PATH}/ours") == {**FULL, "id": "ours"}
    assert json.dumps(api.get("/v1/history", kind="dashboard")["items"][0]["after"]).count("complete") == 1

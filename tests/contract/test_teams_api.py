"""Teams as two people change them at the same time, and what is on record of it."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.query.product_api import Answer, ProductApi

PAY = "/v1/teams/pay"


def members(*authors: str) -> list[dict[str, Any]]:
    return [{"author": author, "from": None, "to": None} for author in authors]


def put(api: ProductApi, *authors: str, **headers: str) -> Answer:
    body = json.dumps({"members": members(*authors)})
    return api.request("PUT", PAY, body=body, content_type="application/json", **headers)


def on_record(api: ProductApi) -> list[tuple[Any, ...]]:
    """What was done to teams, the oldest first."""
    shown = api.get("/v1/history", kind="team")["items"]
    return [(each["name"], each["action"], each["before"], each["after"]) for each in reversed(shown)]


def test_of_two_who_read_the_same_team_the_second_to_change_it_is_told_so() -> None:
    api = ProductApi()
    seen = put(api, "ann").headers["etag"]
    assert api.request("GET", PAY).headers["etag"] == seen
    first = put(api, "ann", "bob", if_match=seen)
    assert (first.status, put(api, "ann", "cid", if_match=seen).status) == (200, 412)
    assert api.request("DELETE", PAY, if_match=seen).status == 412
    assert api.get(PAY)["members"] == members("ann", "bob")
    assert put(api, "cid", if_match=first.headers["etag"]).status == 200


def test_a_script_that_sets_teams_without_having_read_them_still_does() -> None:
    api = ProductApi()
    assert [put(api, author).status for author in ("ann", "bob")] == [200, 200]
    assert api.get(PAY)["members"] == members("bob")
    assert api.request("DELETE", PAY).status == 204


def test_a_team_is_not_made_anew_by_who_read_one_that_somebody_deleted() -> None:
    api = ProductApi()
    seen = put(api, "ann").headers["etag"]
    assert api.request("DELETE", PAY, if_match=seen).status == 204
    assert (put(api, "bob", if_match=seen).status, api.request("GET", PAY).status) == (412, 404)
    assert api.request("DELETE", PAY, if_match=seen).status == 404


def test_each_change_of_a_team_is_on_record_with_what_was_before_and_after() -> None:
    api = ProductApi()
    put(api, "ann")
    put(api, "ann", "bob", if_match="*")
    put(api, "ann", "bob", if_match="*")
    put(api, "cid", if_match='"stale"')
    api.request("DELETE", PAY, if_match="*")
    one, two = ({"team": "pay", "members": members(*authors)} for authors in (("ann",), ("ann", "bob")))
    assert on_record(api) == [
        ("pay", "created", None, one),
        ("pay", "changed", one, two),
        ("pay", "deleted", two, None),
    ]
    assert {each["key_id"] for each in api.get("/v1/history")["items"]} == {api.key.split("_")[1]}


def test_a_change_made_while_the_queue_is_down_is_on_record_once() -> None:
    api = ProductApi()
    api.queue.down = True
    assert put(api, "ann").status == 200
    api.queue.down = False
    assert put(api, "ann", if_match="*").status == 200
    assert [action for _, action, _, _ in on_record(api)] == ["created"]


def test_a_team_too_large_to_be_on_record_twice_in_one_item_is_refused_and_changes_nothing() -> None:
    api = ProductApi()
    long = [f"{number:04d}" + "x" * 190 for number in range(700)]
    assert put(api, *long[:600]).status == 200
    larger = put(api, *long, if_match="*")
    assert (larger.status, larger.faults) == (422, {("/members", "too_large")})
    assert len(api.get(PAY)["members"]) == 600
    assert put(api, *long[1:601], if_match="*").status == 200
    assert len(on_record(api)) == 2

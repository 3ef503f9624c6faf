"""/v1/keys: the secret is shown once and stored nowhere; rights never grow; what has ended opens nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadline.access.keys import ADMIN, CONFIG_WRITE, EVENTS_WRITE, METRICS_READ, create_key
from tests.unit.query.product_api import NOW, PEPPER, Answer, ProductApi

JSON = "application/json"
HOUR = 3_600_000


def send(api: ProductApi, method: str, path: str, body: Any = None, **options: Any) -> Answer:
    if body is not None:
        options |= {"body": json.dumps(body), "content_type": JSON}
    return api.request(method, path, **options)


def made(api: ProductApi, **fields: Any) -> dict[str, Any]:
    answer = send(api, "POST", "/v1/keys", {"name": "dashboard", "scopes": [METRICS_READ], **fields})
    assert answer.status == 201, answer.text
    assert answer.headers["location"] == f"/v1/keys/{answer.json['key']['key_id']}"
    return dict(answer.json)


def opens(api: ProductApi, secret: str) -> bool:
    """Asked of a function that remembers nothing."""
    api.app._authenticator._cache.clear()
    return api.request("GET", "/v1/services", key=secret).status == 200


def test_the_secret_is_shown_once_works_and_is_stored_nowhere() -> None:
    api = ProductApi()
    new = made(api)
    assert opens(api, new["secret"])
    later = [
        api.get("/v1/keys"),
        api.get(f"/v1/keys/{new['key']['key_id']}"),
        list(api.table.scan()),
        api.log.getvalue(),
    ]
    for shown in later:
        assert new["secret"] not in str(shown)
        assert new["secret"][16:] not in str(shown)
        assert "hash" not in str(shown) or shown is later[2]


def test_a_key_has_the_scopes_it_was_made_with_and_no_more() -> None:
    api = ProductApi()
    reader = made(api)["secret"]
    assert send(api, "PUT", "/v1/teams/pay", {"members": []}, key=reader).status == 403
    for path in ("/v1/keys", "/v1/keys/000000000000"):
        assert send(api, "GET", path, key=reader).status == 403
    for scope in (METRICS_READ, CONFIG_WRITE, EVENTS_WRITE):
        key = api.a_key(scope)
        assert send(api, "POST", "/v1/keys", {"name": "x", "scopes": [ADMIN]}, key=key).status == 403
        assert send(api, "DELETE", "/v1/keys/000000000000", key=key).status == 403
        assert send(api, "POST", "/v1/keys/000000000000/rotate", {}, key=key).status == 403


def test_a_revoked_key_opens_nothing_within_half_a_minute_and_stays_in_the_list() -> None:
    api = ProductApi()
    new = made(api)
    path = f"/v1/keys/{new['key']['key_id']}"
    assert api.request("GET", "/v1/services", key=new["secret"]).status == 200
    assert send(api, "DELETE", path).status == 204
    assert send(api, "DELETE", path).status == 204
    api.now += 30_000
    assert api.request("GET", "/v1/services", key=new["secret"]).status == 401
    shown = api.get(path)
    assert (shown["state"], shown["revoked_at"]) == ("revoked", "2026-10-30T18:00:00Z")


def test_a_key_ends_when_it_says() -> None:
    api = ProductApi()
    new = made(api, expires_at="2026-10-30T20:00:00+01:00")
    assert new["key"]["expires_at"] == "2026-10-30T19:00:00Z"
    api.now = NOW + HOUR - 1
    assert opens(api, new["secret"])
    api.now = NOW + HOUR
    assert not opens(api, new["secret"])
    assert api.get(f"/v1/keys/{new['key']['key_id']}")["state"] == "expired"


def test_a_rotated_key_and_its_successor_are_both_good_for_the_overlap_and_then_only_the_new_one() -> None:
    api = ProductApi()
    old = made(api, services=["shop"], repositories=["acme/shop"])
    answer = send(api, "POST", f"/v1/keys/{old['key']['key_id']}/rotate", {"overlap_hours": 2})
    assert answer.status == 201
    new = answer.json
    assert new["secret"] != old["secret"]
    for right in ("name", "scopes", "services", "repositories", "plan"):
        assert new["key"][right] == old["key"][right]
    assert new["key"]["replaces"] == old["key"]["key_id"]
    assert api.get(f"/v1/keys/{old['key']['key_id']}")["replaced_by"] == new["key"]["key_id"]
    for later, old_is_good in ((0, True), (2 * HOUR - 1, True), (2 * HOUR, False)):
        api.now = NOW + later
        assert (opens(api, old["secret"]), opens(api, new["secret"])) == (old_is_good, True)


def test_rotation_never_prolongs_a_key_nor_happens_twice() -> None:
    api = ProductApi()
    old = made(api, expires_at="2026-10-30T19:00:00Z")["key"]
    path = f"/v1/keys/{old['key_id']}"
    new = send(api, "POST", f"{path}/rotate", {"overlap_hours": 720}).json["key"]
    assert api.get(path)["expires_at"] == old["expires_at"]
    assert new["expires_at"] == "2026-10-30T19:00:00Z"  # it lives as long as the old one was to live
    assert send(api, "POST", f"{path}/rotate", {}).status == 409
    revoked = made(api)["key"]["key_id"]
    send(api, "DELETE", f"/v1/keys/{revoked}")
    assert send(api, "POST", f"/v1/keys/{revoked}/rotate", {}).status == 409


def test_a_revocation_and_a_rotation_at_the_same_time_lose_neither() -> None:
    api = ProductApi()
    key_id = made(api)["key"]["key_id"]
    get, others = api.table.get, iter([True])

    def interrupted(keys: Any) -> Any:
        found = get(keys)
        if (f"key#{key_id}", "key") in found and next(others, False):
            assert send(api, "POST", f"/v1/keys/{key_id}/rotate", {}).status == 201
        return found

    api.table.get = interrupted  # type: ignore[method-assign]
    assert send(api, "DELETE", f"/v1/keys/{key_id}").status == 204
    shown = api.get(f"/v1/keys/{key_id}")
    assert shown["state"] == "revoked"
    assert shown["replaced_by"] is not None


def test_keys_are_listed_page_by_page_the_newest_first_each_once() -> None:
    api = ProductApi()
    for number in range(5):
        create_key(api.table, PEPPER, name=f"k{number}", scopes=[METRICS_READ], now=NOW + 1 + number // 2)
    names, query = [], {"limit": "2"}
    while True:
        page = api.get("/v1/keys", **query)
        names += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert sorted(names) == ["k0", "k1", "k2", "k3", "k4", "test"]
    assert (names[0], names[-1]) == ("k4", "test")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ([], ("", "type")),
        ({"scopes": [METRICS_READ]}, ("/name", "missing")),
        ({"name": "x"}, ("/scopes", "missing")),
        ({"name": "x", "scopes": []}, ("/scopes", "missing")),
        ({"name": "x", "scopes": ["root"]}, ("/scopes/0", "choice")),
        ({"name": "x", "scopes": METRICS_READ}, ("/scopes", "type")),
        ({"name": "x", "scopes": [METRICS_READ], "rights": 1}, ("/rights", "extra")),
        ({"name": "x\n", "scopes": [METRICS_READ], "plan": "gold"}, ("/plan", "unknown")),
        ({"name": "x", "scopes": [METRICS_READ], "services": [""]}, ("/services/0", "empty")),
        ({"name": "x", "scopes": [METRICS_READ], "services": ["s"] * 101}, ("/services", "too_many")),
        ({"name": "x", "scopes": [METRICS_READ], "repositories": ["https://x/y"]}, ("/repositories/0", "repository")),
        ({"name": "x", "scopes": [METRICS_READ], "expires_at": "2026-10-30T17:59:59Z"}, ("/expires_at", "range")),
        ({"name": "x", "scopes": [METRICS_READ], "expires_at": "2027-10-30T17:59:59"}, ("/expires_at", "time_zone")),
        ({"name": "x", "scopes": [METRICS_READ], "expires_at": "9999-12-31T23:59:59-23:59"}, ("/expires_at", "range")),
        ({"name": "x", "scopes": [ADMIN], "services": ["shop"]}, ("/scopes", "exclusive")),
    ],
)
def test_a_key_that_can_not_be_made_is_refused_with_the_field_and_nothing_is_stored(
    body: Any, fault: tuple[str, str]
) -> None:
    api = ProductApi()
    before = list(api.table.query("keys"))
    answer = send(api, "POST", "/v1/keys", body)
    assert answer.status == 422
    assert fault in answer.faults
    assert list(api.table.query("keys")) == before


def test_every_fault_of_a_key_is_refused_at_once() -> None:
    body = {"scopes": [], "services": ["shop", ""], "expires_at": "soon", "rights": 1}
    answer = send(ProductApi(), "POST", "/v1/keys", body)
    expected = {
        ("/name", "missing"),
        ("/scopes", "missing"),
        ("/services/1", "empty"),
        ("/expires_at", "time"),
        ("/rights", "extra"),
    }
    assert (answer.status, answer.faults) == (422, expected)


def test_a_key_may_expire_at_an_epoch_time_like_all_times() -> None:
    body = {"name": "x", "scopes": [METRICS_READ], "expires_at": 1_830_000_000}
    assert send(ProductApi(), "POST", "/v1/keys", body).json["key"]["expires_at"] == "2027-12-28T13:20:00Z"


@pytest.mark.parametrize("key_id", ["000000000000", "nonsense", "ll_000000000000", "000000000000/rotate/x"])
def test_an_unknown_key_is_a_404(key_id: str) -> None:
    api = ProductApi()
    assert send(api, "GET", f"/v1/keys/{key_id}").status == 404
    assert send(api, "DELETE", f"/v1/keys/{key_id}").status == 404
    assert send(api, "POST", f"/v1/keys/{key_id}/rotate", {}).status == 404


def test_who_made_rotated_and_revoked_a_key_is_on_record_without_its_secret() -> None:
    api = ProductApi()
    first = made(api, name="ci", scopes=[EVENTS_WRITE])
    old = first["key"]["key_id"]
    answer = send(api, "POST", f"/v1/keys/{old}/rotate", {})
    new = answer.json["key"]["key_id"]
    for _ in range(2):
        assert send(api, "DELETE", f"/v1/keys/{new}").status == 204
    told = [entry for entry in api.get("/v1/history", kind="key")["items"] if entry["name"] in (old, new)]
    states = {(entry["name"], entry["action"], (entry["after"] or {})["state"]) for entry in told}
    assert states == {
        (old, "created", "active"),
        (old, "changed", "active"),
        (new, "created", "active"),
        (new, "changed", "revoked"),
    }
    assert len(told) == 4
    assert {entry["key_id"] for entry in told} == {api.key.split("_")[1]}
    (rotated,) = (entry for entry in told if (entry["name"], entry["action"]) == (old, "changed"))
    assert (rotated["before"]["replaced_by"], rotated["after"]["replaced_by"]) == (None, new)
    assert not any(secret.split("_")[2] in str(told) for secret in (first["secret"], answer.json["secret"]))

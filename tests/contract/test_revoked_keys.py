"""A key that was just revoked makes and changes nothing more, although other processes remember it for half a minute."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from leadline.access.keys import ADMIN, CONFIG_WRITE, METRICS_READ, create_key, id_of, item_key, list_keys, revoke_key
from leadline.store.memory import MemoryTable
from leadline.store.table import Add, Item, Key, Put, Write
from query.http.route import Route
from query.routes import ROUTES
from tests.contract.test_every_route import KEYED, ask, name_of, needed
from tests.unit.query.product_api import NOW, PEPPER, Answer, ProductApi

ADMINISTRATIVE = [route for route in ROUTES if route.method != "GET" and route.scope in (ADMIN, CONFIG_WRITE)]
NOTED = ("access#", "used#")
"""Partitions that say who asked, also in vain."""

KEY = {"name": "dashboard", "scopes": [METRICS_READ]}
BADGE = {"metric": "change_lead_time"}


class Meeting(MemoryTable):
    """`meanwhile` happens once, right before a transaction that stores a new key or badge. Which items are read is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None
        self.read: list[Key] = []

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        self.read += keys
        return super().get(keys)

    def write(self, writes: Sequence[Write]) -> None:
        if self.meanwhile is not None and any(write.key[0] in ("keys", "badges") for write in writes):
            happens, self.meanwhile = self.meanwhile, None
            happens()
        super().write(writes)


def send(api: ProductApi, method: str, path: str, body: Any = None, **options: Any) -> Answer:
    if body is not None:
        options |= {"body": json.dumps(body), "content_type": "application/json"}
    return api.request(method, path, **options)


def a_key(table: MemoryTable, *scopes: str, **more: Any) -> tuple[str, str]:
    """A key's text and its id."""
    text, item = create_key(table, PEPPER, name="test", scopes=scopes, now=NOW, **more)
    return text, id_of(item)


def everything_but_who_asked(table: MemoryTable) -> list[Item]:
    return [item for item in table.scan() if not item["pk"].startswith(NOTED)]


def remembered_and_revoked(scope: str) -> tuple[ProductApi, str]:
    """A process that remembers a key, which another process has just revoked."""
    api = ProductApi(MemoryTable())
    other = ProductApi(api.table)
    key = api.a_key(scope)
    assert api.request("GET", "/v1/services", key=key).status == 200
    assert other.request("DELETE", f"/v1/keys/{key[3:15]}").status == 204
    return api, key


@pytest.mark.parametrize("route", ADMINISTRATIVE, ids=name_of)
def test_a_key_that_another_process_revoked_changes_nothing_and_is_refused_from_then_on(route: Route) -> None:
    api, key = remembered_and_revoked(route.scope or "")
    before = everything_but_who_asked(api.table)  # type: ignore[arg-type]
    content = {} if route.body is None else {"body": "{}", "content_type": "application/json"}
    answer = ask(api, route, query=needed(route), key=key, if_match="*", **content)
    assert answer.status == 401
    assert everything_but_who_asked(api.table) == before  # type: ignore[arg-type]
    assert api.told == []
    assert api.request("GET", "/v1/services", key=key).status == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/keys", KEY),
        ("POST", "/v1/keys/{other}/rotate", {}),
        ("POST", "/v1/keys/{itself}/rotate", {"overlap_hours": 720}),
        ("DELETE", "/v1/keys/{other}", None),
        ("PUT", "/v1/plans/free", {"per_day": 1}),
        ("PUT", "/v1/teams/pay", {"members": []}),
        ("POST", "/v1/badges", BADGE),
        ("POST", "/v1/dashboards", {"name": "Ours", "panels": []}),
    ],
)
def test_what_it_would_be_given_as_a_good_key_it_is_not_given(method: str, path: str, body: Any) -> None:
    api, key = remembered_and_revoked(ADMIN)
    path = path.format(itself=key[3:15], other=api.key[3:15])
    before = everything_but_who_asked(api.table)  # type: ignore[arg-type]
    assert send(api, method, path, body, key=key).status == 401
    assert everything_but_who_asked(api.table) == before  # type: ignore[arg-type]


@pytest.mark.parametrize("route", [route for route in KEYED if name_of(route) != "GET /v1/keys"], ids=name_of)
def test_a_remembered_key_is_read_once_for_an_administrative_change_and_for_nothing_else(route: Route) -> None:
    table = Meeting()
    api = ProductApi(table)
    key, key_id = a_key(table, route.scope or "", METRICS_READ)
    assert api.request("GET", "/v1/services", key=key).status == 200
    table.read.clear()
    ask(api, route, query=needed(route), key=key)
    assert table.read.count(item_key(key_id)) == (1 if route in ADMINISTRATIVE else 0)


def test_the_process_that_revoked_a_key_refuses_it_at_once() -> None:
    api = ProductApi()
    key = api.a_key(METRICS_READ)
    assert api.request("GET", "/v1/services", key=key).status == 200
    assert api.request("DELETE", f"/v1/keys/{key[3:15]}").status == 204
    assert api.request("GET", "/v1/services", key=key).status == 401


def test_a_key_that_revokes_itself_is_refused_at_once() -> None:
    api = ProductApi()
    assert api.request("DELETE", f"/v1/keys/{api.key[3:15]}").status == 204
    assert api.request("GET", "/v1/services").status == 401


def test_the_process_that_rotated_a_key_without_an_overlap_refuses_the_old_one_at_once() -> None:
    api = ProductApi()
    key = api.a_key(METRICS_READ)
    assert api.request("GET", "/v1/services", key=key).status == 200
    assert send(api, "POST", f"/v1/keys/{key[3:15]}/rotate", {"overlap_hours": 0}).status == 201
    assert api.request("GET", "/v1/services", key=key).status == 401


# --- between the check of the key and the transaction ------------------------------------------------------------------

MAKING = [
    ("/v1/keys", KEY),
    ("/v1/keys/{other}/rotate", {}),
    ("/v1/keys/{itself}/rotate", {}),
    ("/v1/badges", BADGE),
]


def making(
    path: str, body: Any, scope: str, changes: Callable[[Item], Item | None], **stored: Any
) -> tuple[Answer, Any]:
    """Something is made with a key that is changed before the transaction. The answer, and what was stored by then that was not
    before."""
    table = Meeting()
    api = ProductApi(table)
    key, key_id = a_key(table, scope)
    pk, sk = item_key(key_id)
    (item,) = table.get([(pk, sk)]).values()
    table.write([Put({**item, **stored})])
    assert api.request("GET", "/v1/services", key=key).status == 200

    def change() -> None:
        (item,) = table.get([(pk, sk)]).values()
        table.write([Put(changes(item))])  # type: ignore[arg-type]

    table.meanwhile = change
    answer = send(api, "POST", path.format(itself=key_id, other=api.key[3:15]), body, key=key)
    assert table.meanwhile is None
    new = [item for item in everything_but_who_asked(table) if item.get("created_at") and item["pk"] != pk]
    return answer, [item for item in new if item["pk"] != item_key(api.key[3:15])[0]]


ENDING: dict[str, dict[str, Any]] = {
    "revoked": {"revoked_at": NOW},
    "expired": {"expires_at": NOW},
    "without the scope": {"scopes": [METRICS_READ]},
}


@pytest.mark.parametrize("what", ENDING)
@pytest.mark.parametrize(("path", "body"), MAKING)
@pytest.mark.parametrize("version", [1, None], ids=["", "no version"])
def test_what_is_made_while_its_maker_ends_is_not_stored(path: str, body: Any, what: str, version: int | None) -> None:
    scope = CONFIG_WRITE if path == "/v1/badges" else ADMIN
    answer, stored = making(
        path, body, scope, lambda item: {**item, **ENDING[what], "v": item.get("v", 0) + 1}, v=version
    )
    assert answer.status == (403 if what == "without the scope" else 401)
    assert stored == []


@pytest.mark.parametrize(("path", "body"), MAKING)
@pytest.mark.parametrize("version", [1, None], ids=["", "no version"])
def test_a_change_of_the_maker_that_ends_nothing_keeps_nobody_from_it(
    path: str, body: Any, version: int | None
) -> None:
    scope = CONFIG_WRITE if path == "/v1/badges" else ADMIN
    answer, stored = making(
        path, body, scope, lambda item: {**item, "name": "renamed", "v": item.get("v", 0) + 1}, v=version
    )
    assert answer.status == 201
    assert len(stored) == 1


@pytest.mark.parametrize(("path", "body"), MAKING)
def test_a_maker_of_a_version_that_had_none_is_as_good_as_any(path: str, body: Any) -> None:
    answer, stored = making(path, body, ADMIN, lambda item: item, v=None)
    assert answer.status == 201
    assert len(stored) == 1


@pytest.mark.parametrize("what", ENDING)
def test_a_key_that_ends_right_after_it_was_checked_does_not_rotate_itself(what: str) -> None:
    table = MemoryTable()
    api = ProductApi(table)
    key = item_key(api.key[3:15])
    get, ends = table.get, iter([True])

    def interrupted(keys: Sequence[Key]) -> dict[Key, Item]:
        found = get(keys)
        if key in found and next(ends, False):
            table.write([Put({**found[key], **ENDING[what], "v": 2})])
        return found

    table.get = interrupted  # type: ignore[method-assign]
    answer = send(api, "POST", f"/v1/keys/{api.key[3:15]}/rotate", {})
    assert answer.status == (403 if what == "without the scope" else 401)
    assert len(list_keys(table)) == 1


def test_others_that_keep_changing_the_maker_are_a_503_and_leave_nothing() -> None:
    table = Meeting()
    api = ProductApi(table)
    before = list_keys(table)

    def change() -> None:
        table.write([Add(item_key(api.key[3:15]), {"v": 1})])
        table.meanwhile = change

    table.meanwhile = change
    answer = send(api, "POST", "/v1/keys", KEY)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert [id_of(item) for item in list_keys(table)] == [id_of(item) for item in before]


def test_of_two_keys_that_revoke_each_other_at_the_same_time_one_is_left() -> None:
    class Crossing(MemoryTable):
        meanwhile: Callable[[], object] | None = None

        def write(self, writes: Sequence[Write]) -> None:
            if self.meanwhile is not None and any(write.key[0].startswith("key#") for write in writes):
                happens, self.meanwhile = self.meanwhile, None
                happens()
            super().write(writes)

    table = Crossing()
    one, two = ProductApi(table), ProductApi(table)
    table.meanwhile = lambda: two.request("DELETE", f"/v1/keys/{one.key[3:15]}")
    assert one.request("DELETE", f"/v1/keys/{two.key[3:15]}").status == 401
    assert two.request("GET", "/v1/services").status == 200


def test_a_rotation_does_not_undo_a_revocation_of_a_key_without_a_version() -> None:
    table = Meeting()
    api = ProductApi(table)
    _, key_id = a_key(table, METRICS_READ)
    (item,) = table.get([item_key(key_id)]).values()
    table.write([Put({**item, "v": None})])
    table.meanwhile = lambda: revoke_key(table, key_id, now=NOW)
    assert send(api, "POST", f"/v1/keys/{key_id}/rotate", {}).status == 409
    assert api.get(f"/v1/keys/{key_id}")["state"] == "revoked"


# --- what it made before -------------------------------------------------------------------------------------------------


def ids(api: ProductApi, **query: str) -> set[str]:
    return {item["key_id"] for item in api.get("/v1/keys", **query)["items"]}


def made_with(api: ProductApi, key: str, *scopes: str) -> str:
    """The text of a key that this one made."""
    answer = send(api, "POST", "/v1/keys", {"name": "made", "scopes": scopes or [METRICS_READ]}, key=key)
    assert answer.status == 201, answer.text
    assert answer.json["key"]["creator_revoked"] is False
    return str(answer.json["secret"])


def test_keys_are_found_by_who_made_them_and_by_whether_that_one_is_revoked() -> None:
    api = ProductApi()
    leaked = api.a_key(ADMIN)
    of_leaked, gone, kept = made_with(api, leaked), made_with(api, leaked), made_with(api, api.key)
    one, two, three = (key[3:15] for key in (of_leaked, gone, kept))
    for key in (gone, leaked):
        assert api.request("DELETE", f"/v1/keys/{key[3:15]}").status == 204
    assert ids(api, created_by=leaked[3:15]) == {one, two}
    assert ids(api, creator_revoked="true") == {one, two}
    assert ids(api, creator_revoked="true", state="active") == {one}
    assert ids(api, creator_revoked="false") == {three, leaked[3:15], api.key[3:15]}
    assert ids(api, state="revoked") == {two, leaked[3:15]}
    shown = {key_id: api.get(f"/v1/keys/{key_id}")["creator_revoked"] for key_id in (one, two, three)}
    assert shown == {one: True, two: True, three: False}
    listed = {item["key_id"]: item["creator_revoked"] for item in api.get("/v1/keys")["items"]}
    assert {**listed, **shown} == listed
    assert api.request("GET", "/v1/services", key=of_leaked).status == 200  # whether it is to end is for people to say


def test_a_key_that_was_rotated_by_itself_is_still_found_by_who_made_the_first() -> None:
    api = ProductApi()
    leaked = api.a_key(ADMIN)
    key = made_with(api, leaked, ADMIN)
    for _ in range(2):
        answer = send(api, "POST", f"/v1/keys/{key[3:15]}/rotate", {"overlap_hours": 0}, key=key)
        assert answer.status == 201
        assert answer.json["key"]["created_by"] == key[3:15]
        key = answer.json["secret"]
    api.request("DELETE", f"/v1/keys/{leaked[3:15]}")
    assert ids(api, creator_revoked="true", state="active") == {key[3:15]}
    assert api.get(f"/v1/keys/{key[3:15]}")["creator_revoked"] is True


def test_revoking_what_is_found_until_nothing_is_reaches_all_that_came_of_a_key() -> None:
    api = ProductApi()
    leaked = api.a_key(ADMIN)
    key, made = leaked, set()
    for _ in range(4):
        key = made_with(api, key, ADMIN)
        made.add(key[3:15])
    api.request("DELETE", f"/v1/keys/{leaked[3:15]}")
    found: set[str] = set()
    while left := ids(api, creator_revoked="true", state="active"):
        for key_id in left:
            assert api.request("DELETE", f"/v1/keys/{key_id}").status == 204
        found |= left
    assert found == made
    assert ids(api, state="active") == {api.key[3:15]}


@pytest.mark.parametrize("query", ["created_by=nobody", "created_by=", "creator_revoked=yes", "state=good"])
def test_a_filter_that_means_nothing_is_refused(query: str) -> None:
    assert {pointer for pointer, _ in ProductApi().refused("/v1/keys", query)} == {"?" + query.partition("=")[0]}

"""Keys: who gets in, with what, and what is stored of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from leadline.access.authentication import Authenticator, Forbidden, Principal, Unauthorized
from leadline.access.keys import (
    ADMIN,
    CONFIG_WRITE,
    EVENTS_WRITE,
    METRICS_READ,
    create_key,
    item_key,
    list_keys,
    revoke_key,
)
from leadline.domain.errors import Transient
from leadline.store.memory import MemoryTable
from leadline.store.schema import SCHEMA_KEY, SCHEMA_VERSION, read_schema_version
from leadline.store.table import Delete, Item, Key, Put
from tests.contract.events_api import NOW, PEPPER, ROUTES, Answer, EventsApi, a_change, a_request

SECRET_FROM = len("ll_000000000000_")  # by place: a secret may hold an underscore itself


class CountingTable(MemoryTable):
    reads = 0

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        self.reads += 1
        return super().get(keys)


@pytest.fixture
def table() -> CountingTable:
    return CountingTable()


def a_key(table: MemoryTable, *scopes: str, **more: Any) -> str:
    return create_key(table, PEPPER, name="ci", scopes=scopes or (EVENTS_WRITE,), now=NOW, **more)[0]


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


@pytest.mark.parametrize("header", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
def test_a_bearer_key_is_taken(table: CountingTable, header: str, scheme: str) -> None:
    principal = Authenticator(table, PEPPER).authenticate({header: scheme + a_key(table)}, NOW)
    assert (principal.name, principal.scopes) == ("ci", {EVENTS_WRITE})


def test_an_x_api_key_is_taken_alone_or_beside_the_same_bearer_key(table: CountingTable) -> None:
    key = a_key(table)
    for headers in ({"X-API-Key": key}, {**bearer(key), "x-api-key": f" {key} "}):
        assert Authenticator(table, PEPPER).authenticate(headers, NOW).name == "ci"


def test_two_different_keys_are_refused_even_if_both_are_good(table: CountingTable) -> None:
    with pytest.raises(Unauthorized, match="different"):
        Authenticator(table, PEPPER).authenticate({**bearer(a_key(table)), "x-api-key": a_key(table)}, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer "},
        {"authorization": "Bearer"},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": "Bearer a b"},
        {"authorization": "Bearer x, Bearer y"},
        {"x-api-key": ""},
        {"x-api-key": "hunter2"},
        {"x-api-key": "\ud800é"},
        {"x-api-key": "ll_000000000000_" + "A" * 43},
        {"x-api-key": "ll_000000000000_" + "A" * 44},
        {"x-api-key": "ll_00000000000G_" + "A" * 43},
    ],
)
def test_no_key_or_no_key_of_ours_is_a_401_with_a_challenge(table: CountingTable, headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized) as invalid:
        Authenticator(table, PEPPER).authenticate(headers, NOW)
    answer = invalid.value.response()
    assert answer["statusCode"] == 401
    assert answer["headers"]["www-authenticate"].startswith('Bearer realm="leadline"')


def test_a_key_with_any_one_character_changed_is_refused(table: CountingTable) -> None:
    key = a_key(table)
    authenticator = Authenticator(table, PEPPER)
    authenticator.authenticate(bearer(key), NOW)  # so that the right one is remembered
    for place in range(SECRET_FROM, len(key)):
        wrong = key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :]
        with pytest.raises(Unauthorized):
            authenticator.authenticate(bearer(wrong), NOW)


def test_another_pepper_makes_every_key_wrong(table: CountingTable) -> None:
    with pytest.raises(Unauthorized):
        Authenticator(table, b"q" * 32).authenticate(bearer(a_key(table)), NOW)


def test_why_a_key_is_refused_is_not_told(table: CountingTable) -> None:
    key, item = create_key(table, PEPPER, name="ci", scopes=[ADMIN], now=NOW)
    revoke_key(table, item["pk"].removeprefix("key#"), now=NOW)
    said = set()
    for text in (key, key[:-1] + ("A" if key[-1] != "A" else "B"), "ll_000000000000_" + "A" * 43, "nonsense"):
        with pytest.raises(Unauthorized) as invalid:
            Authenticator(table, PEPPER).authenticate(bearer(text), NOW)
        said.add(json.dumps(invalid.value.response()))
    assert len(said) == 1


def test_only_a_keyed_hash_is_stored(table: CountingTable) -> None:
    key = a_key(table)
    stored = str(list(table.scan()))
    assert key not in stored
    assert key[SECRET_FROM:] not in stored
    assert item_key(key.split("_")[1]) == (f"key#{key[3:15]}", "key")


def test_all_keys_are_listed_oldest_first_revoked_or_not(table: CountingTable) -> None:
    for number in (3, 1, 2):
        create_key(table, PEPPER, name=f"ci {number}", scopes=[EVENTS_WRITE], now=NOW + number)
    revoke_key(table, list_keys(table)[0]["pk"].removeprefix("key#"), now=NOW + 9)
    assert [(item["name"], item.get("revoked_at")) for item in list_keys(table)] == [
        ("ci 1", NOW + 9),
        ("ci 2", None),
        ("ci 3", None),
    ]


def test_a_key_ends_with_its_expiry_to_the_millisecond(table: CountingTable) -> None:
    key = a_key(table, expires_at=NOW + 1000)
    authenticator = Authenticator(table, PEPPER)
    assert authenticator.authenticate(bearer(key), NOW + 999)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(bearer(key), NOW + 1000)


def test_a_revoked_key_works_no_longer_than_thirty_seconds(table: CountingTable) -> None:
    key = a_key(table)
    authenticator = Authenticator(table, PEPPER, ttl=3600)
    authenticator.authenticate(bearer(key), NOW)
    assert revoke_key(table, key.split("_")[1], now=NOW)
    for later in (10_000, 20_000, 29_999):  # use does not prolong it
        authenticator.authenticate(bearer(key), NOW + later)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(bearer(key), NOW + 30_000)
    assert not revoke_key(table, "0" * 12, now=NOW)


def test_a_key_that_is_read_afresh_is_remembered_as_it_is_then(table: CountingTable) -> None:
    key = a_key(table)
    authenticator = Authenticator(table, PEPPER)
    authenticator.authenticate(bearer(key), NOW)
    assert authenticator.authenticate(bearer(key), NOW, fresh=True)
    assert table.reads == 2
    revoke_key(table, key.split("_")[1], now=NOW)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(bearer(key), NOW, fresh=True)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(bearer(key), NOW)


def test_a_key_that_is_gone_is_not_remembered_either(table: CountingTable) -> None:
    key = a_key(table)
    authenticator = Authenticator(table, PEPPER)
    authenticator.authenticate(bearer(key), NOW)
    table.write([Delete(item_key(key.split("_")[1]))])
    for fresh in (True, False):
        with pytest.raises(Unauthorized):
            authenticator.authenticate(bearer(key), NOW, fresh=fresh)


def test_a_wrong_secret_takes_a_right_key_out_of_no_memory(table: CountingTable) -> None:
    key = a_key(table)
    authenticator = Authenticator(table, PEPPER)
    authenticator.authenticate(bearer(key), NOW)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(bearer(key[:16] + "A" * 43), NOW, fresh=True)
    assert authenticator.authenticate(bearer(key), NOW)
    assert table.reads == 2


def test_what_one_thread_read_before_a_revocation_is_not_remembered_after_another_knows_of_it() -> None:
    class Slow(MemoryTable):
        meanwhile: Callable[[], object] = staticmethod(lambda: None)

        def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
            found = super().get(keys)
            self.meanwhile()
            return found

    table = Slow()
    key = a_key(table)
    authenticator = Authenticator(table, PEPPER)

    def revoke() -> None:
        del table.meanwhile
        revoke_key(table, key.split("_")[1], now=NOW)
        (item,) = table.get([item_key(key.split("_")[1])]).values()
        authenticator.learn(item, NOW)

    table.meanwhile = revoke  # type: ignore[method-assign]
    assert authenticator.authenticate(bearer(key), NOW)  # it was read before
    with pytest.raises(Unauthorized):
        authenticator.authenticate(bearer(key), NOW)


def test_a_remembered_key_costs_no_read(table: CountingTable) -> None:
    key = a_key(table)
    authenticator = Authenticator(table, PEPPER)
    for later in (0, 1, 29_999):
        authenticator.authenticate(bearer(key), NOW + later)
    assert table.reads == 1


def test_a_key_made_after_a_miss_works_at_once(table: CountingTable) -> None:
    authenticator = Authenticator(table, PEPPER)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(bearer("ll_000000000000_" + "A" * 43), NOW)
    assert authenticator.authenticate(bearer(a_key(table)), NOW)


def test_wrong_keys_leave_nothing_in_memory(table: CountingTable) -> None:
    authenticator = Authenticator(table, PEPPER)
    for number in range(50):
        with pytest.raises(Unauthorized):
            authenticator.authenticate(bearer(f"ll_{number:012x}_" + "A" * 43), NOW)
    assert authenticator._cache == {}


def test_the_pepper_is_fetched_once_and_again_after_a_failure(table: CountingTable) -> None:
    fetched = iter([Transient("not now"), PEPPER])
    calls = []

    def fetch() -> bytes:
        calls.append(1)
        got = next(fetched)
        if isinstance(got, Transient):
            raise got
        return got

    authenticator = Authenticator(table, fetch)
    key = a_key(table)
    with pytest.raises(Transient):
        authenticator.authenticate(bearer(key), NOW)
    for _ in range(3):
        authenticator.authenticate(bearer(key), NOW)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("held", "may"),
    [
        ({EVENTS_WRITE}, {EVENTS_WRITE}),
        ({METRICS_READ}, {METRICS_READ}),
        ({CONFIG_WRITE}, {CONFIG_WRITE, METRICS_READ}),
        ({ADMIN}, {ADMIN, EVENTS_WRITE, METRICS_READ, CONFIG_WRITE}),
        ({EVENTS_WRITE, METRICS_READ}, {EVENTS_WRITE, METRICS_READ}),
        ({"of another version"}, set()),
    ],
)
def test_a_scope_allows_itself_and_what_it_implies(held: set[str], may: set[str]) -> None:
    principal = Principal("0" * 12, "ci", frozenset(held))
    for scope in (EVENTS_WRITE, METRICS_READ, CONFIG_WRITE, ADMIN):
        if scope in may:
            principal.require(scope)
        else:
            with pytest.raises(Forbidden, match=scope):
                principal.require(scope)


@pytest.mark.parametrize("scopes", [[], ["events:read"], [EVENTS_WRITE, ""]])
def test_a_key_is_made_with_known_scopes_only(table: CountingTable, scopes: list[str]) -> None:
    with pytest.raises(ValueError, match="scope"):
        create_key(table, PEPPER, name="ci", scopes=scopes, now=NOW)
    assert list(table.scan()) == []


def test_a_short_pepper_is_refused(table: CountingTable) -> None:
    with pytest.raises(ValueError, match="32"):
        create_key(table, b"short", name="ci", scopes=[ADMIN], now=NOW)


class TestEventsRoute:
    def ask(self, api: EventsApi, headers: dict[str, str], query: str = "") -> Answer:
        headers = {"content-type": "application/json", **headers}
        request = a_request(ROUTES["change"], json.dumps(a_change()), headers)
        return api.send({**request, "rawQueryString": query, "queryStringParameters": {"key": query}})

    def test_takes_a_key_that_may_write_events(self) -> None:
        api = EventsApi()
        assert self.ask(api, bearer(api.key)).status == 202
        assert self.ask(api, {"x-api-key": api.admin_key}).status == 202

    def test_is_a_403_for_a_key_that_may_only_read_or_configure(self) -> None:
        api = EventsApi()
        for scope in (METRICS_READ, CONFIG_WRITE):
            answer = self.ask(api, bearer(a_key(api.table, scope)))
            assert answer.status == 403
            assert 'scope="events:write"' in answer.headers["www-authenticate"]
        assert api.queued == []

    def test_never_takes_a_key_from_the_query_string(self) -> None:
        api = EventsApi()
        assert self.ask(api, {}, query=f"key={api.key}&x-api-key={api.key}").status == 401
        assert api.queued == []

    def test_is_a_503_when_the_key_can_not_be_looked_up(self) -> None:
        class Down(MemoryTable):
            def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
                raise Transient("the table can't be reached")

        api = EventsApi()
        api.app._authenticator._table = Down()
        answer = self.ask(api, bearer(api.key))
        assert (answer.status, answer.headers["retry-after"], api.queued) == (503, "5", [])


def test_the_first_key_stores_the_schema_version_and_later_keys_leave_it(table: CountingTable) -> None:
    assert read_schema_version(table) is None
    a_key(table)
    assert read_schema_version(table) == SCHEMA_VERSION
    table.write([Put({"pk": SCHEMA_KEY[0], "sk": SCHEMA_KEY[1], "version": 7})])
    a_key(table)
    assert read_schema_version(table) == 7

"""No body, however made, gets a 5xx or onto the queue unless it is a good event.

The bad bodies are seeded, so a failure can be had again: its message names what was broken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.events_api import ROUTES as MODELS
from tests.contract.events_api import GOOD, ROUTES, Answer, EventsApi, a_request
from tests.contract.hostile import BODY_BREAKERS, break_body, break_item

KINDS = sorted(GOOD)
T = TypeVar("T")
ITEMS, BODIES, MIXED = 2_000, 800, 300
"""Different bodies of each sort, on each route."""


def check_problem(answer: Answer, broken: str, api: EventsApi) -> None:
    assert 400 <= answer.status < 500, (answer.status, broken)
    assert answer.headers["content-type"] == "application/problem+json", broken
    assert answer.json["status"] == answer.status, broken
    assert all(isinstance(answer.json[name], str) and answer.json[name] for name in ("type", "title", "detail")), broken
    for fault in answer.json.get("errors", []):
        assert fault.keys() == {"pointer", "code", "detail"}, broken
        assert fault["pointer"] == "" or fault["pointer"].startswith("/"), broken
        assert fault["code"], broken
        assert fault["detail"], broken
    assert answer.status == 413 or answer.json["errors"], broken
    assert api.queued == [], broken


def different(make: Callable[[], tuple[str, T]], many: int) -> Iterator[tuple[str, T]]:
    """`many` results of `make` of which no two are alike."""
    seen: set[str] = set()
    for _ in range(20 * many):
        broken, made = make()
        if repr(made) not in seen:
            seen.add(repr(made))
            yield broken, made
        if len(seen) == many:
            return
    raise AssertionError(f"only {len(seen)} different ones were made")


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_item_is_a_4xx_and_nothing_is_queued(kind: str) -> None:
    api, random = EventsApi(), Random(f"items of {kind}")
    for broken, item in different(lambda: break_item(random, kind), ITEMS):
        answer = api.post(kind, item)
        assert answer.status == 422, (answer.status, broken)
        check_problem(answer, broken, api)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_body_is_a_4xx_and_nothing_is_queued(kind: str) -> None:
    api, random = EventsApi(), Random(f"bodies of {kind}")
    seen = set()
    for broken, body in different(lambda: break_body(random, kind), BODIES):
        answer = api.post_raw(kind, body)
        check_problem(answer, f"{broken}: {body[:80]!r}", api)
        assert answer.status == (413 if broken == "too large" else 400), (answer.status, broken, body[:80])
        seen.add(broken)
    assert seen == BODY_BREAKERS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_among_bad_items_exactly_the_good_one_is_queued(kind: str) -> None:
    random = Random(f"mixed {kind}")
    for _ in range(MIXED):
        api = EventsApi()
        bad = [break_item(random, kind) for _ in range(random.randrange(1, 4))]
        place = random.randrange(len(bad) + 1)
        items: list[Any] = [item for _, item in bad]
        items.insert(place, GOOD[kind]())
        answer = api.post(kind, items)
        assert (answer.status, answer.json["accepted"]) == (202, 1), [broken for broken, _ in bad]
        assert answer.json["events"][place]["status"] == "queued"
        assert len(api.queued) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_byte_is_refused_or_still_an_event(kind: str) -> None:
    random = Random(f"bytes of {kind}")
    for _ in range(1_000):
        api, raw = EventsApi(), bytearray(json.dumps(GOOD[kind]()).encode())
        for _ in range(random.randrange(1, 4)):
            raw[random.randrange(len(raw))] = random.randrange(256)
        answer = api.post_raw(kind, bytes(raw))
        assert answer.status == 202 or 400 <= answer.status < 500, bytes(raw)
        assert len(api.queued) == (1 if answer.status == 202 else 0), bytes(raw)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(kind=st.sampled_from(KINDS), name=st.data(), value=ANY_JSON)
def test_any_json_in_any_field_is_a_202_or_a_422(kind: str, name: st.DataObject, value: Any) -> None:
    field = name.draw(st.sampled_from(sorted(MODELS[ROUTES[kind]].names)))
    api = EventsApi()
    answer = api.post(kind, {**GOOD[kind](), field: value})
    assert answer.status in (202, 400, 422)
    assert len(api.queued) == (answer.status == 202)


@settings(max_examples=300)
@given(
    kind=st.sampled_from(KINDS), body=st.binary(max_size=200) | ANY_JSON.map(lambda value: json.dumps(value).encode())
)
def test_any_body_is_a_202_or_a_4xx(kind: str, body: bytes) -> None:
    api = EventsApi()
    answer = api.post_raw(kind, body)
    assert answer.status == 202 or 400 <= answer.status < 500


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/jsonx",
        "json",
    ],
)
def test_another_content_type_is_a_415(content_type: str) -> None:
    api = EventsApi()
    answer = api.post_raw("change", json.dumps(GOOD["change"]()), {"content-type": content_type})
    assert (answer.status, api.queued) == (415, [])


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_a_compressed_body_is_a_415(encoding: str) -> None:
    api = EventsApi()
    assert api.post("change", GOOD["change"](), {"content-encoding": encoding}).status == 415
    assert api.queued == []


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_in_utf8_is_taken_as_text_and_as_base64(content_type: str) -> None:
    body = json.dumps(GOOD["incident"](severity="größer"), ensure_ascii=False)
    for sent in (body, body.encode()):
        api = EventsApi()
        assert api.post_raw("incident", sent, {"content-type": content_type}).status == 202
        assert api.queued[0]["data"]["severity"] == "größer"


def test_a_body_marked_base64_that_is_not_is_a_400() -> None:
    api = EventsApi()
    headers = {"authorization": f"Bearer {api.key}", "content-type": "application/json"}
    for body in ("%%%%", "abc", "é" * 4):
        answer = api.send({**a_request(ROUTES["change"], body, headers), "isBase64Encoded": True})
        assert (answer.status, answer.faults) == (400, {("", "not_base64")})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b"\xef\xbb\xbf{}", "byte_order_mark"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b'{"a": 1', "not_json"),
        (b'{"a": NaN}', "not_a_number"),
        (b'{"a": 1, "a": 1}', "duplicate_name"),
        (b'{"a": 1e999}', "number_too_large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a": "\\ud800"}', "lone_surrogate"),
        (b"[" * 21 + b"]" * 21, "too_deep"),
        (b"[" * 200_000 + b"]" * 200_000, "too_deep"),
    ],
)
def test_each_way_of_being_no_json_has_its_own_code(body: bytes, code: str) -> None:
    answer = EventsApi().post_raw("change", body)
    assert (answer.status, answer.faults) == (400, {("", code)})


def test_twenty_levels_and_a_whole_surrogate_pair_are_no_fault_of_the_body() -> None:
    assert EventsApi().post_raw("change", b"[" * 20 + b"]" * 20).status == 422
    assert EventsApi().post_raw("incident", json.dumps(GOOD["incident"](severity="🔥"))).status == 202


def test_a_body_of_exactly_one_mebibyte_is_read_and_one_byte_more_is_not() -> None:
    text = json.dumps(GOOD["change"]())
    fits = text + " " * (1024 * 1024 - len(text))
    for body in (fits, fits.encode()):
        assert EventsApi().post_raw("change", body).status == 202
    for body in (fits + " ", (fits + " ").encode()):
        api = EventsApi()
        assert (api.post_raw("change", body).status, api.queued) == (413, [])

"""What a client may expect of HTTP: 304, gzip, exact origins, OPTIONS, and an id of every request."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from leadline.access.keys import EVENTS_WRITE
from leadline.store.access import AccessSettings
from leadline.store.table import Put
from tests.contract.events_api import EventsApi, a_change
from tests.unit.query.product_api import ProductApi, a_request

PAGE = "https://dash.acme.dev"


def ask(api: ProductApi, method: str, path: str, key: bool = True, **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.app.handle(a_request(method, path, "", {**sent, **({"x-api-key": api.key} if key else {})}))


def with_page(*origins: str) -> ProductApi:
    api = ProductApi()
    api.table.write([Put(AccessSettings(origins=origins or (PAGE,)).to_item())])
    return api


@pytest.mark.parametrize("form", ["{}", '{}, W/"other"', '"a", {}', "*"])
def test_what_the_caller_has_already_is_a_304_without_a_body_and_a_change_is_not(form: str) -> None:
    api = ProductApi()
    tag = ask(api, "GET", "/v1/teams")["headers"]["etag"]
    again = ask(api, "GET", "/v1/teams", if_none_match=form.format(tag))
    assert (again["statusCode"], again["body"], again["headers"]["etag"]) == (304, "", tag)
    assert "content-type" not in again["headers"]
    assert ask(api, "HEAD", "/v1/teams", if_none_match=form.format(tag))["statusCode"] == 304
    assert ask(api, "GET", "/v1/teams", if_none_match='W/"other"')["statusCode"] == 200
    api.put_team("pay", {"author": "ann"})
    if form != "*":
        assert ask(api, "GET", "/v1/teams", if_none_match=form.format(tag))["statusCode"] == 200


def test_an_error_has_no_etag_and_is_never_a_304() -> None:
    answer = ask(ProductApi(), "GET", "/v1/nothing", if_none_match="*")
    assert (answer["statusCode"], "etag" in answer["headers"]) == (404, False)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("*, gzip;q=0.0", False),
    ],
)
def test_a_long_answer_is_packed_for_who_takes_gzip_and_says_the_same(accepted: str, packed: bool) -> None:
    api = ProductApi()
    plain = ask(api, "GET", "/openapi.json")
    answer = ask(api, "GET", "/openapi.json", accept_encoding=accepted)
    assert answer["headers"]["vary"] == "accept-encoding"
    assert (answer.get("isBase64Encoded"), answer["headers"].get("content-encoding")) == (
        (True, "gzip") if packed else (None, None)
    )
    body = gzip.decompress(base64.b64decode(answer["body"])).decode() if packed else answer["body"]
    assert body == plain["body"]
    assert "content-encoding" not in ask(api, "GET", "/healthz", accept_encoding=accepted)["headers"]


def test_only_an_origin_that_is_listed_exactly_may_read() -> None:
    api = with_page()
    for origin, may in (
        (PAGE, True),
        ("https://dash.acme.dev.evil.dev", False),
        ("http://dash.acme.dev", False),
        ("null", False),
    ):
        for path, key in (("/v1/teams", True), ("/v1/teams", False), ("/v1/nothing", True)):
            headers = ask(api, "GET", path, key, origin=origin)["headers"]
            assert headers.get("access-control-allow-origin") == (PAGE if may else None)
            assert "origin" in headers["vary"]
            assert "access-control-allow-credentials" not in headers
    assert not any(
        name.startswith("access-control") for name in ask(ProductApi(), "GET", "/v1/teams", origin=PAGE)["headers"]
    )


def test_a_browser_may_ask_first_without_a_key_and_is_told_what_the_page_may_send() -> None:
    api = with_page()
    asked = {"origin": PAGE, "access_control_request_method": "PUT"}
    answer = ask(api, "OPTIONS", "/v1/teams/pay", key=False, **asked)
    assert answer["statusCode"] == 204
    assert answer["headers"]["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    assert answer["headers"]["access-control-allow-methods"] == answer["headers"]["allow"]
    assert {"authorization", "if-match", "idempotency-key"} <= set(
        answer["headers"]["access-control-allow-headers"].split(", ")
    )
    refused = ask(api, "OPTIONS", "/v1/teams/pay", key=False, **{**asked, "origin": "https://evil.dev"})
    assert not any(name.startswith("access-control") for name in refused["headers"])


@pytest.mark.parametrize(
    ("path", "allow"), [("/v1/teams", "GET, HEAD, OPTIONS"), ("/v1/events/changes", "OPTIONS, POST")]
)
def test_options_says_what_there_is(path: str, allow: str) -> None:
    answer = ask(ProductApi(), "OPTIONS", path, key=False)
    assert (answer["statusCode"], answer["headers"]["allow"], answer["body"]) == (204, allow, "")
    assert ask(ProductApi(), "OPTIONS", "/v1/nothing", key=False)["statusCode"] == 404


def test_every_answer_of_both_functions_has_the_id_that_its_log_line_has() -> None:
    api = ProductApi()
    for method, path in (("GET", "/v1/teams"), ("GET", "/v1/nothing"), ("POST", "/v1/teams"), ("OPTIONS", "/v1/teams")):
        assert ask(api, method, path)["headers"]["x-request-id"] == "req-1"
    lines = [json.loads(line) for line in api.log.getvalue().splitlines()]
    assert {line["request_id"] for line in lines} == {"req-1"}
    events = EventsApi()
    for answer in (
        events.post("change", a_change()),
        events.post("change", {}),
        events.post("change", [], {"authorization": ""}),
    ):
        assert answer.headers["x-request-id"] == "req-1"


def test_an_id_that_could_break_a_header_is_not_repeated() -> None:
    event = a_request("GET", "/healthz")
    event["requestContext"]["requestId"] = "a\r\nset-cookie: b"
    assert ProductApi().app.handle(event)["headers"]["x-request-id"] == "none"


def test_the_events_scope_alone_reads_nothing() -> None:
    api = ProductApi()
    api.key = api.a_key(EVENTS_WRITE)
    assert ask(api, "GET", "/v1/teams")["statusCode"] == 403

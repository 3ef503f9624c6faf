"""Whatever a request looks like, the answer is a good one or a problem of the sender's: never a 5xx."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.store.memory import MemoryTable
from query.routes import ROUTES
from query.shapes.openmetrics import OPENMETRICS
from tests.builders import a_change, a_deployment, at, tell
from tests.unit.query.product_api import Answer, ProductApi, a_request

_NAMES = sorted({parameter.name for route in ROUTES for parameter in route.parameters})
_PATHS = [route.path.replace("{key}", "0" * 24).replace("{team}", "pay") for route in ROUTES]
_TYPICAL = [
    "2026-10-01",
    "2026-10-31",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-W01-1",
    "-1",
    "0",
    "7",
    "200",
    "1e3",
    "٣",
    "day",
    "week",
    "service",
    "repository",
    "team",
    "author",
    "production",
    "shop",
    "success",
    "mapped",
    "%00",
    "%FF%FE",
    "%ED%A0%80",
    "+",
    "%",
    "%zz",
    "null",
    "[]",
    "{}",
    "#",
    "%23",
    "cell%23production%23all",
    "../../etc/passwd",
    "acme/shop",
    "https://acme.dev",
    "a.b",
    "abc.def",
]
_LONG = ["a" * 300, "%F0%9F%98%80" * 60, "' OR 1=1 --", "\x00", "\ud800"]

_values = st.one_of(
    st.sampled_from([*_TYPICAL, *_LONG]),
    st.text(max_size=20),
    st.text("0123456789-", max_size=12),
    st.text(max_size=20).map(lambda text: quote(text, errors="replace")),
)
_pairs = st.tuples(st.one_of(st.sampled_from(_NAMES), st.text(max_size=8)), _values)
_queries = st.one_of(
    st.lists(_pairs, max_size=6).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)),
    st.text(max_size=60),
)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-01-01", "ann"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["members", "author", "from", "to", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def _api() -> ProductApi:
    api = ProductApi()
    tell(api.table, a_change(2, "c2", at(2)), a_deployment("c1", at(1)), a_deployment("c2", at(3)))
    api.put_team("pay", {"author": "ann"})
    return api


API = _api()


def check(answer: Answer) -> None:
    """A good answer, or a problem in the one shape, with a fault for each thing that is wrong."""
    assert answer.status < 500, answer.text
    if answer.status == 204:
        return
    if answer.status in (200, 202):
        if answer.headers["content-type"].startswith(OPENMETRICS):
            assert answer.text.endswith("# EOF\n")
            return
        assert answer.headers["content-type"] == "application/json"
        json.loads(answer.text, parse_constant=_refuse)
        return
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json
    assert body["status"] == answer.status
    assert {"type", "title", "detail"} <= body.keys()
    for fault in body.get("errors", []):
        assert fault.keys() == {"pointer", "code", "detail"}
    if answer.status in (400, 422):
        assert body["errors"]


def _refuse(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


@settings(max_examples=1_500)
@given(st.sampled_from(_PATHS), _queries)
def test_no_query_string_is_a_fault_of_ours(path: str, query: str) -> None:
    check(API.request("GET", path, query))


@settings(max_examples=300)
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH", "OPTIONS", "TRACE", "", "get"]),
    st.one_of(st.text(max_size=30), st.tuples(st.sampled_from(_PATHS), st.text(max_size=12)).map("".join)),
)
def test_no_method_or_path_is_a_fault_of_ours(method: str, path: str) -> None:
    answer = API.request(method, path, body="{}", content_type="application/json")
    assert answer.status < 500
    if method != "HEAD":
        check(answer)


@settings(max_examples=400)
@given(_json, st.booleans())
def test_no_body_is_a_fault_of_ours(value: Any, encoded: bool) -> None:
    body = json.dumps(value)
    headers = {"authorization": f"Bearer {API.key}", "content-type": "application/json"}
    event = a_request(
        "PUT", "/v1/teams/pay", "", headers, base64.b64encode(body.encode()).decode() if encoded else body
    )
    check(Answer(API.app.handle({**event, "isBase64Encoded": encoded})))


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["authorization", "x-api-key", "accept", "content-type", "host"]),
        st.text(max_size=60),
        max_size=3,
    )
)
def test_no_header_is_a_fault_of_ours(headers: dict[str, str]) -> None:
    check(Answer(API.app.handle(a_request("GET", "/v1/services", "", headers))))


@pytest.mark.parametrize(
    "accept", ["text/html", "text/*", "application/xml, image/png", "application/json;q=0", "*/*;q=0.0"]
)
def test_who_takes_no_json_is_told_so(accept: str) -> None:
    assert API.request("GET", "/v1/settings", accept=accept).status == 406


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/*", "", ",", "nonsense"],
)
def test_who_takes_json_among_others_gets_it(accept: str) -> None:
    assert API.request("GET", "/v1/services", accept=accept).status == 200


def test_the_log_holds_nothing_that_was_sent() -> None:
    api = ProductApi()
    canary = "canary4711"
    api.request("GET", f"/v1/deployments/{canary}", f"service={canary}&{canary}=1", x_other=canary)
    api.request("GET", f"/{canary}", canary)
    api.request("GET", "/v1/services", key=f"ll_{canary}")
    api.put_team(canary, {"author": canary})
    api.request("PUT", "/v1/teams/x", body=canary, content_type="application/json")
    logged = api.log.getvalue()
    assert logged.count("\n") == 5
    assert canary not in logged
    assert api.key not in logged


def test_a_bug_is_a_500_that_tells_nothing_and_is_logged_by_its_place() -> None:
    class Broken(MemoryTable):
        def query(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("secret detail")

    api = ProductApi(Broken())
    answer = api.request("GET", "/v1/services")
    assert answer.status == 500
    assert "secret detail" not in answer.text + api.log.getvalue()
    assert "RuntimeError" in api.log.getvalue()

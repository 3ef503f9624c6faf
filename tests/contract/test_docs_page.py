"""Swagger UI: off at first, all of it from here, and nothing allowed that is not."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any

import pytest

from leadline.store.access import AccessSettings
from leadline.store.table import Put
from query.routes import ROUTES
from tests.unit.query.product_api import ProductApi, a_request

FILES = ("/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css")


def an_api(*, on: bool) -> ProductApi:
    api = ProductApi()
    api.table.write([Put(AccessSettings(docs=on).to_item())])
    return api


def ask(api: ProductApi, path: str, **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.app.handle(a_request("GET", path, "", sent))


def text_of(answer: dict[str, Any]) -> str:
    body = base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"].encode()
    return (gzip.decompress(body) if answer["headers"].get("content-encoding") == "gzip" else body).decode()


@pytest.mark.parametrize("path", FILES)
def test_it_is_off_until_it_is_turned_on(path: str) -> None:
    assert ask(ProductApi(), path)["statusCode"] == 404
    assert ask(an_api(on=False), path)["statusCode"] == 404
    assert ask(an_api(on=True), path)["statusCode"] == 200


def test_an_admin_turns_it_on_and_off() -> None:
    api = ProductApi()
    for wanted in (True, False):
        body = f'{{"docs": {str(wanted).lower()}}}'
        kind = "application/json"
        put = api.request("PUT", "/v1/settings/access", body=body, if_match="*", content_type=kind)
        assert put.json["docs"] is wanted
        api.now += 31_000
        assert ask(api, "/docs")["statusCode"] == (200 if wanted else 404)


def test_the_page_has_only_what_is_served_here_and_nothing_inline() -> None:
    page = text_of(ask(an_api(on=True), "/docs"))
    served = {route.path for route in ROUTES}
    named = set(re.findall(r'(?:src|href)="([^"]*)"', page)) - {"data:,"}
    assert {f"/{name}" for name in named} == set(FILES) - {"/docs"}
    assert set(FILES) <= served
    assert not re.search(r"<script>|<style|style=|\son\w+=|https?:", page)


@pytest.mark.parametrize("path", FILES)
def test_each_file_forbids_the_browser_all_that_it_does_not_need(path: str) -> None:
    headers = ask(an_api(on=True), path)["headers"]
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "SwaggerUIBundle"),
        ("/docs/swagger-ui.css", "text/css; charset=utf-8", ".swagger-ui"),
    ],
)
@pytest.mark.parametrize("accepted", ["gzip", ""])
def test_the_librarys_files_are_where_powertools_has_them(path: str, kind: str, content: str, accepted: str) -> None:
    answer = ask(an_api(on=True), path, accept_encoding=accepted)
    assert answer["headers"]["content-type"] == kind
    assert content in text_of(answer)
    assert answer["headers"].get("content-encoding", "") == accepted
    assert "accept-encoding" in answer["headers"]["vary"]

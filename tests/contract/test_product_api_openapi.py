"""The OpenAPI document says what the code does: for the Product API by construction, for the Events API by these tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.events_api import CDEVENTS
from ingest.events_api import ROUTES as EVENT_ROUTES
from ingest.webhooks.receiver import PREFIX
from leadline.contract.events import COMMIT_FIELDS
from leadline.contract.statuses import SPELLINGS, read_status
from leadline.contract.webhook_sources import WEBHOOK_SOURCES
from query.routes import DOCS_ROUTES, ROUTES, document
from tests.unit.query.product_api import ProductApi

METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
SCHEMAS = document()["components"]["schemas"]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_it_is_served_without_a_key() -> None:
    answer = ProductApi().request("GET", "/openapi.json", key=None)
    assert answer.json == document()
    assert answer.json["openapi"].startswith("3.1.")
    assert answer.json["info"].keys() >= {"title", "version"}


def test_it_names_every_route_of_both_functions_and_no_other() -> None:
    listed = {(method.upper(), path) for path, method, _ in operations()}
    product = {(route.method, route.path) for route in ROUTES}
    senders = {("POST", CDEVENTS), ("POST", f"{PREFIX}{{source}}")}
    assert listed == product | {("POST", path) for path in EVENT_ROUTES} | senders


def test_it_names_every_sender_of_webhooks() -> None:
    (source,) = document()["paths"][f"{PREFIX}{{source}}"]["post"]["parameters"]
    assert set(source["schema"]["enum"]) == WEBHOOK_SOURCES.keys()


def test_it_knows_every_word_for_a_status_that_ingest_knows() -> None:
    told = SCHEMAS["DeploymentEvent"]["properties"]["status"]["enum"]
    assert {read_status(word) for word in told if word is not None} == SPELLINGS.keys()
    assert {word.replace(" ", "_") for spellings in SPELLINGS.values() for word in spellings} <= set(told)


def test_everything_it_refers_to_is_there() -> None:
    for reference in set(references(document())):
        place: Any = document()
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_operation_has_an_id_of_its_own_its_path_parameters_and_its_errors() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(ids)) == len(ids)
    for path, method, operation in operations():
        assert method in METHODS
        in_path = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        assert operation["summary"]
        assert all(response.keys() & {"description", "$ref"} for response in operation["responses"].values())
        assert {"400", "500"} <= operation["responses"].keys()
        if operation["security"]:
            assert {"401", "403", "503"} <= operation["responses"].keys()
        else:
            open_to_all = {"/healthz", "/openapi.json", "/v1/badges/{badge}", f"{PREFIX}{{source}}"}
            assert path in open_to_all | {route.path for route in DOCS_ROUTES}


def test_every_parameter_and_every_metric_is_explained() -> None:
    for path, _, operation in operations():
        for parameter in operation["parameters"]:
            assert parameter["in"] == "path" or parameter["description"], (path, parameter["name"])
    for name in ("ChangeLeadTime", "ChangeFailRate", "DeploymentFrequency", "DeploymentReworkRate"):
        assert "DORA" in SCHEMAS[name]["description"]


@pytest.mark.parametrize("path", sorted(EVENT_ROUTES))
def test_the_events_schemas_have_the_declared_fields_and_no_others(path: str) -> None:
    event_type = EVENT_ROUTES[path]
    body = document()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    one = body["oneOf"][0]["$ref"].rpartition("/")[2]
    for schema, fields in ((SCHEMAS[one], event_type.fields), (SCHEMAS["Commit"], COMMIT_FIELDS)):
        assert list(schema["properties"]) == [field.name for field in fields]
        assert schema["required"] == [field.name for field in fields if field.required]
        assert all(schema["properties"][field.name]["description"] for field in fields)

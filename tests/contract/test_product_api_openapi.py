"""The OpenAPI document: what is served is what the code says, and every example in it works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import fastjsonschema
import pytest

import leadline
from apidoc.document import FILE, build_document, committed_document, operations_of, to_text
from ingest.events_api import CDEVENTS
from ingest.events_api import ROUTES as EVENT_ROUTES
from ingest.webhooks.receiver import PREFIX
from leadline.contract.events import COMMIT_FIELDS
from leadline.contract.statuses import SPELLINGS, read_status
from leadline.contract.webhook_sources import WEBHOOK_SOURCES
from query.routes import DOCS_ROUTES, ROUTES
from tests.unit.query.product_api import ProductApi

METHODS = {"get", "put", "post", "delete", "patch"}
VERBS = {
    "get",
    "list",
    "send",
    "receive",
    "create",
    "replace",
    "update",
    "delete",
    "revoke",
    "rotate",
    "retry",
    "preview",
}
DOCUMENT = committed_document()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = list(operations_of(DOCUMENT["paths"]))


def schemas_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from schemas_in(inner)


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The request body and the successful answers, by media type."""
    yield from operation.get("requestBody", {}).get("content", {}).items()
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from response.get("content", {}).items()


def test_the_committed_document_is_what_the_code_generates() -> None:
    """Each example is executed: generating takes it from a run of the real functions. `make docs` writes the document."""
    assert FILE.read_text("utf-8") == to_text(build_document())


def test_it_is_served_without_a_key_byte_for_byte() -> None:
    answer = ProductApi().request("GET", "/openapi.json", key=None)
    assert answer.text.encode() == FILE.read_bytes()
    assert answer.headers["content-type"] == "application/json"


def test_it_has_the_version_the_licence_and_the_servers() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["info"]["version"] == leadline.__version__
    assert DOCUMENT["info"]["license"]["identifier"] == "Apache-2.0"
    assert DOCUMENT["servers"][0]["url"] == "/"  # so that Swagger UI calls the stack that serves it


def test_it_names_every_route_of_both_functions_and_no_other() -> None:
    listed = {(method.upper(), path) for path, method, _ in OPERATIONS}
    product = {(route.method, route.path) for route in ROUTES} - {(route.method, route.path) for route in DOCS_ROUTES}
    senders = {("POST", CDEVENTS), ("POST", f"{PREFIX}{{source}}")}
    assert listed == product | {("POST", path) for path in EVENT_ROUTES} | senders


def test_it_names_every_sender_of_webhooks() -> None:
    (source,) = DOCUMENT["paths"][f"{PREFIX}{{source}}"]["post"]["parameters"]
    assert set(source["schema"]["enum"]) == WEBHOOK_SOURCES.keys()


def test_it_knows_every_word_for_a_status_that_ingest_knows() -> None:
    words = SCHEMAS["DeploymentEvent"]["properties"]["status"]["enum"]
    assert {read_status(word) for word in words if word is not None} == SPELLINGS.keys()
    assert {word.replace(" ", "_") for spellings in SPELLINGS.values() for word in spellings} <= set(words)


def test_everything_it_refers_to_is_there() -> None:
    for reference in {schema["$ref"] for schema in schemas_in(DOCUMENT) if "$ref" in schema}:
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step.replace("~1", "/").replace("~0", "~")]


def test_every_operation_has_an_id_of_its_own_that_reads_as_a_method() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert {name.partition("_")[0] for name in ids} <= VERBS
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in ids)


def test_every_operation_has_a_summary_a_tag_its_path_parameters_and_its_errors() -> None:
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for path, method, operation in OPERATIONS:
        assert method in METHODS
        in_path = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        assert re.fullmatch(r"[A-Z].*\.", operation["summary"])
        assert set(operation["tags"]) <= tags
        assert all(response.keys() & {"description", "$ref"} for response in operation["responses"].values())
        if operation["security"]:
            assert {"401", "403", "503"} <= operation["responses"].keys()
        else:
            assert path in {"/healthz", "/openapi.json", "/v1/badges/{badge}", f"{PREFIX}{{source}}"}


def test_every_parameter_and_every_schema_is_explained() -> None:
    for path, _, operation in OPERATIONS:
        assert all(parameter["description"] for parameter in operation["parameters"]), path
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []
    for name in ("ChangeLeadTime", "ChangeFailRate", "DeploymentFrequency", "DeploymentReworkRate"):
        assert "DORA" in SCHEMAS[name]["description"]


def test_every_request_body_and_every_successful_answer_has_an_example() -> None:
    without = [(op["operationId"], media) for _, _, op in OPERATIONS for media, c in contents(op) if "example" not in c]
    assert without == []


@pytest.mark.parametrize("operation", [op for _, _, op in OPERATIONS], ids=lambda operation: operation["operationId"])
def test_every_example_is_valid_by_its_schema(operation: dict[str, Any]) -> None:
    for _, content in contents(operation):
        whole = {**content["schema"], "components": DOCUMENT["components"], "paths": DOCUMENT["paths"]}
        fastjsonschema.compile(whole, use_default=False)(content["example"])


def test_generators_find_json_first_and_no_default_in_a_field() -> None:
    """They take the first media type for the type of the answer, and a field with a default for a required one."""
    for _, _, operation in OPERATIONS:
        for response in operation["responses"].values():
            medias = list(response.get("content", ()))
            assert "application/json" not in medias[1:]
    assert [schema for schema in schemas_in(SCHEMAS) if "default" in schema and "type" in schema] == []


@pytest.mark.parametrize("path", sorted(EVENT_ROUTES))
def test_the_events_schemas_have_the_declared_fields_and_no_others(path: str) -> None:
    event_type = EVENT_ROUTES[path]
    body = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    one = body["oneOf"][0]["$ref"].rpartition("/")[2]
    for schema, fields in ((SCHEMAS[one], event_type.fields), (SCHEMAS["Commit"], COMMIT_FIELDS)):
        assert list(schema["properties"]) == [field.name for field in fields]
        assert schema["required"] == [field.name for field in fields if field.required]
        assert all(schema["properties"][field.name]["description"] for field in fields)

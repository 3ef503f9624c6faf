"""The OpenAPI 3.1 document of both functions, generated from the route table, the schemas and the events' declarations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import leadline
from apidoc.events import EVENT_PATHS, EVENT_SCHEMAS
from apidoc.example_world import Examples
from apidoc.examples import run_examples
from apidoc.operations import HEADERS, PROBLEM_SCHEMAS, REQUEST_ID, Json, headers, problem_responses
from apidoc.product import product_paths
from apidoc.senders import SENDER_PATHS, SENDER_SCHEMAS
from query.routes import DOCS_ROUTES, ROUTES

FILE = Path(__file__).with_name("openapi.json")

_DESCRIPTION = """\
Leadline turns deployment events into DORA metrics.

- Times are RFC 3339 (UTC in responses); durations are in seconds.
- Errors are `application/problem+json` (RFC 9457); for invalid input, `errors` lists every error.
- Lists are paged: pass `next_cursor` as `cursor` until it is null.
- Every GET endpoint also supports HEAD; OPTIONS lists the methods of a path.
"""

_SERVERS = [
    {"url": "/", "description": "The stack that serves this document."},
    {"url": "http://127.0.0.1:8787", "description": "The local stack (`make up`)."},
    {
        "url": "https://{host}",
        "description": "A stack in your AWS account.",
        "variables": {
            "host": {
                "default": "abcde12345.execute-api.eu-central-1.amazonaws.com",
                "description": "The stack's output `ApiUrl`, or your own domain.",
            }
        },
    },
]

_TAGS = {
    "Events": "Send events and trace how they were processed.",
    "Webhooks": "Receive webhooks from other systems.",
    "Metrics": "DORA metrics as a report, as flat rows and for Prometheus.",
    "Custom metrics": "Your own metrics: their definitions and values.",
    "Deployments": "Deployments with the changes that they shipped; corrections and deletions.",
    "Services": "Services and their configuration.",
    "Teams": "Teams and their members.",
    "Settings": "The organisation's settings, and the history of changes.",
    "Jobs": "Background work that continues after a response.",
    "People": "Authors, pseudonyms and removals.",
    "Dashboards": "Dashboards and their data.",
    "Badges": "Badges for READMEs.",
    "Keys": "API keys.",
    "Plans": "Usage plans: rate limits for API keys.",
    "Access": "The access log and its settings.",
    "System": "Health, and this document.",
}

_TAG_OF_PATH = {
    "/v1/events": "Events",
    "/v1/webhooks": "Webhooks",
    "/v1/sources": "Webhooks",
    "/v1/metrics": "Metrics",
    "/v1/metrics/custom": "Custom metrics",
    "/v1/deployments": "Deployments",
    "/v1/changes": "Deployments",
    "/v1/incidents": "Deployments",
    "/v1/services": "Services",
    "/v1/teams": "Teams",
    "/v1/settings": "Settings",
    "/v1/history": "Settings",
    "/v1/jobs": "Jobs",
    "/v1/people": "People",
    "/v1/dashboards": "Dashboards",
    "/v1/badges": "Badges",
    "/v1/keys": "Keys",
    "/v1/plans": "Plans",
    "/v1/settings/access": "Access",
    "/v1/access-logs": "Access",
    "/healthz": "System",
    "/openapi.json": "System",
}

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def build_document() -> Json:
    """The document with all its examples, which come from a run of the real functions in memory."""
    document = describe_api()
    _add_examples(document, run_examples(document["paths"]))
    return document


def describe_api() -> Json:
    """The document without examples."""
    product, schemas = product_paths([route for route in ROUTES if route not in DOCS_ROUTES])
    paths: dict[str, Json] = {path: dict(methods) for path, methods in {**EVENT_PATHS, **SENDER_PATHS}.items()}
    for path, methods in product.items():
        paths.setdefault(path, {}).update(methods)
    for path, _, operation in operations_of(paths):
        _complete(path, operation)
    schemas = {**EVENT_SCHEMAS, **SENDER_SCHEMAS, **schemas, **PROBLEM_SCHEMAS}
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Leadline",
            "version": leadline.__version__,
            "summary": "Deployment events in, DORA metrics out.",
            "description": _DESCRIPTION,
            "contact": {"name": "The maintainers of Leadline"},
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": _SERVERS,
        "tags": [{"name": name, "description": description} for name, description in _TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {name: _without_defaults(schemas[name]) for name in sorted(schemas)},
            "headers": HEADERS,
            "responses": problem_responses(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`."},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "`X-API-Key: KEY`."},
            },
        },
    }
    return dict(_without_links(document))


def committed_document() -> Json:
    """The document as it was last generated."""
    return dict(json.loads(FILE.read_text("utf-8")))


def to_text(document: Json) -> str:
    """As it is committed and served."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def operations_of(paths: Mapping[str, Json]) -> Iterator[tuple[str, str, Json]]:
    """Every operation: path, method in lower case, and the operation itself."""
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(path: str, operation: Json) -> None:
    """Adds what all operations have in common: a tag, and headers of the answers."""
    operation["tags"] = [
        _TAG_OF_PATH[max(filter(f"{path}/".startswith, (f"{p}/" for p in _TAG_OF_PATH)), key=len)[:-1]]
    ]
    for status, response in operation["responses"].items():
        if "$ref" not in response:
            has_etag = status in ("200", "304") and "304" in operation["responses"]
            names = [REQUEST_ID, *(["ETag"] if has_etag else []), *(["Location"] if status == "201" else [])]
            response["headers"] = {**headers(*names), **response.get("headers", {})}


def _without_defaults(schema: Any) -> Any:
    """The schema with each `default` moved into its description: generators take a field with a default for a required one."""
    if isinstance(schema, list):
        return [_without_defaults(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if "default" not in schema or "type" not in schema:
        return {name: _without_defaults(value) for name, value in schema.items()}
    rest = {name: value for name, value in schema.items() if name != "default"}
    default = f"Default: `{json.dumps(schema['default']).strip(chr(34))}`."
    return {**rest, "description": f"{rest.get('description', '')} {default}".strip()}


def _without_links(value: Any) -> Any:
    """Descriptions are shared with the docs, whose links lead nowhere from here."""
    if isinstance(value, dict):
        return {
            name: _LINK.sub(r"\1", inner) if name == "description" and isinstance(inner, str) else _without_links(inner)
            for name, inner in value.items()
        }
    return [_without_links(inner) for inner in value] if isinstance(value, list) else value


def _add_examples(document: Json, examples: Examples) -> None:
    for _, _, operation in operations_of(document["paths"]):
        example = examples[operation["operationId"]]
        for parameter in operation["parameters"]:
            if parameter["name"] in example.parameters:
                parameter["example"] = example.parameters[parameter["name"]]
        _fill(operation.get("requestBody", {}), example.requests)
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                _fill(response, example.answers)


def _fill(described: Json, examples: Mapping[str, Any]) -> None:
    for media, content in described.get("content", {}).items():
        content["example"] = examples[media]

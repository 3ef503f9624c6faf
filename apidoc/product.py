"""The Product API in the OpenAPI document, generated from its route table and the types of its bodies and answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from apidoc.operations import Json, problems
from leadline.contract.metrics_catalogue import describe_answers
from leadline.http.content_negotiation import JSON
from query.http.parameters import MAX_REPEATS, Parameter
from query.http.route import Route
from query.http.schemas import text

_TEMPLATE = "#/components/schemas/{model}"
_ALWAYS = (400, 406, 500)
_WITH_KEY = (401, 403, 429, 503)
_TOO_LARGE = 422

_HEADER_SCHEMAS = {"Idempotency-Key": text(200)}

_PATH_PARAMETERS = {
    "author": "The author's name or pseudonym.",
    "badge": "To show the badge: the secret in its link. To delete it: the badge's id.",
    "dashboard": "The dashboard's id.",
    "event_id": "The event's id.",
    "job": "The job's id.",
    "key": "The deployment's key.",
    "key_id": "The API key's id.",
    "name": "The metric's name.",
    "plan": "The plan's name.",
    "service": "The service's name.",
    "team": "The team's name.",
}

_SUCCESS = {
    200: "Success.",
    201: "Created.",
    202: "Queued. `GET /v1/events/{event_id}` shows its progress.",
}

References = dict[int, Json]
"""How to refer to a type's schema, by the type's id."""


def product_paths(routes: Sequence[Route]) -> tuple[dict[str, Json], Json]:
    """The operations by path and method, and the schemas that they refer to."""
    schemas, references = _schemas(routes)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    return paths, schemas


def _schemas(routes: Sequence[Route]) -> tuple[Json, References]:
    types = {id(kind): kind for route in routes for kind in (route.answer, route.body) if kind is not None}
    generated, definitions = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(kind)) for name, kind in types.items()], ref_template=_TEMPLATE
    )
    schemas = _without_titles(definitions.get("$defs", {}))
    describe_answers(schemas)
    references = {name: _without_titles(schema) for (name, _), schema in generated.items()}
    for route in routes:
        if route.body is not None:
            _close(references[id(route.body)], schemas)
    return schemas, references


def _without_titles(value: Any) -> Any:
    """Pydantic repeats every name as a title."""
    if isinstance(value, dict):
        return {
            name: _without_titles(inner)
            for name, inner in value.items()
            if not (name == "title" and isinstance(inner, str))
        }
    return [_without_titles(inner) for inner in value] if isinstance(value, list) else value


def _close(schema: Any, schemas: Json) -> None:
    """Forbids unknown fields in request bodies. Answers stay open, so that they can grow."""
    if isinstance(schema, list):
        for entry in schema:
            _close(entry, schemas)
    if not isinstance(schema, dict):
        return
    named = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2])
    if named is not None and "additionalProperties" not in named:
        if "properties" in named:
            named["additionalProperties"] = False
        _close(list(named.get("properties", {}).values()), schemas)
    _close([schema.get(name) for name in ("anyOf", "oneOf", "allOf", "items", "additionalProperties")], schemas)


def _operation(route: Route, references: References) -> Json:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_PARAMETERS[name],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    in_headers = [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": _HEADER_SCHEMAS.get(name, {"type": "string"}),
        }
        for name, description in route.headers.items()
    ]
    scope = f"Needs the scope `{route.scope}`." if route.scope is not None else "Needs no key."
    operation: Json = {
        "summary": route.summary,
        "operationId": route.operation,
        "description": f"{route.description} {scope}".strip(),
        "parameters": [*in_path, *in_headers, *map(_parameter, route.parameters)],
        "responses": _responses(route, references),
        "security": [] if route.scope is None else [{"bearer": []}, {"apiKey": []}],
    }
    if route.body is not None:
        content = {JSON: {"schema": references[id(route.body)]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _responses(route: Route, references: References) -> Json:
    statuses = {*_ALWAYS, *(_WITH_KEY if route.scope else ()), *route.problems}
    if route.scope and route.method == "GET":
        statuses.add(_TOO_LARGE)
    job = {"headers": {"Leadline-Job": {"$ref": "#/components/headers/Leadline-Job"}}} if route.starts_job else {}
    if route.answer is None:
        return {"204": {"description": "Success, without a body.", **job}, **problems(*statuses)}
    # JSON first: generators take the first media type for the answer's type. Everything else is text.
    content = {
        media: {"schema": references[id(route.answer)] if media == JSON else {"type": "string"}}
        for media in route.types
    }
    responses = {str(route.status): {"description": _SUCCESS[route.status], "content": content, **job}}
    if route.method == "GET":
        responses["304"] = {"description": "Not modified: `If-None-Match` contains the current ETag."}
    return {**responses, **problems(*statuses)}


def _parameter(parameter: Parameter) -> Json:
    schema = dict(parameter.schema)
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "required": parameter.required,
        "schema": {"type": "array", "items": schema, "maxItems": MAX_REPEATS} if parameter.repeats else schema,
    }

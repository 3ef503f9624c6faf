"""GET /openapi.json: the whole API as an OpenAPI 3.1 document.

The Product API's part is made from the route table and the answers' types, so it cannot say anything else than the code
does. What ingest takes is written down in `query.openapi.events` and `query.openapi.senders`, since functions do not
import each other; tests compare it with ingest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from leadline import __version__
from leadline.contract.metrics_catalogue import describe_answers
from leadline.http.content_negotiation import JSON
from query.openapi.events import EVENT_PATHS, EVENT_SCHEMAS
from query.openapi.senders import SENDER_PATHS, SENDER_SCHEMAS
from query.web.parameters import MAX_REPEATS, Parameter
from query.web.route import Route
from query.web.schemas import text

_REFERENCE = "#/components/schemas/{model}"
_ALWAYS = (400, 406, 500)
_WITH_KEY = (401, 403, 429, 503)
_TOO_LARGE = 422
"""Of what is stored there may be more than an answer holds."""

PROBLEMS = {
    400: "The request can't be read: errors lists each parameter that is wrong, or what is wrong with the body",
    401: "No key, a wrong one, or two different ones",
    403: "The key lacks the scope, or is limited and does not reach this, or its plan leaves the Product API out",
    404: "There is no such thing",
    406: "The Accept header rules out all that there is",
    409: "It is not in a state in which this can be done",
    412: "It was changed since it was read: read it again, and make the change to that",
    413: "The body is too large",
    415: "The content type is not JSON in UTF-8",
    422: "The body is JSON but not what is asked for: errors has one entry a fault. Or the answer would be too large (code "
    "too_wide): detail says how to ask for less",
    428: "The request needs If-Match with the ETag that was read, so that nobody's change is lost",
    429: "The plan's requests are used up; send it again after Retry-After seconds",
    500: "A fault of ours, which is logged",
    503: "Something that this needs can't be reached; send it again after Retry-After seconds",
}

_ID = "X-Request-Id"
_PROBLEM_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def _header(description: str, of: str = "string") -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": of}}


_HEADERS: dict[str, Any] = {
    _ID: _header("The request's id, as in the access log."),
    "ETag": _header("What If-None-Match, and for a change If-Match, is compared with."),
    "Leadline-Job": {
        "description": "The id of the job that applies the change (GET /v1/jobs/{job}). Absent where there is nothing to apply.",
        "schema": {"type": "string"},
    },
    "Location": _header("Where what was made is."),
    "Retry-After": _header("In so many seconds.", "integer"),
    "WWW-Authenticate": _header("How to authenticate."),
}

_HEADERS_SENT = {"Idempotency-Key": text(200)}

_PROBLEM_SCHEMAS: dict[str, Any] = {
    "Fault": {
        "type": "object",
        "description": "One thing that is wrong with the input.",
        "properties": {
            "pointer": {
                "type": "string",
                "description": 'A JSON pointer into the body ("" is all of it), or ? and the name of a query parameter.',
            },
            "code": {"type": "string", "description": "A short constant for machines."},
            "detail": {"type": "string", "description": "A sentence for people."},
        },
        "required": ["pointer", "code", "detail"],
    },
    "Problem": {
        "type": "object",
        "description": "Every error (RFC 9457).",
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
        },
        "required": ["type", "title", "status", "detail"],
    },
}


def document_of(routes: Sequence[Route]) -> dict[str, Any]:
    """The document of these routes and of what ingest takes."""
    schemas, references = _schemas(routes)
    paths = {path: dict(methods) for path, methods in {**EVENT_PATHS, **SENDER_PATHS}.items()}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    for path, methods in paths.items():
        for operation in methods.values():
            _complete(path, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Leadline",
            "version": __version__,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
            "summary": "Deployment events in, DORA metrics out.",
            "description": "Times are RFC 3339, in UTC in answers; durations are in seconds. Every GET answers HEAD too, and "
            "OPTIONS says what there is at a path. What AWS's services tell comes by EventBridge and is not in here.",
        },
        "paths": paths,
        "components": {
            "schemas": {**EVENT_SCHEMAS, **SENDER_SCHEMAS, **schemas, **_PROBLEM_SCHEMAS},
            "headers": _HEADERS,
            "responses": {_problem_name(status): _problem(status) for status in PROBLEMS},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _schemas(routes: Sequence[Route]) -> tuple[dict[str, Any], dict[Any, dict[str, Any]]]:
    """The types' schemas by name, and for each type that a route names how to refer to it."""
    types = {id(kind): kind for route in routes for kind in (route.answer, route.body) if kind is not None}
    made, definitions = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(kind)) for name, kind in types.items()], ref_template=_REFERENCE
    )
    schemas = definitions.get("$defs", {})
    describe_answers(schemas)
    references = {name: schema for (name, _), schema in made.items()}
    for route in routes:
        if route.body is not None:
            _close(references[id(route.body)], schemas)
    return schemas, references


def _close(schema: Any, schemas: dict[str, Any]) -> None:
    """What is sent has no fields but those that are named: the rest is refused. (Answers may grow.)"""
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


def _operation(route: Route, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    in_headers = [
        {
            "name": name,
            "in": "header",
            "description": description,
            "schema": _HEADERS_SENT.get(name, {"type": "string"}),
        }
        for name, description in route.headers.items()
    ]
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route.method, route.path),
        "parameters": [*in_path, *in_headers, *map(_parameter, route.parameters)],
        "responses": _responses(route, references),
        "security": [] if route.scope is None else [{"bearer": []}, {"apiKey": []}],
    }
    if route.scope is not None:
        operation["description"] = f"Needs the scope `{route.scope}`."
    if route.body is not None:
        content = {"application/json": {"schema": references[id(route.body)]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _complete(path: str, operation: dict[str, Any]) -> None:
    """What all operations have in common: the group they are listed in, and the request's id in each answer."""
    operation["tags"] = [path.removeprefix("/v1").split("/")[1]]
    for status, response in operation["responses"].items():
        if "$ref" not in response:
            names = [_ID, *(["ETag"] if status in ("200", "304") and "304" in operation["responses"] else [])]
            more = _headers(*names, *(["Location"] if status == "201" else []))
            response["headers"] = {**more, **response.get("headers", {})}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _operation_id(method: str, path: str) -> str:
    spelled = re.sub(r"\{(\w+)\}", r"by_\1", path.replace(".json", ""))
    words = [word.replace("-", "_") for word in spelled.split("/") if word not in ("", "v1")]
    return "_".join([method.lower(), *words])


def _responses(route: Route, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    statuses = {*_ALWAYS, *(_WITH_KEY if route.scope else ()), *route.problems}
    if route.scope and route.method == "GET":
        statuses.add(_TOO_LARGE)
    responses: dict[str, Any] = {
        str(status): {"$ref": f"#/components/responses/{_problem_name(status)}"} for status in sorted(statuses)
    }
    job = {"headers": _headers("Leadline-Job")} if route.starts_job else {}
    if route.answer is None:
        return {"204": {"description": "Done", **job}, **responses}
    if route.method == "GET":
        responses["304"] = {"description": "It is what If-None-Match names"}
    # Whatever is not JSON is text.
    content = {
        media: {"schema": references[id(route.answer)] if media == JSON else {"type": "string"}}
        for media in route.types
    }
    return {str(route.status): {"description": route.summary, "content": content, **job}, **responses}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "required": parameter.required,
        "schema": {"type": "array", "items": schema, "maxItems": MAX_REPEATS} if parameter.repeats else schema,
    }


def _problem_name(status: int) -> str:
    return f"Problem{status}"


def _problem(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    headers = _headers(_ID, *_PROBLEM_HEADERS.get(status, ()))
    return {"description": PROBLEMS[status], "headers": headers, "content": content}

"""Parts that all operations of the OpenAPI document share: responses, headers and references."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

PROBLEMS = {
    400: "The request is malformed: `errors` lists each invalid parameter, or what is wrong with the body.",
    401: "The key is missing or invalid, or two different keys were sent.",
    403: "The key lacks the scope, is limited to other services, or its plan excludes the Product API.",
    404: "Not found, or not visible to this key.",
    406: "The `Accept` header excludes every available media type.",
    409: "The current state does not allow this.",
    412: "The resource changed since it was read. Read it again and repeat the change.",
    413: "The body is too large.",
    415: "The content type is not JSON in UTF-8.",
    422: "The body is JSON but invalid: `errors` has one entry per error. Or the response would be too large (code "
    "`too_wide`): `detail` says how to narrow the request.",
    428: "`If-Match` is required, with the ETag from your last read, so that no concurrent change is overwritten.",
    429: "The plan's requests are used up. Retry after `Retry-After` seconds.",
    500: "An internal error, which is logged.",
    503: "A dependency is unreachable. Retry after `Retry-After` seconds.",
}

REQUEST_ID = "X-Request-Id"
_PROBLEM_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def _header(description: str, kind: str = "string") -> Json:
    return {"description": description, "required": True, "schema": {"type": kind}}


HEADERS: Json = {
    REQUEST_ID: _header("The request's id, as in the access log."),
    "ETag": _header("The version of the resource, for `If-None-Match` and `If-Match`."),
    "Leadline-Job": {
        "description": "The id of the job that applies the change: see `GET /v1/jobs/{job}`. Absent if there is nothing to apply.",
        "schema": {"type": "string"},
    },
    "Location": _header("The URL of the created resource."),
    "Retry-After": _header("Seconds to wait before the next attempt.", "integer"),
    "WWW-Authenticate": _header("How to authenticate."),
}

PROBLEM_SCHEMAS: Json = {
    "Fault": {
        "type": "object",
        "description": "One error in the input.",
        "properties": {
            "pointer": {
                "type": "string",
                "description": 'A JSON pointer into the body ("" is the whole body), or `?` and the name of a query parameter.',
            },
            "code": {"type": "string", "description": "A stable, machine-readable code."},
            "detail": {"type": "string", "description": "A human-readable explanation."},
        },
        "required": ["pointer", "code", "detail"],
    },
    "Problem": {
        "type": "object",
        "description": "An error (RFC 9457).",
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "The kind of problem."},
            "title": {"type": "string", "description": "The kind of problem in a few words."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What is wrong with this request."},
            "errors": {
                "type": "array",
                "description": "Every error in an invalid input.",
                "items": {"$ref": "#/components/schemas/Fault"},
            },
        },
        "required": ["type", "title", "status", "detail"],
    },
}


def reference(schema: str) -> Json:
    return {"$ref": f"#/components/schemas/{schema}"}


def headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def problems(*statuses: int) -> Json:
    """References to the problem responses of these statuses, by status."""
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}


def problem_responses() -> Json:
    """The problem responses that `problems` refers to."""
    content = {"application/problem+json": {"schema": reference("Problem")}}
    return {
        f"Problem{status}": {
            "description": description,
            "headers": headers(REQUEST_ID, *_PROBLEM_HEADERS.get(status, ())),
            "content": content,
        }
        for status, description in PROBLEMS.items()
    }


def accepted(schema: str, description: str) -> Json:
    """The response of an operation that queues events."""
    return {"202": {"description": description, "content": {"application/json": {"schema": reference(schema)}}}}

"""The Events API's part of the OpenAPI document, written by hand; docs/events.md explains it.

What a field may hold in detail is ingest's to say, and it says it in each fault; here are the names, the types and the bounds.
"""

from __future__ import annotations

from typing import Any

from query.deployments.statuses import STATUSES
from query.web.schemas import NEEDS_A_SHA, SHA, TIME, URL, needs_one_of, text, whole

_TIME = {
    "description": "RFC 3339 with an offset, or epoch seconds or milliseconds; from 2000 to a day from now.",
    "anyOf": [TIME, {"type": "number", "minimum": 946_684_800, "maximum": 4_102_444_800_000}],
}
_COMMIT_TIME = {
    "description": "The same, from 1970 to 2100: what some clock said.",
    "anyOf": [TIME, {"type": "number", "minimum": 0, "maximum": 4_102_444_800_000}],
}
_FULL_SHA = {"type": "string", "pattern": "^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"}
_NAME = text(200)
_NUMBER = {"anyOf": [{"type": "integer", **whole(1, 2**53 - 1)}, {"type": "string", "pattern": "^[1-9][0-9]{0,14}$"}]}
_SEGMENT = "([A-Za-z0-9._~+-]|%[0-9A-Fa-f]{2})+"
_REPOSITORY = {
    "type": "string",
    "maxLength": 200,
    "pattern": rf"^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{{1,5}})?/|localhost:[0-9]{{1,5}}/)?{_SEGMENT}(/{_SEGMENT}){{1,20}}$",
    "description": "A path, without protocol, credentials or .git.",
    "examples": ["acme/api", "github.com/acme/api", "gitlab.com/group/sub/app"],
}


def _list(of: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": of, "maxItems": most}


def _object(description: str, required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": required,
        "additionalProperties": False,
        "properties": {name: schema if name in required else _or_null(schema) for name, schema in properties.items()},
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Null means "not sent"."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    with_null = {**schema, "type": [schema["type"], "null"]}
    return {**with_null, "enum": [*schema["enum"], None]} if "enum" in schema else with_null


EVENT_SCHEMAS: dict[str, Any] = {
    "DeploymentEvent": {
        **_object(
            "One run that put a commit into an environment.",
            [],
            {
                "id": {**SHA, "description": "SHA of the commit that was deployed. Required unless baseline."},
                "repository": _REPOSITORY,
                "service": {**_NAME, "description": "Required unless repository is given."},
                "environment": {**_NAME, "maxLength": 100, "default": "production"},
                "status": {
                    "type": "string",
                    "enum": list(STATUSES),
                    "default": "success",
                    "description": "success, failure, cancelled or in_progress, or what a common CI system calls it, in any case.",
                },
                "started_at": _TIME,
                "finished_at": _TIME,
                "deployment_id": {
                    **_NAME,
                    "description": "The sender's own id of this run: sent again, it is the same run.",
                },
                "previous_id": {**SHA, "description": "SHA that this one replaced."},
                "baseline": {
                    "type": "boolean",
                    "default": False,
                    "description": "Starts tracking and carries nothing.",
                },
                "remediates": {
                    **_NAME,
                    "description": "deployment_id or SHA of the failed deployment that this repairs.",
                },
                "version": _NAME,
                "url": URL,
                "labels": {
                    "type": "object",
                    "maxProperties": 20,
                    "propertyNames": text(100),
                    "additionalProperties": text(500),
                },
            },
        ),
        "allOf": [
            needs_one_of("repository", "service"),
            NEEDS_A_SHA,
        ],
    },
    "ChangeEvent": {
        **_object(
            "A pull or merge request. Sent again with more fields, it is completed.",
            ["repository", "number"],
            {
                "repository": _REPOSITORY,
                "number": _NUMBER,
                "author": _NAME,
                "base_branch": {**_NAME, "default": "main"},
                "merge_sha": {**SHA, "description": "Required once merged_at is sent."},
                "head_sha": SHA,
                "commit_shas": _list(SHA, 2500),
                "first_commit_at": _COMMIT_TIME,
                "opened_at": _TIME,
                "first_review_at": _TIME,
                "approved_at": _TIME,
                "merged_at": _TIME,
                "paths": _list(text(1000), 3000),
                "labels": _list(_NAME, 100),
                "head_branch": {**_NAME, "maxLength": 255},
                "title": {**_NAME, "maxLength": 1200},
                "url": URL,
            },
        ),
        "anyOf": [{"properties": {"merged_at": {"type": "null"}}}, *needs_one_of("merge_sha")["anyOf"]],
    },
    "IncidentEvent": {
        **_object(
            "Something that broke. Sent again with resolved_at, it is closed.",
            ["id", "started_at"],
            {
                "id": _NAME,
                "service": {**_NAME, "description": "Required unless repository is given."},
                "repository": _REPOSITORY,
                "environment": {**_NAME, "maxLength": 100},
                "started_at": _TIME,
                "resolved_at": _TIME,
                "deployment": {**_NAME, "description": "deployment_id or SHA of the deployment that caused it."},
                "severity": _NAME,
                "url": URL,
            },
        ),
        **needs_one_of("repository", "service"),
    },
    "CommitsEvent": _object(
        "A stretch of a repository's commit graph: what makes ranges exact.",
        ["repository", "commits"],
        {
            "repository": _REPOSITORY,
            "branch": _NAME,
            "commits": {**_list({"$ref": "#/components/schemas/Commit"}, 500), "minItems": 1},
        },
    ),
    "Commit": _object(
        "A commit and its parents, in git's order.",
        ["sha", "parents", "committed_at"],
        {
            "sha": _FULL_SHA,
            "parents": _list(_FULL_SHA, 100),
            "committed_at": _COMMIT_TIME,
            "authored_at": _COMMIT_TIME,
            "author": _NAME,
            "cherry_picked_from": {**SHA, "description": "From the trailer that git cherry-pick -x writes."},
        },
    ),
    "PointEvent": {
        **_object(
            "One value of a custom metric. Without id and Idempotency-Key it needs its time.",
            ["name", "value"],
            {
                "name": {
                    "type": "string",
                    "pattern": "^[a-z][a-z0-9._-]{0,99}$",
                    "description": "The metric's name.",
                    "examples": ["review.comments", "build.seconds"],
                },
                "value": {
                    "type": "number",
                    "minimum": -1_000_000_000_000,
                    "maximum": 1_000_000_000_000,
                    "description": "At most 6 decimals and, where it has any, 15 digits.",
                },
                "time": _TIME,
                "service": _NAME,
                "repository": {**_REPOSITORY, "description": "Looked at only where no service is sent."},
                "environment": {**text(100), "default": "production"},
                "team": {**_NAME, "description": "Where it is not sent: the author's teams on that day."},
                "author": _NAME,
                "labels": {
                    "type": "object",
                    "maxProperties": 20,
                    "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 500},
                },
                "id": {
                    **_NAME,
                    "description": "The sender's own id: sent again for the same service, it is the same point.",
                },
            },
        ),
        **needs_one_of("id", "time"),
    },
    "EventsAnswer": {
        "type": "object",
        "description": "What became of each event, in order.",
        "required": ["accepted", "rejected", "events"],
        "properties": {
            "accepted": {"type": "integer"},
            "rejected": {"type": "integer"},
            "events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["index", "status"],
                    "properties": {
                        "index": {"type": "integer"},
                        "event_id": {
                            "type": "string",
                            "description": "Of a queued event; always the same for the same event.",
                        },
                        "status": {"type": "string", "enum": ["queued", "rejected"]},
                        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
                    },
                },
            },
        },
    },
}

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "For a single deployment the same as its deployment_id, for a single point as its id.",
    "schema": _NAME,
}


def _route(kind: str, schema: str) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{schema}"}
    body = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 500}]}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/EventsAnswer"}}}
    problems = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"}
        for status in (400, 401, 403, 406, 413, 415, 422, 429, 500, 503)
    }
    return {
        "post": {
            "summary": f"Tells of {kind}, one or up to 500",
            "operationId": f"post_events_{kind}",
            "description": "Needs the scope `events:write`. One bad event never sinks its neighbours.",
            "parameters": [_IDEMPOTENCY_KEY] if schema in ("DeploymentEvent", "PointEvent") else [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "202": {"description": "At least one event is valid, and safely on the queue", "content": answer},
                **problems,
            },
            "security": [{"bearer": []}, {"apiKey": []}],
        }
    }


EVENT_PATHS: dict[str, Any] = {
    "/v1/events/deployments": _route("deployments", "DeploymentEvent"),
    "/v1/events/changes": _route("changes", "ChangeEvent"),
    "/v1/events/incidents": _route("incidents", "IncidentEvent"),
    "/v1/events/commits": _route("commits", "CommitsEvent"),
    "/v1/events/metrics": _route("metrics", "PointEvent"),
}

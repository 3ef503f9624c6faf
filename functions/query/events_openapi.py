"""The Events API's part of the OpenAPI document, written by hand; docs/events.md explains it.

What a field may hold in detail is ingest's to say, and it says it in each fault; here are the names, the types and the bounds.
"""

from __future__ import annotations

from typing import Any

_TIME = {
    "description": "RFC 3339 with an offset, or epoch seconds or milliseconds.",
    "oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}],
}
_SHA = {"type": "string", "pattern": "^[0-9a-fA-F]{7,64}$"}
_FULL_SHA = {"type": "string", "pattern": "^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_URL = {"type": "string", "format": "uri", "maxLength": 2000}
_REPOSITORY = {
    "type": "string",
    "maxLength": 200,
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
        "properties": properties,
    }


EVENT_SCHEMAS: dict[str, Any] = {
    "DeploymentEvent": {
        **_object(
            "One run that put a commit into an environment.",
            [],
            {
                "id": {**_SHA, "description": "SHA of the commit that was deployed. Required unless baseline."},
                "repository": _REPOSITORY,
                "service": {**_NAME, "description": "Required unless repository is given."},
                "environment": {**_NAME, "maxLength": 100, "default": "production"},
                "status": {
                    "type": "string",
                    "default": "success",
                    "description": "success, failure, cancelled or in_progress; the words of common CI systems are understood.",
                },
                "started_at": _TIME,
                "finished_at": _TIME,
                "deployment_id": {
                    **_NAME,
                    "description": "The sender's own id of this run: sent again, it is the same run.",
                },
                "previous_id": {**_SHA, "description": "SHA that this one replaced."},
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
                "url": _URL,
                "labels": {
                    "type": "object",
                    "maxProperties": 20,
                    "additionalProperties": {"type": "string", "maxLength": 500},
                },
            },
        ),
        "anyOf": [{"required": ["repository"]}, {"required": ["service"]}],
    },
    "ChangeEvent": _object(
        "A pull or merge request. Sent again with more fields, it is completed.",
        ["repository", "number"],
        {
            "repository": _REPOSITORY,
            "number": {"type": "integer", "minimum": 1},
            "author": _NAME,
            "base_branch": {**_NAME, "default": "main"},
            "merge_sha": {**_SHA, "description": "Required once merged_at is sent."},
            "head_sha": _SHA,
            "commit_shas": _list(_SHA, 2500),
            "first_commit_at": _TIME,
            "opened_at": _TIME,
            "first_review_at": _TIME,
            "approved_at": _TIME,
            "merged_at": _TIME,
            "paths": _list({"type": "string", "maxLength": 1000}, 3000),
            "labels": _list(_NAME, 100),
            "url": _URL,
        },
    ),
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
                "url": _URL,
            },
        ),
        "anyOf": [{"required": ["repository"]}, {"required": ["service"]}],
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
            "committed_at": _TIME,
            "authored_at": _TIME,
            "author": _NAME,
            "cherry_picked_from": {**_SHA, "description": "From the trailer that git cherry-pick -x writes."},
        },
    ),
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
    "description": "For a single deployment the same as its deployment_id.",
    "schema": _NAME,
}


def _route(kind: str, schema: str) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{schema}"}
    body = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 500}]}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/EventsAnswer"}}}
    problems = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"}
        for status in (400, 401, 403, 413, 415, 422, 500, 503)
    }
    return {
        "post": {
            "summary": f"Tells of {kind}, one or up to 500",
            "operationId": f"post_events_{kind}",
            "description": "Needs the scope `events:write`. One bad event never sinks its neighbours.",
            "parameters": [_IDEMPOTENCY_KEY] if schema == "DeploymentEvent" else [],
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
}

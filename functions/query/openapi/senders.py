"""What other systems send by themselves, in the OpenAPI document: webhooks and CDEvents; docs/connect explains them.

What AWS's own services tell comes by EventBridge and has no address here.
"""

from __future__ import annotations

from typing import Any

from leadline.contract.webhook_sources import WEBHOOK_SOURCES

_NOT_EMPTY = {"type": "string", "minLength": 1}
_RESULT = {"index": {"type": "integer"}, "event_id": {"type": "string"}}

SENDER_SCHEMAS: dict[str, Any] = {
    "CDEvent": {
        "type": "object",
        "description": "A document of CDEvents. One of a type that Leadline reads is checked against CDEvents' own schema; "
        "others are ignored.",
        "required": ["context"],
        "properties": {
            "context": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"type": "string", "description": "Such as dev.cdevents.service.deployed.0.3.0."}
                },
            },
            "subject": {},
            "customData": {},
        },
    },
    "CloudEvent": {
        "type": "object",
        "description": "A CloudEvent 1.0 that carries a document of CDEvents, with the same id, source and type.",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"type": "string", "pattern": r"^1\.", "examples": ["1.0"]},
            "id": _NOT_EMPTY,
            "source": _NOT_EMPTY,
            "type": _NOT_EMPTY,
            "datacontenttype": {"const": "application/json"},
            "data": {},
        },
    },
    "CDEventsAnswer": {
        "type": "object",
        "description": "What became of each event, in order. `waiting`: kept until its artifact's commit is told; `stored`: an "
        "artifact's commit, for which `released` deployments had waited.",
        "required": ["accepted", "ignored", "rejected", "events"],
        "properties": {
            "accepted": {"type": "integer"},
            "ignored": {"type": "integer"},
            "rejected": {"type": "integer"},
            "events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["index", "status"],
                    "properties": {
                        **_RESULT,
                        "status": {"enum": ["queued", "waiting", "stored", "ignored", "rejected"]},
                        "reason": {"type": "string"},
                        "released": {"type": "integer"},
                        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
                    },
                },
            },
        },
    },
    "WebhookAnswer": {
        "type": "object",
        "description": "What was made of a webhook: events, or nothing and why. `refused`: what of it could not be read.",
        "required": ["status"],
        "properties": {
            "status": {"enum": ["accepted", "ignored"]},
            "reason": {"type": "string"},
            "events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["event_id", "kind", "status"],
                    "properties": {
                        "event_id": {"type": "string"},
                        "kind": {"type": "string"},
                        "status": {"const": "queued"},
                    },
                },
            },
            "refused": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def _answer(schema: str, description: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"202": {"description": description, "content": content}}


_CARRIED = {
    "application/json": {"schema": {"$ref": "#/components/schemas/CDEvent"}},
    "application/cloudevents+json": {"schema": {"$ref": "#/components/schemas/CloudEvent"}},
    "application/cloudevents-batch+json": {
        "schema": {"type": "array", "maxItems": 500, "items": {"$ref": "#/components/schemas/CloudEvent"}}
    },
}

SENDER_PATHS: dict[str, Any] = {
    "/v1/events": {
        "post": {
            "summary": "Takes CDEvents, bare or as CloudEvents",
            "operationId": "post_events",
            "description": "Needs the scope `events:write`, of a key without limits. As `application/json` a document comes bare, "
            "or with its CloudEvent in `ce-` headers.",
            "parameters": [],
            "requestBody": {"required": True, "content": _CARRIED},
            "responses": {
                **_answer("CDEventsAnswer", "At least one event was taken or ignored"),
                **_problems(400, 401, 403, 406, 413, 415, 422, 429, 500, 503),
            },
            "security": [{"bearer": []}, {"apiKey": []}],
        }
    },
    "/v1/webhooks/{source}": {
        "post": {
            "summary": "Takes a webhook of another system",
            "operationId": "post_webhooks_by_source",
            "description": "Signed as its sender signs, with the secret that was set for it, instead of a key. The body is the "
            "sender's own; what makes no sense is ignored with a reason, so that no sender switches its webhook off.",
            "parameters": [
                {
                    "name": "source",
                    "in": "path",
                    "required": True,
                    "description": "Which system sends it.",
                    "schema": {"type": "string", "enum": list(WEBHOOK_SOURCES)},
                }
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
            "responses": {
                **_answer("WebhookAnswer", "Its events are safely on the queue, or there is nothing in it to count"),
                **_problems(400, 401, 404, 413, 500, 503),
            },
            "security": [],
        }
    },
}

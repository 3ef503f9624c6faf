"""Webhooks and CDEvents in the OpenAPI document. AWS events arrive through EventBridge and have no path."""

from __future__ import annotations

from typing import Any

from apidoc.operations import Json, accepted, problems, reference
from leadline.contract.webhook_sources import WEBHOOK_SOURCES

_NOT_EMPTY = {"type": "string", "minLength": 1}

SENDER_SCHEMAS: Json = {
    "CDEvent": {
        "type": "object",
        "description": "A CDEvents document. The event types that Leadline uses are validated against the CDEvents schemas; "
        "all others are ignored.",
        "required": ["context"],
        "properties": {
            "context": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"type": "string", "description": "For example dev.cdevents.service.deployed.0.3.0."},
                    **{name: {} for name in ("id", "source", "specversion", "timestamp", "version")},
                },
            },
            "subject": {},
            "customData": {},
        },
    },
    "CloudEvent": {
        "type": "object",
        "description": "A CloudEvent 1.0 that carries a CDEvents document with the same id, source and type.",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"type": "string", "pattern": r"^1\.", "examples": ["1.0"]},
            "id": _NOT_EMPTY,
            "source": _NOT_EMPTY,
            "type": _NOT_EMPTY,
            "datacontenttype": {"type": "string", "const": "application/json"},
            "data": {},
        },
    },
    "CDEventResult": {
        "type": "object",
        "description": "The result for one CDEvent.",
        "required": ["index", "status"],
        "properties": {
            "index": {"type": "integer", "description": "Its position in the request, from 0."},
            "event_id": {"type": "string", "description": "The id of a queued event."},
            "status": {
                "type": "string",
                "enum": ["queued", "waiting", "stored", "ignored", "rejected"],
                "description": "`waiting`: kept until the artifact's commit is known. `stored`: the artifact's "
                "commit is known now.",
            },
            "reason": {"type": "string", "description": "Why the event is waiting or ignored."},
            "released": {
                "type": "integer",
                "description": "The number of deployments that waited for this artifact and are now queued.",
            },
            "errors": {"type": "array", "description": "Why the event was rejected.", "items": reference("Fault")},
        },
    },
    "CDEventResults": {
        "type": "object",
        "description": "The result for each CDEvent of a request, in order.",
        "required": ["accepted", "ignored", "rejected", "events"],
        "properties": {
            "accepted": {"type": "integer"},
            "ignored": {"type": "integer"},
            "rejected": {"type": "integer"},
            "events": {"type": "array", "items": reference("CDEventResult")},
        },
    },
    "WebhookEvent": {
        "type": "object",
        "description": "An event that a webhook contained.",
        "required": ["event_id", "kind", "status"],
        "properties": {
            "event_id": {"type": "string"},
            "kind": {"type": "string", "description": "For example `deployment` or `incident`."},
            "status": {"type": "string", "const": "queued"},
        },
    },
    "WebhookResult": {
        "type": "object",
        "description": "The events that a webhook contained, or why it was ignored.",
        "required": ["status"],
        "properties": {
            "status": {"type": "string", "enum": ["accepted", "ignored"]},
            "reason": {"type": "string", "description": "Why the webhook was ignored."},
            "events": {"type": "array", "items": reference("WebhookEvent")},
            "refused": {
                "type": "array",
                "description": "Parts of the webhook that could not be used, each with the reason.",
                "items": {"type": "string"},
            },
        },
    },
}

# Named from here and not from `components`: Python's generator cannot tell an array from other bodies of an operation, and
# its function then fails for all of them. So it leaves out the batch, with a warning.
_ONE_CLOUD_EVENT = "#/paths/~1v1~1events/post/requestBody/content/application~1cloudevents+json/schema"

_CDEVENTS_BODY = {
    "application/json": {"schema": reference("CDEvent")},
    "application/cloudevents+json": {"schema": reference("CloudEvent")},
    "application/cloudevents-batch+json": {
        "schema": {"type": "array", "maxItems": 500, "items": {"$ref": _ONE_CLOUD_EVENT}}
    },
}

_CLOUD_EVENT_HEADERS = [
    {
        "name": f"ce-{attribute}",
        "in": "header",
        "required": False,
        "description": f"With `application/json`: the CloudEvent's `{attribute}`{note}. All four of these headers, or none.",
        "schema": {"type": "string"},
    }
    for attribute, note in {
        "specversion": ", 1.0",
        "id": ", as in the document",
        "source": ", as in the document",
        "type": ", as in the document",
    }.items()
]

SENDER_PATHS: dict[str, Any] = {
    "/v1/events": {
        "post": {
            "summary": "Send CDEvents.",
            "operationId": "send_cdevents",
            "description": "CDEvents documents, plain or as CloudEvents. As `application/json`, send the plain document; its "
            "CloudEvents attributes may be in `ce-` headers. Needs the scope `events:write` and a key that is not limited to "
            "services or repositories.",
            "parameters": _CLOUD_EVENT_HEADERS,
            "requestBody": {
                "description": "One document, or a batch of CloudEvents.",
                "required": True,
                "content": _CDEVENTS_BODY,
            },
            "responses": {
                **accepted("CDEventResults", "At least one event was accepted or ignored."),
                **problems(400, 401, 403, 406, 413, 415, 422, 429, 500, 503),
            },
            "security": [{"bearer": []}, {"apiKey": []}],
        }
    },
    "/v1/webhooks/{source}": {
        "post": {
            "summary": "Receive a webhook from another system.",
            "operationId": "receive_webhook",
            "description": "Authenticated by the sender's signature with the source's secret, not by a key. A "
            "webhook that cannot be used is answered with 202 and a reason, because senders disable webhooks that "
            "fail.",
            "parameters": [
                {
                    "name": "source",
                    "in": "path",
                    "required": True,
                    "description": "The system that sends it.",
                    "schema": {"type": "string", "enum": list(WEBHOOK_SOURCES)},
                }
            ],
            "requestBody": {
                "description": "The payload, in the sender's own format.",
                "required": True,
                "content": {"application/json": {"schema": {"description": "Any JSON value."}}},
            },
            "responses": {
                **accepted(
                    "WebhookResult", "The webhook's events were queued, or it was ignored for the returned reason."
                ),
                **problems(400, 401, 404, 413, 500, 503),
            },
            "security": [],
        }
    },
}

"""The Events API in the OpenAPI document, generated from the events' declarations (`leadline.contract.events`)."""

from __future__ import annotations

from typing import Any

from apidoc.operations import Json, accepted, problems, reference
from leadline.contract.events import COMMIT_SCHEMA, EVENT_TYPES
from leadline.contract.fields import EventType
from leadline.contract.text_schema import text_schema

EVENT_SCHEMAS: Json = {
    **{event_type.schema_name: event_type.schema() for event_type in EVENT_TYPES},
    "Commit": COMMIT_SCHEMA,
    "EventResult": {
        "type": "object",
        "description": "The result for one event of a request.",
        "required": ["index", "status"],
        "properties": {
            "index": {"type": "integer", "description": "Its position in the request, from 0."},
            "event_id": {
                "type": "string",
                "description": "The id of a queued event; the same event always gets the same id.",
            },
            "status": {"type": "string", "enum": ["queued", "rejected"]},
            "errors": {
                "type": "array",
                "description": "Why the event was rejected.",
                "items": reference("Fault"),
            },
        },
    },
    "EventResults": {
        "type": "object",
        "description": "The result for each event of a request, in order.",
        "required": ["accepted", "rejected", "events"],
        "properties": {
            "accepted": {"type": "integer", "description": "How many events were queued."},
            "rejected": {"type": "integer", "description": "How many events are invalid."},
            "events": {"type": "array", "items": reference("EventResult")},
        },
    },
}

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "For a request with a single event: becomes the deployment's `deployment_id` or the point's `id`.",
    "schema": text_schema(200),
}


def _operation(event_type: EventType) -> Json:
    many = event_type.path.rpartition("/")[2]
    nouns = {"metrics": "points of custom metrics"}.get(many, many)
    one = reference(event_type.schema_name)
    body = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 500}]}
    return {
        "post": {
            "summary": f"Send {nouns}.",
            "operationId": "send_points" if many == "metrics" else f"send_{many}",
            "description": f"Send one object, or an array of up to 500. {event_type.description} "
            "An invalid event does not affect the others. Needs the scope `events:write`.",
            "parameters": [_IDEMPOTENCY_KEY] if event_type.idempotency_field else [],
            "requestBody": {
                "description": "One object or an array of up to 500 objects.",
                "required": True,
                "content": {"application/json": {"schema": body}},
            },
            "responses": {
                **accepted("EventResults", "At least one event is valid and was queued."),
                **problems(400, 401, 403, 406, 413, 415, 422, 429, 500, 503),
            },
            "security": [{"bearer": []}, {"apiKey": []}],
        }
    }


EVENT_PATHS: dict[str, Any] = {event_type.path: _operation(event_type) for event_type in EVENT_TYPES}

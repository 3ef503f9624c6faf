"""The Events API's part of the OpenAPI document, made from the declarations of the events (`leadline.contract.events`)."""

from __future__ import annotations

from typing import Any

from leadline.contract.events import COMMIT_SCHEMA, EVENT_TYPES
from leadline.contract.fields import EventType
from leadline.contract.types import text_schema

EVENT_SCHEMAS: dict[str, Any] = {
    **{event_type.schema_name: event_type.schema() for event_type in EVENT_TYPES},
    "Commit": COMMIT_SCHEMA,
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
    "schema": text_schema(200),
}


def _route(event_type: EventType) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{event_type.schema_name}"}
    body = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 500}]}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/EventsAnswer"}}}
    problems = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"}
        for status in (400, 401, 403, 406, 413, 415, 422, 429, 500, 503)
    }
    many = event_type.path.rpartition("/")[2]
    return {
        "post": {
            "summary": f"Ingest 1-500 {many}",
            "operationId": f"send_{many}",
            "description": f"{event_type.description} Needs the scope `events:write`. One bad event never sinks its neighbours.",
            "parameters": [_IDEMPOTENCY_KEY] if event_type.idempotency_field else [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "202": {"description": "At least one event is valid, and safely on the queue.", "content": answer},
                **problems,
            },
            "security": [{"bearer": []}, {"apiKey": []}],
        }
    }


EVENT_PATHS: dict[str, Any] = {event_type.path: _route(event_type) for event_type in EVENT_TYPES}

"""Payloads of incident.io's webhooks."""

from __future__ import annotations

from typing import Any


def a_time(name: str, value: str | None) -> dict[str, Any]:
    return {"incident_timestamp": {"id": "01T", "name": name, "rank": 1}, "value": {"value": value} if value else None}


def an_affected_service(name: str, external_id: str | None = None) -> dict[str, Any]:
    field = {"id": "01F", "name": "Affected services", "field_type": "multi_select", "options": []}
    entry = {"id": "01C", "name": name, "external_id": external_id}
    return {"custom_field": field, "values": [{"value_catalog_entry": entry}]}


def an_incident(category: str = "live", **changed: Any) -> dict[str, Any]:
    return {
        "id": "01FDAG4SAP5TYPT98WGR2N7W91",
        "reference": "INC-123",
        "name": "Orders fail",
        "mode": "standard",
        "visibility": "public",
        "permalink": "https://app.incident.io/acme/incidents/123",
        "incident_status": {"id": "01S", "name": "Somewhere", "category": category, "rank": 1},
        "severity": {"id": "01V", "name": "Major", "rank": 2},
        "incident_type": {"id": "01Y", "name": "Production outage"},
        "created_at": "2026-09-21T12:05:00.801578Z",
        "updated_at": "2026-09-21T12:06:00Z",
        "incident_timestamp_values": [a_time("Reported at", "2026-09-21T12:05:00Z"), a_time("Fixed at", None)],
        "custom_field_entries": [an_affected_service("Web Shop")],
        "incident_role_assignments": [],
        **changed,
    }


def a_status_change(incident: dict[str, Any], before: str = "live") -> dict[str, Any]:
    kind = "public_incident.incident_status_updated_v2"
    previous = {"id": "01P", "name": "Fixing", "category": before}
    return {
        "event_type": kind,
        kind: {"incident": incident, "new_status": incident["incident_status"], "previous_status": previous},
    }


def an_event(kind: str, incident: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"event_type": kind, kind: an_incident() if incident is None else incident}


def incident_io_events() -> dict[str, Any]:
    created, updated = (f"public_incident.incident_{kind}_v2" for kind in ("created", "updated"))
    closed = an_incident("closed", updated_at="2026-09-21T13:40:00Z")
    return {
        "created": an_event(created),
        "updated": an_event(updated),
        "triage": an_event(created, an_incident("triage")),
        "declined": an_event(updated, an_incident("declined")),
        "closed": a_status_change(closed),
        "edited when closed": an_event(updated, closed),
        "a test": an_event(created, an_incident(mode="test")),
        "nowhere": an_event(created, an_incident(custom_field_entries=[])),
        "private": {"event_type": "private_incident.incident_created_v2", "private_incident.incident_created_v2": {}},
        "follow-up": an_event("public_incident.follow_up_created_v1", {"id": "01U"}),
    }

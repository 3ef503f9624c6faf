"""Payloads of PagerDuty's version 3 webhooks."""

from __future__ import annotations

from typing import Any


def a_reference(kind: str, name: str, summary: str) -> dict[str, Any]:
    page = f"https://acme.pagerduty.com/{kind}s/{name}"
    return {"html_url": page, "id": name, "self": page, "summary": summary, "type": f"{kind}_reference"}


def an_incident(**changed: Any) -> dict[str, Any]:
    return {
        "id": "Q1ABCDE",
        "type": "incident",
        "self": "https://api.pagerduty.com/incidents/Q1ABCDE",
        "html_url": "https://acme.pagerduty.com/incidents/Q1ABCDE",
        "number": 4711,
        "status": "triggered",
        "incident_key": "7d0f",
        "created_at": "2026-09-21T12:00:00Z",
        "title": "Orders fail",
        "service": a_reference("service", "PSHOP01", "Web Shop"),
        "assignees": [a_reference("user", "PUSER01", "Ada")],
        "escalation_policy": a_reference("escalation_policy", "PPOL001", "Default"),
        "teams": [a_reference("team", "PTEAM01", "Orders")],
        "priority": a_reference("priority", "PPRIO01", "P1"),
        "urgency": "high",
        "conference_bridge": None,
        "resolve_reason": None,
        **changed,
    }


def an_event(kind: str, data: Any = None, at: str = "2026-09-21T12:00:05.120Z") -> dict[str, Any]:
    return {
        "event": {
            "id": "01ABCDEF",
            "event_type": kind,
            "resource_type": kind.partition(".")[0],
            "occurred_at": at,
            "agent": a_reference("user", "PUSER01", "Ada"),
            "client": None,
            "data": an_incident() if data is None else data,
        }
    }


def pagerduty_events() -> dict[str, Any]:
    resolved = an_incident(status="resolved")
    note = {"id": "PNOTE01", "type": "incident_note", "content": "x", "incident": a_reference("incident", "Q1", "x")}
    responder = {"type": "incident_responder", "state": "pending", "incident": a_reference("incident", "Q1", "x")}
    service = {"id": "PSHOP01", "type": "service", "summary": "Web Shop", "teams": []}
    return {
        "triggered": an_event("incident.triggered"),
        "acknowledged": an_event("incident.acknowledged", an_incident(status="acknowledged")),
        "unacknowledged": an_event("incident.unacknowledged"),
        "priority": an_event("incident.priority_updated"),
        "escalated": an_event("incident.escalated"),
        "delegated": an_event("incident.delegated"),
        "reassigned": an_event("incident.reassigned"),
        "reopened": an_event("incident.reopened"),
        "resolved": an_event("incident.resolved", resolved, "2026-09-21T13:30:00Z"),
        "annotated": an_event("incident.annotated", note),
        "responder": an_event("incident.responder.added", responder),
        "status update": an_event("incident.status_update_published", {"type": "incident_status_update"}),
        "moved": an_event("incident.service_updated"),
        "service": an_event("service.updated", service),
        "ping": an_event("pagey.ping", {"type": "ping", "message": "Hello from your friend Pagey!"}),
    }

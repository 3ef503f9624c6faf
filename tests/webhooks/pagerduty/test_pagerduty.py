from __future__ import annotations

import pytest

from leadline.contract.times import read_time
from tests.webhooks.pagerduty.payloads import an_event, an_incident
from tests.webhooks.senders import queued_by, reason_of

STARTED = read_time("2026-09-21T12:00:00Z")
OPEN = {
    "id": "Q1ABCDE",
    "service": "web-shop",
    "started_at": STARTED,
    "severity": "P1",
    "url": "https://acme.pagerduty.com/incidents/Q1ABCDE",
}


@pytest.mark.parametrize("kind", ["triggered", "acknowledged", "unacknowledged", "reopened", "priority_updated"])
def test_an_incident_that_is_open_began_when_pagerduty_created_it(kind: str) -> None:
    assert queued_by("pagerduty", an_event(f"incident.{kind}")) == [OPEN]


def test_it_ended_when_it_was_resolved() -> None:
    queued = queued_by("pagerduty", an_event("incident.resolved", at="2026-09-21T13:30:00.5Z"))
    assert queued == [{**OPEN, "resolved_at": read_time("2026-09-21T13:30:00.5Z")}]


def test_the_service_is_the_configured_one_by_id_or_name_else_its_own_name_made_plain() -> None:
    event = an_event("incident.triggered")
    for mapped in ({"pagerduty:PSHOP01": "checkout"}, {"Web Shop": "checkout"}, {"PSHOP01": "checkout"}):
        assert queued_by("pagerduty", event, incident_services=mapped)[0]["service"] == "checkout"
    other = {"jira:PSHOP01": "checkout"}
    assert queued_by("pagerduty", event, incident_services=other, default_service="rest")[0]["service"] == "web-shop"


def test_where_none_is_named_the_default_service_is_taken_and_without_one_nothing_is_recorded() -> None:
    event = an_event("incident.triggered", an_incident(service=None))
    assert queued_by("pagerduty", event, default_service="rest")[0]["service"] == "rest"
    assert reason_of("pagerduty", event).startswith("no service: map the id of PagerDuty's service")


def test_urgency_stands_in_for_a_priority_that_was_not_set() -> None:
    assert queued_by("pagerduty", an_event("incident.triggered", an_incident(priority=None)))[0]["severity"] == "high"


def test_what_ignored_events_answer() -> None:
    assert reason_of("pagerduty", an_event("pagey.ping")) == "a test of the connection"
    assert "incident.annotated does not change" in reason_of("pagerduty", an_event("incident.annotated"))
    assert reason_of("pagerduty", {"messages": []}) == "malformed: event.event_type is missing"
    wrong = an_event("incident.triggered", {"type": "incident_note"})
    assert reason_of("pagerduty", wrong) == "malformed: event.data.type is not incident"

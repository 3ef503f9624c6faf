from __future__ import annotations

import pytest

from leadline.contract.times import read_time
from tests.webhooks.incident_io.payloads import a_status_change, a_time, an_affected_service, an_event, an_incident
from tests.webhooks.senders import queued_by, reason_of

CREATED = "public_incident.incident_created_v2"
UPDATED = "public_incident.incident_updated_v2"
OPEN = {
    "id": "INC-123",
    "service": "web-shop",
    "started_at": read_time("2026-09-21T12:05:00Z"),
    "severity": "Major",
    "url": "https://app.incident.io/acme/incidents/123",
}


def test_an_incident_began_when_its_impact_did_else_when_it_was_reported_else_created() -> None:
    impact = [a_time("Reported at", "2026-09-21T12:05:00Z"), a_time("Impact started", "2026-09-21T11:55:00Z")]
    assert queued_by("incident_io", an_event(CREATED)) == [OPEN]
    queued = queued_by("incident_io", an_event(CREATED, an_incident(incident_timestamp_values=impact)))
    assert queued[0]["started_at"] == read_time("2026-09-21T11:55:00Z")
    queued = queued_by("incident_io", an_event(CREATED, an_incident(incident_timestamp_values=[])))
    assert queued[0]["started_at"] == read_time("2026-09-21T12:05:00.801Z")


def test_it_ended_when_it_was_fixed_rather_than_when_somebody_closed_it() -> None:
    times = [a_time("Closed at", "2026-09-22T09:00:00Z"), a_time("Fixed at", "2026-09-21T13:00:00Z")]
    times.append(a_time("Reported at", "2026-09-21T12:05:00Z"))
    for category in ("learning", "closed"):
        queued = queued_by("incident_io", an_event(UPDATED, an_incident(category, incident_timestamp_values=times)))
        assert queued == [{**OPEN, "resolved_at": read_time("2026-09-21T13:00:00Z")}]
    live = an_event(UPDATED, an_incident("live", incident_timestamp_values=times))
    assert queued_by("incident_io", live) == [OPEN]


def test_without_such_a_time_it_ended_the_moment_it_stopped_being_live_and_no_edit_moves_that() -> None:
    closed = an_incident("closed", updated_at="2026-09-21T13:40:00Z")
    assert queued_by("incident_io", a_status_change(closed)) == [
        {**OPEN, "resolved_at": read_time("2026-09-21T13:40:00Z")}
    ]
    assert queued_by("incident_io", a_status_change(closed, before="learning")) == [OPEN]
    assert queued_by("incident_io", an_event(UPDATED, closed)) == [OPEN]


@pytest.mark.parametrize("category", ["declined", "merged", "canceled", "triage"])
def test_what_is_not_or_not_yet_an_incident_is_not_recorded(category: str) -> None:
    reason_of("incident_io", an_event(CREATED, an_incident(category)))


@pytest.mark.parametrize("mode", ["test", "tutorial"])
def test_an_exercise_is_not_recorded(mode: str) -> None:
    assert reason_of("incident_io", an_event(CREATED, an_incident(mode=mode))) == "a test or tutorial incident"


def test_the_service_is_mapped_by_any_affected_one_or_the_type_else_it_is_the_first_affected() -> None:
    both = an_event(CREATED, an_incident(custom_field_entries=[an_affected_service("UI"), an_affected_service("Pay")]))
    assert queued_by("incident_io", both)[0]["service"] == "ui"
    assert queued_by("incident_io", both, incident_services={"Pay": "payments"})[0]["service"] == "payments"
    of_catalogue = an_event(CREATED, an_incident(custom_field_entries=[an_affected_service("The UI", "web-ui")]))
    assert queued_by("incident_io", of_catalogue)[0]["service"] == "web-ui"
    nowhere = an_event(CREATED, an_incident(custom_field_entries=[]))
    by_type = {"incident_io:Production outage": "shop"}
    assert queued_by("incident_io", nowhere, incident_services=by_type)[0]["service"] == "shop"
    assert reason_of("incident_io", nowhere).startswith("no service: ")


def test_a_private_incident_holds_nothing_but_its_id_so_it_is_not_counted() -> None:
    private = {"event_type": "private_incident.incident_created_v2", "private_incident.incident_created_v2": {}}
    assert reason_of("incident_io", private).endswith("is not an update of a public incident")

from __future__ import annotations

import pytest

from leadline.contract.times import read_time
from tests.webhooks.jira.payloads import a_jira_event, a_status, an_issue
from tests.webhooks.senders import queued_by, reason_of

CREATED, UPDATED = "jira:issue_created", "jira:issue_updated"
DONE = a_status("Resolved", "done")
STATUS_CHANGED = {"items": [{"field": "resolution"}, {"field": "status", "toString": "Resolved"}]}
OPEN = {
    "id": "OPS-12",
    "service": "web-shop",
    "started_at": read_time("2026-09-21T12:00:00Z"),
    "severity": "Highest",
    "url": "https://acme.atlassian.net/browse/OPS-12",
}


def test_an_incident_began_when_its_issue_was_created() -> None:
    assert queued_by("jira", a_jira_event(CREATED)) == [OPEN]


@pytest.mark.parametrize("kind", ["Incident", "incident", "[System] Incident"])
def test_an_issue_is_an_incident_by_its_type(kind: str) -> None:
    assert queued_by("jira", a_jira_event(CREATED, an_issue(issuetype={"name": kind})))


def test_or_by_its_label_and_else_it_is_none() -> None:
    bug = {"name": "Bug"}
    assert queued_by("jira", a_jira_event(CREATED, an_issue(issuetype=bug, labels=["Incident"])))
    assert "is not an incident" in reason_of(
        "jira", a_jira_event(CREATED, an_issue(issuetype=bug, labels=["incidental"]))
    )


def test_it_ended_at_its_resolution() -> None:
    issue = an_issue(status=DONE, resolutiondate="2026-09-21T15:30:00.000+0200")
    queued = queued_by("jira", a_jira_event(UPDATED, issue, changelog=STATUS_CHANGED))
    assert queued == [{**OPEN, "resolved_at": read_time("2026-09-21T13:30:00Z")}]


def test_without_a_resolution_it_ended_when_its_status_became_done() -> None:
    queued = queued_by("jira", a_jira_event(UPDATED, an_issue(status=DONE), changelog=STATUS_CHANGED))
    assert queued == [{**OPEN, "resolved_at": read_time("2026-09-21T13:00:00Z")}]


def test_an_edit_of_a_closed_issue_does_not_move_its_end() -> None:
    edited = {"items": [{"field": "description"}]}
    assert queued_by("jira", a_jira_event(UPDATED, an_issue(status=DONE), changelog=edited)) == [OPEN]


def test_an_issue_opened_again_reports_no_end_though_jira_may_still_show_one() -> None:
    issue = an_issue(resolutiondate="2026-09-21T15:30:00.000+0200")
    assert queued_by("jira", a_jira_event(UPDATED, issue, changelog=STATUS_CHANGED)) == [OPEN]


def test_the_service_is_mapped_by_component_or_project_else_it_is_the_first_component() -> None:
    event = a_jira_event(CREATED)
    for mapped in ({"jira:OPS": "checkout"}, {"Web Shop": "checkout"}, {"Operations": "checkout"}):
        assert queued_by("jira", event, incident_services=mapped)[0]["service"] == "checkout"
    several = a_jira_event(CREATED, an_issue(components=[{"name": "UI"}, {"name": "Payments"}]))
    assert queued_by("jira", several)[0]["service"] == "ui"
    assert queued_by("jira", several, incident_services={"Payments": "payments"})[0]["service"] == "payments"
    bare = a_jira_event(CREATED, an_issue(components=[]))
    assert reason_of("jira", bare).startswith("no service: map the project's key or a component")
    assert queued_by("jira", bare, default_service="rest")[0]["service"] == "rest"

"""Payloads of Jira's webhooks."""

from __future__ import annotations

from typing import Any


def a_status(name: str = "Open", category: str = "new") -> dict[str, Any]:
    return {"id": "1", "name": name, "statusCategory": {"id": 2, "key": category, "name": category}}


def an_issue(**changed: Any) -> dict[str, Any]:
    fields = {
        "summary": "Orders fail",
        "issuetype": {"id": "10004", "name": "[System] Incident", "subtask": False},
        "project": {"id": "10000", "key": "OPS", "name": "Operations"},
        "status": a_status(),
        "priority": {"id": "1", "name": "Highest"},
        "created": "2026-09-21T14:00:00.000+0200",
        "updated": "2026-09-21T14:00:00.000+0200",
        "resolutiondate": None,
        "resolution": None,
        "components": [{"id": "10100", "name": "Web Shop"}],
        "labels": [],
        "customfield_10030": [{"id": "x"}],
        **changed,
    }
    return {"id": "10148", "key": "OPS-12", "self": "https://acme.atlassian.net/rest/api/2/10148", "fields": fields}


def a_jira_event(kind: str, issue: Any = None, **changed: Any) -> dict[str, Any]:
    return {
        "timestamp": 1789995600000,  # 2026-09-21T13:00:00Z
        "webhookEvent": kind,
        "issue_event_type_name": "issue_generic",
        "user": {"accountId": "99:27935d01", "displayName": "Ada"},
        "issue": an_issue() if issue is None else issue,
        **changed,
    }


def jira_events() -> dict[str, Any]:
    done = a_status("Resolved", "done")
    by_status = {"id": "2", "items": [{"field": "status", "fromString": "Open", "toString": "Resolved"}]}
    resolved = an_issue(status=done, resolutiondate="2026-09-21T15:30:00.000+0200", resolution={"name": "Done"})
    labelled = an_issue(issuetype={"name": "Bug"}, labels=["customer", "Incident"])
    return {
        "created": a_jira_event("jira:issue_created"),
        "labelled": a_jira_event("jira:issue_created", labelled),
        "resolved": a_jira_event("jira:issue_updated", resolved, changelog=by_status),
        "closed without resolution": a_jira_event("jira:issue_updated", an_issue(status=done), changelog=by_status),
        "edited when closed": a_jira_event("jira:issue_updated", an_issue(status=done), changelog={"items": []}),
        "without component": a_jira_event("jira:issue_created", an_issue(components=[])),
        "a story": a_jira_event("jira:issue_created", an_issue(issuetype={"name": "Story"})),
        "deleted": a_jira_event("jira:issue_deleted"),
        "comment": a_jira_event("comment_created", comment={"id": "1", "body": "x"}),
        "worklog": {"timestamp": 1, "webhookEvent": "worklog_created", "worklog": {"id": "1"}},
        "sprint": {"timestamp": 1, "webhookEvent": "sprint_started", "sprint": {"id": 1}},
    }

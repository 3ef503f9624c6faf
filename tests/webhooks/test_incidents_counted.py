"""What the sources of incidents tell, folded by compute: in whatever order and however often, it is one incident."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from compute.apply import fold
from leadline.contract.times import read_time
from leadline.queue import MemoryQueue
from leadline.store.incidents import incident_key
from leadline.store.memory import MemoryTable
from leadline.store.table import Item
from tests.webhooks.alertmanager.payloads import a_notification, an_alert
from tests.webhooks.cdevents.api import CDEventsApi
from tests.webhooks.cdevents.documents import a_document
from tests.webhooks.incident_io import payloads as incident_io
from tests.webhooks.jira.payloads import a_jira_event, a_status, an_issue
from tests.webhooks.pagerduty import payloads as pagerduty
from tests.webhooks.senders import SENDERS, an_api

DONE = an_issue(status=a_status("Resolved", "done"), resolutiondate="2026-09-21T15:30:00.000+0200")
CLOSED = incident_io.an_incident("closed", updated_at="2026-09-21T13:30:00Z")

# For each sender the way of one incident: when it began, its id and service, and what is recorded of it.
WAYS: dict[str, tuple[str, str, str, list[Any]]] = {
    "pagerduty": (
        "2026-09-21T12:00:00Z",
        "Q1ABCDE",
        "web-shop",
        [
            pagerduty.an_event("incident.triggered"),
            pagerduty.an_event("incident.resolved", at="2026-09-21T12:30:00Z"),
            pagerduty.an_event("incident.reopened"),
            pagerduty.an_event("incident.resolved", at="2026-09-21T13:30:00Z"),
        ],
    ),
    "alertmanager": (
        "2026-09-21T12:00:00.123Z",
        f"b6b0c1e4a7f2d9c3-{read_time('2026-09-21T12:00:00.123Z')}",
        "shop",
        [
            a_notification(an_alert()),
            a_notification(an_alert(), status="firing"),
            a_notification(an_alert(status="resolved", endsAt="2026-09-21T13:30:00Z"), status="resolved"),
        ],
    ),
    "jira": (
        "2026-09-21T12:00:00Z",
        "OPS-12",
        "web-shop",
        [a_jira_event("jira:issue_created"), a_jira_event("jira:issue_updated", DONE)],
    ),
    "incident_io": (
        "2026-09-21T12:05:00Z",
        "INC-123",
        "web-shop",
        [
            incident_io.an_event("public_incident.incident_created_v2"),
            incident_io.a_status_change(CLOSED),
            incident_io.an_event(
                "public_incident.incident_updated_v2", {**CLOSED, "updated_at": "2026-09-28T00:00:00Z"}
            ),
        ],
    ),
}


def folded(queue: MemoryQueue, service: str, name: str) -> Item:
    table = MemoryTable()
    for message in queue.messages:
        fold(table, message.body)
    key = incident_key(service, name)
    stored = table.get([key])[key]
    return {field: stored[field] for field in ("started_at", "resolved_at")}


@pytest.mark.parametrize("source", WAYS)
def test_an_incident_is_one_in_whatever_order_it_is_recorded(source: str) -> None:
    began, name, service, payloads = WAYS[source]
    for order in itertools.permutations(payloads):
        api = an_api()
        for number, payload in enumerate([*order, order[0]]):
            SENDERS[source].post(api, payload, **{"x-webhook-id": str(number)})
        assert isinstance(api.queue, MemoryQueue)
        assert folded(api.queue, service, name) == {
            "started_at": read_time(began),
            "resolved_at": read_time("2026-09-21T13:30:00Z"),
        }


def test_the_same_holds_for_cdevents() -> None:
    documents = [
        a_document("incident.detected", at="2026-09-21T12:00:00Z"),
        a_document("incident.reported", at="2026-09-21T12:10:00Z"),
        a_document("incident.resolved", at="2026-09-21T13:30:00Z"),
    ]
    for order in itertools.permutations(documents):
        api = CDEventsApi()
        api.post_documents(*order)
        assert isinstance(api.queue, MemoryQueue)
        assert folded(api.queue, "shop", "INC-7") == {
            "started_at": read_time("2026-09-21T12:00:00Z"),
            "resolved_at": read_time("2026-09-21T13:30:00Z"),
        }

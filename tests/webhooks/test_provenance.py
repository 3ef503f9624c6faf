"""Each message says which source it came from, and when that source says its event was last updated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.events_api import EventsApi, a_deployment
from tests.webhooks.alertmanager.payloads import a_notification, an_alert
from tests.webhooks.argocd.payloads import a_sync
from tests.webhooks.bitbucket import payloads as bitbucket
from tests.webhooks.cdevents.api import CDEventsApi
from tests.webhooks.cdevents.documents import a_document
from tests.webhooks.github import payloads as github
from tests.webhooks.github.examples import post as post_to_github
from tests.webhooks.gitlab import payloads as gitlab
from tests.webhooks.hooks import WebhooksApi
from tests.webhooks.incident_io import payloads as incident_io
from tests.webhooks.jira import payloads as jira
from tests.webhooks.pagerduty import payloads as pagerduty
from tests.webhooks.senders import SENDERS, an_api

AT = "2026-09-21T12:30:00Z"
AT_MS = 1_789_993_800_000


def provenance(api: Any) -> list[tuple[str, int | None]]:
    return [(message["source"], message.get("source_time")) for message in api.queued]


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("pull_request", github.a_merged_one(updated_at=AT)),
        ("pull_request", github.a_pull_request("opened", updated_at=AT)),
        ("pull_request_review", github.a_review("approved", AT)),
        ("issues", github.an_issue("labeled", "incident", updated_at=AT)),
    ],
)
def test_githubs_own_timestamp_goes_on_the_queue(event: str, payload: dict[str, Any]) -> None:
    api = WebhooksApi()
    post_to_github(api, event, payload)
    assert provenance(api) == [("webhook:github", AT_MS)]


@pytest.mark.parametrize(
    "payload", [gitlab.a_merged_one(updated_at=AT), gitlab.a_merge_request("approved", updated_at=AT)]
)
def test_gitlabs_own_timestamp_goes_on_the_queue(payload: dict[str, Any]) -> None:
    api = WebhooksApi()
    gitlab.post(api, payload)
    assert provenance(api) == [("webhook:gitlab", AT_MS)]


def test_bitbuckets_own_timestamp_goes_on_the_queue() -> None:
    api = WebhooksApi()
    bitbucket.post(api, "pullrequest:fulfilled", bitbucket.a_merged_one(updated_on=AT))
    assert provenance(api) == [("webhook:bitbucket", AT_MS)]


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("pagerduty", pagerduty.an_event("incident.resolved", at=AT)),
        ("jira", jira.a_jira_event("jira:issue_updated", timestamp=AT_MS)),
        (
            "incident_io",
            incident_io.an_event("public_incident.incident_updated_v2", incident_io.an_incident(updated_at=AT)),
        ),
        ("alertmanager", a_notification(an_alert(status="resolved", endsAt=AT))),
        ("argocd", a_sync(finished_at=AT)),
    ],
)
def test_the_timestamp_of_every_other_source_goes_on_the_queue(name: str, payload: dict[str, Any]) -> None:
    api = an_api(default_service="shop")
    SENDERS[name].post(api, payload)
    assert provenance(api) == [(f"webhook:{SENDERS[name].source}", AT_MS)]


def test_a_timestamp_that_makes_no_sense_loses_no_event() -> None:
    api = WebhooksApi()
    post_to_github(api, "pull_request", github.a_merged_one(updated_at="yesterday"))
    assert provenance(api) == [("webhook:github", None)]


def test_an_event_of_the_events_api_has_no_timestamp_of_its_source() -> None:
    api = EventsApi()
    api.post("deployment", a_deployment())
    assert provenance(api) == [("api", None)]


def test_a_cdevents_timestamp_goes_on_the_queue_also_of_one_that_waited() -> None:
    api = CDEventsApi()
    deployed = a_document("service.deployed", custom={"commit": "a" * 40, "repository": "github.com/acme/shop"})
    deployed["context"]["timestamp"] = AT
    waiting = a_document("service.deployed", custom={"repository": "github.com/acme/shop"})
    waiting["context"] |= {"timestamp": AT, "id": "another"}
    waiting["subject"]["content"]["artifactId"] = "pkg:oci/shop@sha256%3A0b31"
    packaged = a_document("artifact.packaged")
    packaged["subject"] |= {"id": "pkg:oci/shop@sha256%3A0b31", "content": {"change": {"id": "b" * 40}}}
    assert [api.result(document)["status"] for document in (deployed, waiting, packaged)] == [
        "queued",
        "waiting",
        "stored",
    ]
    assert provenance(api) == [("cdevents", AT_MS)] * 2


def test_the_source_and_its_timestamp_are_no_part_of_an_events_identity() -> None:
    ids = set()
    for updated_at in (AT, "2026-09-21T12:31:00Z"):
        api = WebhooksApi()
        post_to_github(api, "pull_request", github.a_merged_one(updated_at=updated_at))
        ids.add((api.queued[0]["event_id"], api.queue.messages[0].deduplication))  # type: ignore[attr-defined]
    assert len(ids) == 1

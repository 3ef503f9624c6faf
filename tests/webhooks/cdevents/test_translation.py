"""What events of CDEvents tell: deployments, incidents, changes."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.contract.times import read_time
from tests.contract.events_api import NOW
from tests.webhooks.cdevents.api import CDEventsApi
from tests.webhooks.cdevents.documents import AT, DIGEST, RELEASES, SHA, a_document

WHEN = read_time(AT)
ID = "271069a8-fc18-44f1-b38f-9d70a1695819"
DEPLOYED = {
    "id": SHA,
    "service": "shop",
    "environment": "production",
    "status": "success",
    "finished_at": WHEN,
    "deployment_id": ID,
    "baseline": False,
}


def queued(document: dict[str, Any], **sources: Any) -> dict[str, Any]:
    (data,) = CDEventsApi(**sources).post_documents(document)
    return data


def reason(document: dict[str, Any]) -> str:
    result = CDEventsApi().result(document)
    assert result["status"] == "ignored", result
    return str(result["reason"])


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("verb", ["deployed", "upgraded", "rolledback"])
def test_a_service_deployed_upgraded_or_rolled_back_is_a_deployment(verb: str, release: str) -> None:
    assert queued(a_document(f"service.{verb}", release, custom={"commit": SHA})) == DEPLOYED


@pytest.mark.parametrize("name", ["commit", "sha", "revision", "gitCommit", "org.opencontainers.image.revision"])
def test_the_commit_stands_in_custom_data_under_a_common_name(name: str) -> None:
    assert queued(a_document("service.deployed", custom={name: SHA.upper(), "repository": "acme/shop"})) == {
        **DEPLOYED,
        "repository": "acme/shop",
    }


@pytest.mark.parametrize(
    ("artifact", "expected"),
    [
        (f"pkg:github/acme/shop@{SHA}", {"repository": "github.com/acme/shop", "version": SHA}),
        (f"{DIGEST}?vcs_url=git%2Bhttps://github.com/acme/shop.git%40{SHA}", {"repository": "github.com/acme/shop"}),
        (f"{DIGEST}?tag={SHA}&repository_url=ghcr.io/acme/shop", {}),
        (f"pkg:docker/acme/shop@sha-{SHA}", {"version": f"sha-{SHA}"}),
    ],
)
def test_else_the_artifacts_name_reports_it(artifact: str, expected: dict[str, str]) -> None:
    content = {"environment": {"id": "production"}, "artifactId": artifact}
    assert queued(a_document("service.deployed", content=content)) == {**DEPLOYED, **expected}


def test_fields_of_the_events_api_win_over_all_else() -> None:
    own = {"id": "b" * 40, "repository": "acme/shop", "service": "checkout", "environment": "staging", "version": "1.2"}
    document = a_document("service.deployed", custom={"commit": SHA, "leadline": {**own, "url": None}})
    assert queued(document) == {**DEPLOYED, **own}


def test_what_is_wrong_with_them_is_recorded_with_its_place() -> None:
    answer = CDEventsApi().carry(a_document("service.deployed", custom={"leadline": {"id": "main", "colour": "red"}}))
    assert answer.status == 422
    assert answer.faults == {("/customData/leadline/id", "sha"), ("/customData/leadline/colour", "extra")}


def test_an_event_of_tomorrow_is_refused() -> None:
    answer = CDEventsApi().carry(a_document("service.deployed", at="2027-01-01T00:00:00Z", custom={"commit": SHA}))
    assert (answer.status, answer.faults) == (422, {("", "future")})


@pytest.mark.parametrize(
    ("subject", "service"), [("service/shop", "shop"), ("daemonset/Shop API", "shop-api"), ("shop", "shop")]
)
def test_the_service_is_the_last_segment_of_the_subjects_id_unless_it_is_mapped(subject: str, service: str) -> None:
    document = a_document("service.deployed", subject=subject, custom={"commit": SHA})
    assert queued(document)["service"] == service
    assert queued(document, incident_services={f"cdevents:{subject}": "checkout"})["service"] == "checkout"


def test_a_deployment_and_an_incident_name_a_service_alike() -> None:
    deployed = a_document("service.deployed", subject="service/Shop", custom={"commit": SHA})
    detected = a_document("incident.detected", content={"environment": {"id": "e"}, "service": {"id": "ns/Shop"}})
    assert queued(deployed)["service"] == queued(detected)["service"] == "shop"


def test_an_id_too_long_for_a_deployment_is_kept_by_its_digest() -> None:
    long = queued(a_document("service.deployed", id="x" * 201, custom={"commit": SHA}))["deployment_id"]
    assert long.startswith("sha256:")
    assert queued(a_document("service.deployed", id="x" * 200, custom={"commit": SHA}))["deployment_id"] == "x" * 200


@pytest.mark.parametrize("name", ["service.removed", "service.published", "build.finished", "artifact.signed"])
def test_what_moves_no_commit_anywhere_is_ignored(name: str) -> None:
    assert reason(a_document(name)) == f"{name} is not used for any metric"


@pytest.mark.parametrize("release", RELEASES)
def test_an_incident_is_detected_reported_and_resolved(release: str) -> None:
    detected = a_document("incident.detected", release, custom={"severity": "major"})
    reported = a_document("incident.reported", release, at="2026-09-21T12:05:00Z")
    resolved = a_document("incident.resolved", release, at="2026-09-21T13:00:00Z")
    plain = {"id": "INC-7", "service": "shop", "environment": "production"}
    assert CDEventsApi().post_documents(detected, reported, resolved) == [
        {**plain, "started_at": WHEN, "severity": "major"},
        {**plain, "started_at": read_time("2026-09-21T12:05:00Z"), "url": "https://tickets.acme.dev/1"},
        {**plain, **dict.fromkeys(("started_at", "resolved_at"), read_time("2026-09-21T13:00:00Z"))},
    ]


def test_an_incident_of_no_service_is_one_of_its_artifacts_repository_else_of_the_default_service() -> None:
    nowhere = a_document("incident.detected", full=False)
    assert reason(nowhere).startswith("no service")
    assert queued(nowhere, default_service="shop")["service"] == "shop"
    content = {"environment": {"id": "production"}, "artifactId": f"pkg:github/acme/shop@{SHA}"}
    assert queued(a_document("incident.detected", content=content))["repository"] == "github.com/acme/shop"


def test_a_change_is_created_reviewed_and_merged() -> None:
    merged = a_document("change.merged", custom={"merge_sha": SHA, "head_sha": "c" * 40})
    plain = {"repository": "github.com/acme/shop", "number": 42}
    assert CDEventsApi().post_documents(a_document("change.created"), a_document("change.reviewed"), merged) == [
        {**plain, "opened_at": WHEN},
        {**plain, "first_review_at": WHEN},
        {**plain, "head_sha": "c" * 40, "merge_sha": SHA, "merged_at": WHEN},
    ]


def test_a_change_may_be_called_by_its_merge_commit_with_its_number_beside() -> None:
    assert queued(a_document("change.merged", subject=SHA, custom={"number": 7}))["merge_sha"] == SHA
    assert reason(a_document("change.merged", subject=SHA)).startswith("no number")


def test_of_a_merge_without_its_commit_nothing_is_recorded() -> None:
    assert reason(a_document("change.merged")).startswith("no merge commit")


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ({"id": "acme/shop", "source": "https://git.acme.dev"}, "git.acme.dev/acme/shop"),
        ({"id": "acme/shop", "source": "git.acme.dev:8443/"}, "git.acme.dev:8443/acme/shop"),
        ({"id": "acme/shop", "source": "https://git.acme.dev/acme/shop"}, "git.acme.dev/acme/shop"),
        ({"id": "github.com/acme/shop", "source": "/tekton"}, "github.com/acme/shop"),
        ({"id": "https://github.com/acme/shop.git"}, "github.com/acme/shop"),
        ({"id": "acme/shop", "source": "/tekton"}, "acme/shop"),
    ],
)
def test_a_repository_is_its_id_on_the_host_of_its_source(reference: dict[str, str], repository: str) -> None:
    document = a_document("change.created", subject="pulls/42", content={"repository": reference})
    assert queued(document)["repository"] == repository


def test_the_subjects_source_names_the_repository_where_the_content_does_not() -> None:
    document = a_document("change.created", full=False)
    assert reason(document).startswith("no repository")
    document["subject"]["source"] = "https://git.acme.dev/acme/shop"
    assert queued(document)["repository"] == "git.acme.dev/acme/shop"


def test_the_same_event_sent_again_is_the_same_event() -> None:
    api = CDEventsApi()
    first, second = (api.result(a_document("service.deployed", custom={"commit": SHA})) for _ in range(2))
    assert first == second
    assert len(api.queued) == 1
    assert api.queued[0]["received_at"] == NOW

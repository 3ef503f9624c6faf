from __future__ import annotations

import pytest

from leadline.contract.times import read_time
from tests.webhooks.argocd.payloads import SHA, a_sync
from tests.webhooks.senders import queued_by, reason_of

SYNCED = {
    "id": SHA,
    "repository": "github.com/acme/shop",
    "service": "shop",
    "environment": "production",
    "status": "success",
    "started_at": read_time("2026-09-21T12:00:00Z"),
    "finished_at": read_time("2026-09-21T12:01:30Z"),
    "deployment_id": "shop-prod@2026-09-21T12:00:00Z",
    "baseline": False,
    "url": "https://argocd.acme.dev/applications/argocd/shop-prod",
}


def test_a_sync_is_a_deployment_of_the_annotated_commit() -> None:
    assert queued_by("argocd", a_sync()) == [SYNCED]


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_sync_that_failed_is_a_failure(phase: str) -> None:
    assert queued_by("argocd", a_sync(phase=phase)) == [{**SYNCED, "status": "failure"}]


def test_a_sync_under_way_counts_when_it_has_ended() -> None:
    assert "Running" in reason_of("argocd", a_sync(phase="Running"))


def test_an_annotation_that_is_not_set_is_as_if_it_was_not_sent() -> None:
    queued = queued_by("argocd", a_sync(repository="", service="", environment=""))
    assert queued[0]["service"] == "shop-prod"
    assert (queued[0]["environment"], "repository" in queued[0]) == ("production", False)
    assert "service" not in queued_by("argocd", a_sync(service=""))[0]


def test_without_an_annotation_the_images_tell_the_commit_where_they_agree() -> None:
    def by(*images: str) -> object:
        return queued_by("argocd", a_sync(sha="", images=list(images)))[0]["id"]

    assert by(f"ghcr.io/acme/shop:{SHA}") == SHA
    assert by("registry:5000/shop:sha-7fd1a60@sha256:" + "0" * 64, "redis:7.2") == "7fd1a60"
    assert by(f"a/shop:{SHA}", f"a/worker:main-{SHA}") == SHA
    other = "0" * 39 + "1"
    assert reason_of("argocd", a_sync(sha="", images=[f"a/shop:{SHA}", f"a/ui:{other}"])).startswith("no commit: ")
    assert reason_of("argocd", a_sync(sha="", images=["a/shop:20260921", "a/ui:1.2.3"])).startswith("no commit: ")


def test_an_annotation_that_is_no_commit_is_recorded_rather_than_passed_over() -> None:
    assert reason_of("argocd", a_sync(sha="v1.2.3", images=[f"a/shop:{SHA}"])).startswith("malformed: sha")

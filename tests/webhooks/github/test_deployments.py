"""What deployment statuses, workflow runs, tags, releases and issues tell."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

from leadline.contract.times import read_time
from tests.webhooks.github.examples import an_example, post_raw
from tests.webhooks.github.payloads import REPOSITORY, a_commit, a_deployment_status, a_push, an_issue, sha
from tests.webhooks.github.test_changes import ignored, queued
from tests.webhooks.hooks import WebhooksApi, hub_signature

TAGS = {"github": {"tags": {"v*": {}, "web-v*": {"service": "web", "environment": "live"}}}}
WORKFLOWS = {"github": {"workflows": {"Deploy *": {"service": "shop"}}}}


def test_a_successful_status_is_a_deployment_of_its_commit() -> None:
    assert queued("deployment_status", a_deployment_status("success", id=42)) == [
        {
            "id": sha("merge"),
            "repository": REPOSITORY,
            "environment": "production",
            "status": "success",
            "started_at": read_time("2026-09-21T11:50:00Z"),
            "finished_at": read_time("2026-09-21T12:00:00Z"),
            "deployment_id": "42",
            "baseline": False,
        }
    ]


def test_states_of_a_deployment_are_recorded_as_they_are() -> None:
    expected = {"failure": "failure", "error": "failure", "in_progress": "in_progress", "queued": "in_progress"}
    for state, status in {**expected, "pending": "in_progress", "waiting": "in_progress"}.items():
        (data,) = queued("deployment_status", a_deployment_status(state))
        assert data["status"] == status
        assert ("finished_at" in data) == (status == "failure")
    assert "later deployment" in ignored("deployment_status", a_deployment_status("inactive"))
    assert "malformed" in ignored("deployment_status", a_deployment_status("whatever"))


def test_what_github_calls_production_is_production() -> None:
    def place(**fields: Any) -> str:
        return str(queued("deployment_status", a_deployment_status("success", **fields))[0]["environment"])

    assert place(environment="Production") == "production"
    assert place(environment="prod") == "production"
    assert place(environment="shop – live", production_environment=True) == "production"
    assert place(environment="staging") == "staging"


def test_previews_are_ignored_unless_somebody_wants_them() -> None:
    preview = a_deployment_status("success", environment="pr-7", transient_environment=True)
    assert "transient" in ignored("deployment_status", preview)
    wanted = {"github": {"environments": {"pr-*": {"environment": "preview"}}}}
    assert queued("deployment_status", preview, **wanted)[0]["environment"] == "preview"


def test_environments_are_mapped_to_services_by_name_pattern_and_workflow() -> None:
    sources = {
        "github": {
            "environments": {
                "eu-*": {"environment": "production"},
                "eu-shop": {"service": "shop"},
                "Deploy web/production": {"service": "web"},
            }
        }
    }

    def place(**fields: Any) -> tuple[Any, Any]:
        (data,) = queued("deployment_status", a_deployment_status("success", **fields), **sources)
        return data.get("service"), data["environment"]

    assert place(environment="eu-west") == (None, "production")
    assert place(environment="eu-shop") == ("shop", "eu-shop")
    assert place(environment="production", workflow="Deploy web") == ("web", "production")
    assert place(environment="production", workflow="Deploy api") == (None, "production")


def a_run(name: str = "Deploy shop", **fields: Any) -> dict[str, Any]:
    payload = an_example("workflow_run", "completed")
    payload["workflow_run"] |= {"name": name, "conclusion": "success", "event": "push", "id": 5, "run_attempt": 2}
    payload["workflow_run"] |= {"run_started_at": "2026-09-21T10:00:00Z", "updated_at": "2026-09-21T10:05:00Z"}
    payload["workflow_run"] |= {"head_sha": sha("merge"), **fields}
    return payload


def test_a_workflow_is_a_deployment_only_by_configuration() -> None:
    assert "not configured" in ignored("workflow_run", a_run())
    (data,) = queued("workflow_run", a_run(), **WORKFLOWS)
    assert (data["service"], data["environment"], data["status"]) == ("shop", "production", "success")
    assert data["deployment_id"] == "run-5-2"
    assert data["finished_at"] == read_time("2026-09-21T10:05:00Z")


def test_a_workflow_that_did_not_deploy_is_ignored() -> None:
    for conclusion in ("skipped", "neutral", "action_required", None):
        assert ignored("workflow_run", a_run(conclusion=conclusion), **WORKFLOWS)
    assert "pull request" in ignored("workflow_run", a_run(event="pull_request"), **WORKFLOWS)
    assert ignored("workflow_run", {**a_run(), "action": "requested"}, **WORKFLOWS)
    assert queued("workflow_run", a_run(conclusion="timed_out"), **WORKFLOWS)[0]["status"] == "failure"


def a_release(tag: str = "v1.2.0", commitish: str | None = None) -> dict[str, Any]:
    payload = an_example("release", "published")
    payload["release"] |= {"tag_name": tag, "published_at": "2026-09-21T10:05:00Z"}
    payload["release"] |= {"target_commitish": commitish or sha("merge")}
    return payload


def test_a_tag_and_its_release_are_one_deployment_by_configuration() -> None:
    tag = a_push(a_commit("merge"), ref="refs/tags/v1.2.0", after="d" * 40, commits=[])
    assert "no tag like this" in ignored("push", tag)
    assert "no tag like this" in ignored("release", a_release())
    (pushed,), (released,) = queued("push", tag, **TAGS), queued("release", a_release(), **TAGS)
    for data in (pushed, released):
        assert data["id"] == sha("merge"), "the commit, not the object of an annotated tag"
        assert (data["deployment_id"], data["version"]) == ("tag:v1.2.0", "v1.2.0")
    (web,) = queued("release", a_release("web-v3"), **TAGS)
    assert (web["service"], web["environment"]) == ("web", "live")


def test_a_release_that_names_a_branch_leaves_the_commit_to_its_tag() -> None:
    assert "push of its tag" in ignored("release", a_release(commitish="main"), **TAGS)


def test_drafts_and_other_actions_on_releases_are_ignored() -> None:
    for action in ("created", "edited", "deleted", "prereleased", "released"):
        assert ignored("release", {**a_release(), "action": action}, **TAGS)


def test_an_issue_with_the_incident_label_is_an_incident_of_its_repository() -> None:
    (data,) = queued("issues", an_issue("labeled", "Incident", "sev1"))
    assert data["id"] == "Codertocat/Hello-World#12"
    assert data["repository"] == REPOSITORY
    assert data["started_at"] == read_time("2026-09-21T13:00:00Z")
    assert data["severity"] == "sev1"
    assert "resolved_at" not in data


def test_closing_the_issue_resolves_the_incident() -> None:
    (data,) = queued("issues", an_issue("closed", state="closed", closed_at="2026-09-21T13:30:00Z"))
    assert data["resolved_at"] == read_time("2026-09-21T13:30:00Z")


def test_other_issues_are_no_incidents() -> None:
    assert "label" in ignored("issues", an_issue("opened", "bug"))
    assert ignored("issues", an_issue("deleted"))
    assert queued("issues", an_issue("opened", "outage"), github={"incident_label": "outage"})
    assert "label" in ignored("issues", an_issue(), github={"incident_label": None})


def test_incidents_of_a_repository_may_belong_to_a_named_service() -> None:
    mapped = {"incident_services": {"github:Codertocat/Hello-World": "checkout"}, "default_service": "other"}
    (data,) = queued("issues", an_issue(), **mapped)
    assert data["service"] == "checkout"
    assert "repository" not in data
    (data,) = queued("issues", an_issue(), default_service="other")
    assert data["repository"] == REPOSITORY


def test_a_form_is_read_like_json() -> None:
    api = WebhooksApi()
    body = b"payload=" + quote_plus(json.dumps(a_deployment_status("success"))).encode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert post_raw(api, "deployment_status", body, signature=hub_signature(body), **form).json["status"] == "accepted"
    for broken in (b"payload=%7B", b"other=1", b"payload", b"", b"\xff"):
        assert post_raw(api, "push", broken, signature=hub_signature(broken), **form).status == 400

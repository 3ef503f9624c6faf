"""A short story through every operation of the API; its requests and answers are the document's examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apidoc.example_world import WEBHOOK_SECRET, Example, Examples, World, reproducible
from apidoc.operations import Json

_REPOSITORY = "github.com/acme/shop"
_SHAS = (
    "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
    "9b2c6f0e5d8a4731bc02fe6a1d94837c50ae12f3",
    "c3499c2729730a7f807efb8676a92dcb6f8a3f8f",
)
_FIRST, _SECOND, _THIRD, _FOURTH = _SHAS
_JUNE: dict[str, Any] = {"from_": "2026-06-01", "to": "2026-06-15"}
_ANY = {"If-Match": "*"}


def run_examples(paths: Mapping[str, Json]) -> Examples:
    """The examples of these operations by operation id, the same in each run."""
    with reproducible():
        world = World(paths)
        _configure(world)
        _send_events(world)
        _read(world)
        _correct(world)
        _manage_people(world)
        _manage_access(world)
        _delete(world)
    return world.examples


def _configure(world: World) -> None:
    world.call("get_health")
    settings = {"timezone": "UTC", "production": ["production"], "bots": ["*[bot]"], "author_pages": True}
    world.call("replace_settings", body=settings, headers=_ANY)
    world.call("update_settings", body={"direct_commits": "count"}, headers=_ANY)
    world.call("get_settings")
    world.call("replace_service", "shop", {"repository": _REPOSITORY, "team": "payments"})
    world.call("update_service", "shop", {"production": ["production", "live"]}, headers=_ANY)
    members = [{"author": "ada", "from": "2026-01-01"}, {"author": "grace"}]
    world.call("replace_team", "payments", {"members": members})
    world.call("list_jobs")
    world.call("get_job", world.examples["list_jobs"].answers["application/json"]["items"][0]["id"])
    sources = {"github": {"release_branches": ["main"]}, "incident_services": {"pagerduty:PXYZ12": "shop"}}
    world.call("replace_webhook_sources", body=sources, headers=_ANY)
    world.call("get_webhook_sources")
    definition = {"kind": "gauge", "unit": "comments", "direction": "higher_is_better"}
    world.call("replace_custom_metric_definition", "review.comments", definition)
    description = {"description": "Comments per review."}
    world.call("update_custom_metric_definition", "review.comments", description, headers=_ANY)


def _send_events(world: World) -> None:
    commits = [
        {
            "sha": sha,
            "parents": [parent] if parent else [],
            "committed_at": f"2026-06-0{day}T09:00:00Z",
            "authored_at": f"2026-06-0{day}T08:45:00Z",
            "author": author,
        }
        for day, (parent, sha, author) in enumerate(
            zip(("", *_SHAS), _SHAS, ("ada", "ada", "grace", "ada"), strict=False), start=1
        )
    ]
    world.call("send_commits", body={"repository": _REPOSITORY, "branch": "main", "commits": commits})
    for number, author, sha, day in ((41, "grace", _THIRD, 3), (42, "ada", _SECOND, 2)):
        change = {
            "repository": _REPOSITORY,
            "number": number,
            "author": author,
            "merge_sha": sha,
            "first_commit_at": f"2026-06-0{day}T08:45:00Z",
            "opened_at": f"2026-06-0{day}T09:30:00Z",
            "first_review_at": f"2026-06-0{day}T10:00:00Z",
            "merged_at": f"2026-06-0{day}T11:00:00Z",
            "url": f"https://github.com/acme/shop/pull/{number}",
        }
        world.call("send_changes", body=change)
    deployments = [
        {"id": _FIRST, "repository": _REPOSITORY, "finished_at": "2026-06-01T12:00:00Z", "baseline": True},
        {"id": _SECOND, "repository": _REPOSITORY, "finished_at": "2026-06-02T12:00:00Z", "deployment_id": "run-1002"},
        {
            "id": _THIRD,
            "repository": _REPOSITORY,
            "environment": "production",
            "status": "success",
            "started_at": "2026-06-03T11:50:00Z",
            "finished_at": "2026-06-03T12:00:00Z",
            "deployment_id": "run-1003",
            "version": "1.4.0",
            "url": "https://ci.acme.dev/runs/1003",
            "labels": {"pipeline": "release"},
        },
    ]
    for deployment in deployments:
        world.call("send_deployments", body=deployment)
    incident = {
        "id": "INC-7",
        "service": "shop",
        "started_at": "2026-06-03T13:00:00Z",
        "resolved_at": "2026-06-03T14:30:00Z",
        "deployment": "run-1003",
        "severity": "major",
    }
    world.call("send_incidents", body=incident)
    point = {"name": "review.comments", "value": 3, "time": "2026-06-03T10:00:00Z", "service": "shop", "author": "ada"}
    world.call("send_points", body=point)
    _send_from_other_systems(world)


def _send_from_other_systems(world: World) -> None:
    document: Json = {
        "context": {
            "specversion": "0.5.1",
            "id": "271069a8-fc18-44f1-b38f-9d70a1695819",
            "source": "/ci/acme",
            "type": "dev.cdevents.service.deployed.0.3.0",
            "timestamp": "2026-06-04T12:00:00Z",
        },
        "subject": {
            "id": "service/shop",
            "content": {
                "environment": {"id": "production"},
                "artifactId": "pkg:oci/shop@sha256%3A0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427",
            },
        },
        "customData": {"commit": _FOURTH, "repository": _REPOSITORY},
    }
    event = {
        "specversion": "1.0",
        "id": document["context"]["id"],
        "source": document["context"]["source"],
        "type": document["context"]["type"],
        "datacontenttype": "application/json",
        "data": document,
    }
    world.call("send_cdevents", body=document)
    world.call("send_cdevents", body=event, media="application/cloudevents+json")
    world.call("send_cdevents", body=[event], media="application/cloudevents-batch+json")
    alert = {
        "status": "firing",
        "labels": {"alertname": "OrdersFail", "service": "shop", "severity": "critical"},
        "annotations": {},
        "startsAt": "2026-06-05T09:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.acme.dev/graph",
        "fingerprint": "1a2b3c4d5e6f7081",
    }
    webhook = {"version": "4", "status": "firing", "alerts": [alert]}
    secret = {"authorization": f"Bearer {WEBHOOK_SECRET}"}
    world.call("receive_webhook", "alertmanager", webhook, headers=secret)


def _read(world: World) -> None:
    world.call("get_dora_metrics", **_JUNE, service=["shop"], interval="week", group_by="team", levels="2023")
    world.call("list_dora_metric_rows", **_JUNE, metric=["deployment_frequency"])
    world.call("get_openmetrics", days=30)
    world.call("get_custom_metric", "review.comments", **_JUNE)
    world.call("get_custom_metric_definition", "review.comments")
    world.call("list_custom_metrics")
    deployments = world.call("list_deployments", **_JUNE, service=["shop"], limit=2)
    world.call("get_deployment", deployments["items"][-1]["key"])
    preview = {"id": _FOURTH, "repository": _REPOSITORY, "environment": "staging", "previous_id": _SECOND}
    world.call("preview_deployment", body=preview)
    world.call("list_services")
    world.call("get_service", "shop")
    world.call("list_teams")
    world.call("get_team", "payments")
    _use_dashboards(world)
    world.call("get_author", "ada", **_JUNE)
    world.examples["get_openapi_document"] = Example(answers={"application/json": {"openapi": "3.1.0"}})  # in short


def _use_dashboards(world: World) -> None:
    panel = {
        "id": "lead-time",
        "title": "Lead time",
        "metric": "change_lead_time",
        "visual": "line",
        "interval": "week",
    }
    dashboard = {"name": "Payments", "filters": {"team": "payments"}, "panels": [panel]}
    made = world.call("create_dashboard", body=dashboard, headers={"Idempotency-Key": "payments-1"})
    world.call("get_dashboard", made["id"])
    window = {"last": 8, "unit": "week", "complete": True}
    world.call("replace_dashboard", made["id"], {**dashboard, "window": window}, headers=_ANY)
    world.call("update_dashboard", made["id"], {"description": "How quickly we ship."}, headers=_ANY)
    world.call("list_dashboards")
    world.call("get_dashboard_data", made["id"], **_JUNE)
    world.call("delete_dashboard", made["id"], headers=_ANY)
    badge = world.call("create_badge", body={"metric": "change_lead_time", "service": ["shop"], "levels": "2023"})
    world.call("get_badge_content", badge["link"].rpartition("/")[2])
    world.call("list_badges")
    world.call("revoke_badge", badge["badge"]["badge_id"])


def _correct(world: World) -> None:
    items = world.call("list_deployments", **_JUNE, service=["shop"], limit=2)["items"]
    key = items[0]["key"]
    world.call("update_deployment", key, {"failed": None}, settle=False)
    world.park()
    parked = world.call("list_events", status=["parked"], limit=10)
    world.call("retry_event", parked["items"][0]["event_id"])
    correction = {"failed": True, "note": "Checkout was down for ten minutes."}
    queued = world.call("update_deployment", key, correction)
    world.call("get_event", queued["event_id"])
    world.call("list_history", limit=2)
    world.call("delete_deployment", key)


def _manage_people(world: World) -> None:
    world.call("update_settings", body={"individuals": "pseudonyms"}, headers=_ANY)
    world.call("list_pseudonyms")
    world.call("update_settings", body={"individuals": "names", "direct_commits": "count"}, headers=_ANY)


def _manage_access(world: World) -> None:
    world.call("replace_plan", "dashboards", {"per_minute": 60, "per_day": 10_000})
    world.call("get_plan", "dashboards")
    world.call("list_plans")
    created = world.call(
        "create_key",
        body={
            "name": "ci",
            "scopes": ["events:write"],
            "services": ["shop"],
            "plan": "dashboards",
            "expires_at": "2030-01-01T00:00:00Z",
        },
    )
    key_id = created["key"]["key_id"]
    world.call("get_key", key_id)
    world.call("list_keys", limit=2)
    world.call("rotate_key", key_id, {"overlap_hours": 24})
    world.call("revoke_key", key_id)
    world.call("replace_plan", "trial", {"per_day": 100})
    world.call("delete_plan", "trial", headers=_ANY)
    access = {"log": True, "log_days": 30, "origins": ["https://dashboards.acme.dev"], "docs": True}
    world.call("replace_access_settings", body=access, headers=_ANY)
    world.call("get_access_settings")
    world.call("list_access_logs", limit=2)


def _delete(world: World) -> None:
    world.call("delete_change", repository=_REPOSITORY, number=41)
    world.call("delete_incident", service="shop", id="INC-7")
    world.call("delete_custom_metric", "review.comments", headers=_ANY)
    world.call("delete_author", "grace")
    world.call("delete_team", "payments")

"""What people add of their own: keys with plans, custom metrics with their points, dashboards, badges."""

from __future__ import annotations

from tests.builders import sha
from tests.laws.posted import ANN, CID, SHOP, on, post
from tests.laws.whole import Whole


def keys_and_plans(whole: Whole) -> None:
    whole.good("PUT", "/v1/plans/basic", {"per_minute": 2, "per_day": 100, "api": True}, if_none_match="*")
    limits = {"services": ["shop"], "repositories": [SHOP], "plan": "basic", "expires_at": "2027-01-01T00:00:00Z"}
    made = whole.good("POST", "/v1/keys", {"name": "dashboard", "scopes": ["metrics:read"], **limits})
    key_id = made["key"]["key_id"]
    for _ in range(4):
        whole.send("GET", "/v1/services", key=made["secret"])
    whole.good("POST", f"/v1/keys/{key_id}/rotate", {"overlap_hours": 1})
    whole.good("DELETE", f"/v1/keys/{key_id}")
    whole.good("PUT", "/v1/plans/gone", {"per_minute": 9}, if_none_match="*")
    whole.good("DELETE", "/v1/plans/gone", if_match="*")


def dashboards(whole: Whole) -> None:
    where = {"service": ["shop"], "repository": [SHOP], "environment": ["production"]}
    panel = {
        "title": "Lead time",
        "metric": "change_lead_time",
        "visual": "bar",
        "interval": "week",
        "group_by": "team",
    }
    panels = [
        {"id": "a", **panel, "filters": {**where, "author": ANN}},
        {"id": "b", **panel, "filters": {**where, "team": "pay"}},
    ]
    made = whole.good(
        "POST", "/v1/dashboards", {"name": "Shop", "description": "Ours", "panels": panels}, idempotency_key="k"
    )
    path = f"/v1/dashboards/{made['id']}"
    for whose in ({"team": "pay"}, {"author": ANN}):
        shown = {"filters": {**where, **whose}, "panels": [{**panels[0], "filters": {}}]}
        whole.good("PATCH", path, shown, if_match="*")
    whole.get(f"{path}/data")
    whole.good("PUT", "/v1/dashboards/checkout", {"name": "Checkout", "panels": panels})
    whole.good("DELETE", "/v1/dashboards/checkout", if_match="*")


def badges(whole: Whole) -> None:
    where = {"service": ["shop"], "repository": [SHOP], "environment": ["production"], "team": "pay"}
    lead = {"metric": "change_lead_time", "statistic": "p50", "label": "Lead time", "days": 7, "levels": "2023"}
    made = whole.good("POST", "/v1/badges", {**lead, **where})
    whole.send("GET", made["link"], key=None)
    whole.good("DELETE", f"/v1/badges/{made['badge']['badge_id']}")


def custom_metrics(whole: Whole) -> None:
    usual = {"environment": "production", "labels": {"kind": "nightly"}, "time": on(6)}
    for number in range(3):
        told = {"name": "review.comments", "value": number, "id": f"point-{number}", "author": ANN, **usual}
        post(whole, "metrics", {**told, "service": "shop"}, {**told, "repository": SHOP, "id": f"other-{number}"})
    post(whole, "metrics", {"name": "queue.length", "value": 7.5, "team": "payments", **usual})
    definition = {
        "kind": "gauge",
        "unit": "jobs",
        "aggregation": "max",
        "direction": "lower_is_better",
        "description": "waiting",
    }
    whole.good("PUT", "/v1/metrics/custom/queue.length", definition, if_none_match="*")
    whole.good("PATCH", "/v1/metrics/custom/queue.length", {"unit": "builds"}, if_match="*")
    whole.good("PUT", "/v1/metrics/custom/gone", definition, if_none_match="*")
    whole.good("DELETE", "/v1/metrics/custom/gone", if_match="*")
    whole.good("PUT", "/v1/teams/reviewers", {"members": [{"author": ANN}]})


def previews(whole: Whole) -> None:
    whole.good("POST", "/v1/deployments/preview", {"id": sha("m4"), "repository": SHOP})


def people(whole: Whole) -> None:
    for individuals in ("pseudonyms", "names"):
        whole.good("PATCH", "/v1/settings", {"individuals": individuals}, if_match="*")
        whole.now += 3_600_000
        whole.scheduled("sweep")
    whole.good("DELETE", f"/v1/people/{CID}")
    for _ in range(3):
        whole.now += 3_600_000
        whole.scheduled("sweep")


def outbox(whole: Whole) -> None:
    """Changes of the configuration that the queue takes in part or not at all; the sweep sends the rest."""
    whole.queue.left = 1
    assert whole.send("PATCH", "/v1/settings", {"timezone": "Asia/Tokyo"}, {"if-match": "*"}).status == 200
    members = [{"author": ANN, "from": "2026-02-01", "to": "2026-03-01"}]
    assert whole.send("PUT", "/v1/teams/night", {"members": members}).status == 200
    whole.queue.left = None
    whole.settle()
    whole.now += 600_000
    whole.scheduled("sweep")

"""The default dashboard: DORA's five metrics, where the lead time goes, services and teams."""

from __future__ import annotations

from query.dashboards.schemas import DashboardDefinition, Grouping, Interval, Panel, Visual

DEFAULT_ID = "default"


def _panel(
    name: str,
    title: str,
    metric: str,
    statistic: str,
    visual: Visual,
    interval: Interval | None = None,
    group_by: Grouping | None = None,
) -> Panel:
    return {
        "id": name,
        "title": title,
        "metric": metric,
        "statistic": statistic,
        "visual": visual,
        "interval": interval,
        "group_by": group_by,
        "filters": {},
    }


DEFAULT: DashboardDefinition = {
    "name": "Delivery",
    "description": "DORA's five metrics, where the lead time goes, and each service and team.",
    "window": {"last": 30, "unit": "day", "complete": False},
    "filters": {},
    "limited_keys": True,
    "panels": [
        _panel("deployment-frequency", "Deployments a day", "deployment_frequency", "value", "number", "week"),
        _panel("lead-time", "Change lead time, median", "change_lead_time", "p50", "number", "week"),
        _panel("fail-rate", "Change fail rate", "change_fail_rate", "value", "number", "week"),
        _panel("recovery", "Time to recover, median", "failed_deployment_recovery_time", "p50", "number", "week"),
        _panel("rework", "Rework rate", "deployment_rework_rate", "value", "number", "week"),
        _panel(
            "deployments", "Deployments by service", "deployment_frequency", "deployments", "bar", "week", "service"
        ),
        _panel("stages", "Where the lead time goes, medians", "change_lead_time.stages", "p50", "bar", "week"),
        _panel("slow-changes", "Lead time, nine in ten", "change_lead_time", "p90", "line", "week"),
        _panel("services", "Services", "dora", "headline", "table", None, "service"),
        _panel("teams", "Teams", "dora", "headline", "table", None, "team"),
        _panel("mapping", "How deployments found their changes", "coverage.mapping", "deployments", "bar"),
    ],
}
"""GET /v1/dashboards/default answers this until somebody changes it, and again after it is deleted."""

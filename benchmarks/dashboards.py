"""A dashboard of eight panels, to be put straight into the table."""

from __future__ import annotations

from leadline.store.dashboards import StoredDashboard

DAYS = 90
_FIVE = {
    "deployment_frequency": "value",
    "change_lead_time": "p50",
    "change_fail_rate": "value",
    "failed_deployment_recovery_time": "p50",
    "deployment_rework_rate": "value",
}
_OTHERS = {"change_lead_time.stages": "p50", "coverage.mapping": "deployments"}


def eight_panels(name: str, group_by: str | None = None, **filters: list[str]) -> StoredDashboard:
    """DORA's five, the stages of the lead time and the mapping by week, and one number by `group_by`."""
    panels = [
        {"metric": metric, "statistic": statistic, "visual": "bar", "interval": "week", "group_by": None}
        for metric, statistic in (_FIVE | _OTHERS).items()
    ]
    panels.append(
        {"metric": "change_lead_time", "statistic": "p90", "visual": "table", "interval": None, "group_by": group_by}
    )
    definition = {
        "name": "Delivery",
        "description": None,
        "window": {"last": DAYS, "unit": "day", "complete": False},
        "filters": filters,
        "limited_keys": False,
        "panels": [{"id": f"p{place}", "title": "Panel", "filters": {}, **panel} for place, panel in enumerate(panels)],
    }
    return StoredDashboard(name, definition, version=1)

"""Routes of DORA metrics in other formats, and of badges."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query.badges import badges
from query.badges import schemas as badge_answers
from query.http.route import Route
from query.shapes import row_schemas as row_answers
from query.shapes import rows, scrape

SHAPE_ROUTES = (
    Route(
        "GET",
        "/v1/metrics/dora/rows",
        METRICS_READ,
        rows.dora_rows,
        "list_dora_metric_rows",
        "Get DORA metrics as flat rows.",
        list[row_answers.MetricRow],
        rows.PARAMETERS,
        description="One number per row, for spreadsheets and dashboards that expect a table.",
        limited=True,
    ),
    Route(
        "GET",
        "/v1/metrics/openmetrics",
        METRICS_READ,
        scrape.openmetrics_page,
        "get_openmetrics",
        "Get DORA metrics in OpenMetrics format.",
        str,
        scrape.PARAMETERS,
        description="Gauges over the last `days` days, for Prometheus to scrape.",
        limited=True,
        types=scrape.TYPES,
    ),
    Route(
        "GET",
        "/v1/badges",
        CONFIG_WRITE,
        badges.badge_page,
        "list_badges",
        "List badges.",
        badge_answers.BadgePage,
        badges.PARAMETERS,
        description="Newest first. The secret links are never returned.",
    ),
    Route(
        "POST",
        "/v1/badges",
        CONFIG_WRITE,
        badges.post_badge,
        "create_badge",
        "Create a badge.",
        badge_answers.BadgeCreated,
        description="The link is returned only in this response.",
        body=badge_answers.BadgeBody,
        problems=(413, 415, 422),
        status=201,
    ),
    Route(
        "GET",
        "/v1/badges/{badge}",
        None,
        badges.show_badge,
        "get_badge_content",
        "Get a badge's content.",
        badge_answers.ShieldsBadge,
        description="Returns a shields.io endpoint badge. The secret in the path authenticates the request.",
        problems=(404, 503),
        link=True,
    ),
    Route(
        "DELETE",
        "/v1/badges/{badge}",
        CONFIG_WRITE,
        badges.delete_badge,
        "revoke_badge",
        "Revoke a badge's link.",
        None,
        description="The link stops working within 30 seconds.",
        problems=(404,),
    ),
)

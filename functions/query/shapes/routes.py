"""The routes of DORA metrics in other formats, and of badges."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query.badges import badges
from query.badges import schemas as badge_answers
from query.shapes import row_schemas as row_answers
from query.shapes import rows, scrape
from query.web.route import Route

SHAPE_ROUTES = (
    Route(
        "GET",
        "/v1/metrics/dora/rows",
        METRICS_READ,
        rows.dora_rows,
        "Get DORA metrics as flat rows",
        list[row_answers.Row],
        rows.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET",
        "/v1/metrics/openmetrics",
        METRICS_READ,
        scrape.openmetrics_page,
        "Get DORA metrics as OpenMetrics gauges",
        str,
        scrape.PARAMETERS,
        limited=True,
        types=scrape.TYPES,
    ),
    Route(
        "GET",
        "/v1/badges",
        CONFIG_WRITE,
        badges.badge_page,
        "List badges. The secrets of their links are never returned",
        badge_answers.BadgePage,
        badges.PARAMETERS,
    ),
    Route(
        "POST",
        "/v1/badges",
        CONFIG_WRITE,
        badges.post_badge,
        "Create a badge. Its link is returned only once",
        badge_answers.BadgeMade,
        body=badge_answers.BadgeAsked,
        problems=(413, 415, 422),
        status=201,
    ),
    Route(
        "GET",
        "/v1/badges/{badge}",
        None,
        badges.show_badge,
        "Get a badge in the format of shields.io",
        badge_answers.BadgeShown,
        problems=(404, 503),
        link=True,
    ),
    Route(
        "DELETE",
        "/v1/badges/{badge}",
        CONFIG_WRITE,
        badges.delete_badge,
        "Revoke a badge. Its link stops working within half a minute",
        None,
        problems=(404,),
    ),
)

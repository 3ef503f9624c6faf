"""The routes of DORA's metrics in other shapes, and of badges."""

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
        "DORA's metrics as flat rows, one number in each",
        list[row_answers.Row],
        rows.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET",
        "/v1/metrics/openmetrics",
        METRICS_READ,
        scrape.openmetrics_page,
        "DORA's metrics of the last days as gauges",
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
        "Badges, without the secrets of their links, the newest first",
        badge_answers.BadgePage,
        badges.PARAMETERS,
    ),
    Route(
        "POST",
        "/v1/badges",
        CONFIG_WRITE,
        badges.post_badge,
        "Makes a badge; the link to it is in this answer and nowhere else",
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
        "What the badge shows to whoever has its link, for shields.io",
        badge_answers.BadgeShown,
        problems=(404, 503),
        link=True,
    ),
    Route(
        "DELETE",
        "/v1/badges/{badge}",
        CONFIG_WRITE,
        badges.delete_badge,
        "Revokes the link of the badge with this id, within half a minute",
        None,
        problems=(404,),
    ),
)

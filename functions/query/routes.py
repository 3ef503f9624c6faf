"""Every route of this function in one table. Requests are matched against it, and the OpenAPI document is generated from it."""

from __future__ import annotations

from typing import Any

from leadline import __version__
from leadline.access.keys import METRICS_READ
from leadline.contract.webhook_sources import WEBHOOK_SOURCES
from query import schemas as answers
from query.access.routes import ACCESS_ROUTES
from query.config.routes import CONFIG_ROUTES
from query.custom.routes import CUSTOM_ROUTES
from query.dashboards.routes import DASHBOARD_ROUTES
from query.deployments.routes import DEPLOYMENT_ROUTES
from query.events.routes import EVENT_ROUTES
from query.http.request import Request
from query.http.route import Route
from query.jobs.routes import JOB_ROUTES
from query.openapi import page as docs
from query.openapi.document import get_document
from query.people.routes import PEOPLE_ROUTES
from query.reports import dora
from query.shapes.offered import offered
from query.shapes.routes import SHAPE_ROUTES


def _healthz(request: Request) -> answers.Health:
    request.sent.faults.check_query()
    return {"status": "ok", "version": __version__}


DOCS_ROUTES = tuple(
    Route("GET", path, None, run, operation, summary, str, problems=(404,), types=(media,))
    for path, media, run, operation, summary in (
        ("/docs", "text/html", docs.page, "get_docs_page", "Get the API document as a page."),
        ("/docs/start.js", "text/javascript", docs.start, "get_docs_start_script", "Get the page's start script."),
        ("/docs/swagger-ui-bundle.js", "text/javascript", docs.script, "get_docs_script", "Get Swagger UI."),
        ("/docs/swagger-ui.css", "text/css", docs.style, "get_docs_style", "Get Swagger UI's style sheet."),
    )
)
"""A page for people, not part of the API: the OpenAPI document leaves it out."""

_ROUTES = (
    Route(
        "GET",
        "/v1/metrics/dora",
        METRICS_READ,
        dora.dora_report,
        "get_dora_metrics",
        "Get DORA metrics.",
        answers.DoraReport,
        dora.PARAMETERS,
        description="The five DORA metrics for a window of days and for the window of the same length before it. Optional: "
        "a series, groups and performance levels.",
        limited=True,
    ),
    *DEPLOYMENT_ROUTES,
    *EVENT_ROUTES,
    *ACCESS_ROUTES,
    *CONFIG_ROUTES,
    *CUSTOM_ROUTES,
    *PEOPLE_ROUTES,
    *JOB_ROUTES,
    *DASHBOARD_ROUTES,
    *SHAPE_ROUTES,
    Route(
        "GET",
        "/healthz",
        None,
        _healthz,
        "get_health",
        "Check that the API answers.",
        answers.Health,
        description="Liveness only; dependencies are not checked.",
    ),
    Route(
        "GET",
        "/openapi.json",
        None,
        get_document,
        "get_openapi_document",
        "Get the OpenAPI document.",
        dict[str, Any],
        description="This document.",
    ),
    *DOCS_ROUTES,
)

ROUTES = tuple(offered(route) for route in _ROUTES)

EVENT_PATHS = frozenset(
    [
        *(f"/v1/events/{kind}" for kind in ("deployments", "changes", "incidents", "commits", "metrics")),
        *(f"/v1/webhooks/{sender}" for sender in WEBHOOK_SOURCES),
    ]
)
"""Paths on which ingest answers POST. Every other method on them reaches this function, which has no route for it."""

CDEVENTS_PATH = "/v1/events"
"""The path on which ingest answers POST, and this function GET."""

"""Every route of this function, in one table: it is what requests are matched with and what the OpenAPI document is made from."""

from __future__ import annotations

from functools import cache
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
from query.jobs.routes import JOB_ROUTES
from query.openapi import page as docs
from query.people.routes import PEOPLE_ROUTES
from query.reports import dora
from query.shapes.offered import offered
from query.shapes.routes import SHAPE_ROUTES
from query.web.request import Request
from query.web.route import Route


def _healthz(request: Request) -> answers.Health:
    request.sent.faults.check_query()
    return {"status": "ok", "version": __version__}


@cache
def document() -> dict[str, Any]:
    """All of the API as an OpenAPI document; made once."""
    from query.openapi.document import document_of  # brings pydantic along, which no other route needs

    return document_of(ROUTES)


def _openapi(request: Request) -> dict[str, Any]:
    request.sent.faults.check_query()
    return document()


DOCS_ROUTES = tuple(
    Route("GET", path, None, run, summary, str, problems=(404,), types=(media,))
    for path, media, run, summary in (
        ("/docs", "text/html", docs.page, "This document as a page, Swagger UI, where the settings of access say so"),
        ("/docs/start.js", "text/javascript", docs.start, "What starts the page"),
        ("/docs/swagger-ui-bundle.js", "text/javascript", docs.script, "Swagger UI"),
        ("/docs/swagger-ui.css", "text/css", docs.style, "Its style"),
    )
)

_ROUTES = (
    Route(
        "GET",
        "/v1/metrics/dora",
        METRICS_READ,
        dora.dora_report,
        "DORA's five metrics for a window, and for the one before it",
        answers.DoraReport,
        dora.PARAMETERS,
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
    Route("GET", "/healthz", None, _healthz, "Check that the API answers", answers.Health),
    Route("GET", "/openapi.json", None, _openapi, "This document", dict[str, Any]),
    *DOCS_ROUTES,
)

ROUTES = tuple(offered(route) for route in _ROUTES)

EVENT_PATHS = frozenset(
    [
        *(f"/v1/events/{kind}" for kind in ("deployments", "changes", "incidents", "commits", "metrics")),
        *(f"/v1/webhooks/{sender}" for sender in WEBHOOK_SOURCES),
    ]
)
"""Where the ingest function answers POST, and there is nothing else; any other method comes here."""

CDEVENTS_PATH = "/v1/events"
"""Where the ingest function answers POST, and this function GET."""

"""Every route of this function, in one table: it is what requests are matched with and what the OpenAPI document is made from."""

from __future__ import annotations

from typing import Any

from leadline.auth import CONFIG_WRITE, METRICS_READ
from leadline.store.sources import WEBHOOKS
from query import answers
from query.access.routes import ACCESS_ROUTES
from query.config import services, teams
from query.config.routes import CONFIG_ROUTES
from query.custom.routes import CUSTOM_ROUTES
from query.dashboards.routes import DASHBOARD_ROUTES
from query.deployments import deployments
from query.events import events
from query.openapi import page as docs
from query.people.routes import PEOPLE_ROUTES
from query.reports import dora
from query.shapes.offered import offered
from query.shapes.routes import SHAPE_ROUTES
from query.web.request import Request
from query.web.route import Route


def _healthz(request: Request) -> answers.Health:
    request.sent.faults.check_query()
    return {"status": "ok"}


def _openapi(request: Request) -> dict[str, Any]:
    request.sent.faults.check_query()
    from query.openapi.document import document  # brings pydantic along, which no other route needs

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
    Route(
        "GET",
        "/v1/deployments",
        METRICS_READ,
        deployments.deployment_page,
        "Deployments with the changes they carried, the newest first",
        answers.DeploymentPage,
        deployments.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET",
        "/v1/deployments/{key}",
        METRICS_READ,
        deployments.one_deployment,
        "One deployment",
        answers.Deployment,
        problems=(404,),
        limited=True,
    ),
    Route(
        "GET",
        "/v1/services",
        METRICS_READ,
        services.service_page,
        "Services, and the repository each is tied to",
        answers.ServicePage,
        services.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET", "/v1/teams", METRICS_READ, teams.team_page, "Teams and their members", answers.TeamPage, teams.PARAMETERS
    ),
    Route("GET", "/v1/teams/{team}", METRICS_READ, teams.one_team, "One team", answers.Team, problems=(404,)),
    Route(
        "PUT",
        "/v1/teams/{team}",
        CONFIG_WRITE,
        teams.put_team,
        "Sets who is in a team; what they shipped is then counted for it",
        answers.Team,
        body=answers.TeamSent,
        problems=(404, 413, 415, 422),
    ),
    Route(
        "DELETE",
        "/v1/teams/{team}",
        CONFIG_WRITE,
        teams.delete_team,
        "Removes a team, and its numbers with it",
        None,
        problems=(404,),
    ),
    Route(
        "GET",
        "/v1/events",
        METRICS_READ,
        events.event_page,
        "What needs attention: deployments without their changes, and events that could not be applied",
        answers.AttentionPage,
        events.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET",
        "/v1/events/{event_id}",
        METRICS_READ,
        events.one_event,
        "What became of an event, step by step",
        answers.EventTrace,
        problems=(404,),
        limited=True,
    ),
    Route(
        "POST",
        "/v1/events/{event_id}/retry",
        CONFIG_WRITE,
        events.retry_event,
        "Queues a parked event once more",
        answers.Accepted,
        problems=(404, 409),
        status=202,
        limited=True,
    ),
    *ACCESS_ROUTES,
    *CONFIG_ROUTES,
    *CUSTOM_ROUTES,
    *PEOPLE_ROUTES,
    *DASHBOARD_ROUTES,
    *SHAPE_ROUTES,
    Route("GET", "/healthz", None, _healthz, "Whether the function answers", answers.Health),
    Route("GET", "/openapi.json", None, _openapi, "This document", dict[str, Any]),
    *DOCS_ROUTES,
)

ROUTES = tuple(offered(route) for route in _ROUTES)

EVENT_PATHS = frozenset(
    [
        *(f"/v1/events/{kind}" for kind in ("deployments", "changes", "incidents", "commits", "metrics")),
        *(f"/v1/webhooks/{sender}" for sender in WEBHOOKS),
    ]
)
"""Where the ingest function answers POST, and there is nothing else; any other method comes here."""

CDEVENTS_PATH = "/v1/events"
"""Where the ingest function answers POST, and this function GET."""

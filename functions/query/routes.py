"""Every route of this function, in one table: it is what requests are matched with and what the OpenAPI document is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from leadline.auth import CONFIG_WRITE, METRICS_READ
from query import answers, deployments, dora, services, teams
from query.parameters import Parameter
from query.request import Request


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is literal, or ends in a {name} that stands for all the rest. `scope`: what a key needs; None: no key.

    `run` answers the body, `answer` and `body` are its type and that of the request's, None where there is none. `problems`: the
    error statuses that this route has beside those that all have.
    """

    method: str
    path: str
    scope: str | None
    run: Callable[[Request], Any]
    summary: str
    answer: Any
    parameters: Sequence[Parameter] = ()
    body: Any = None
    problems: tuple[int, ...] = ()

    def match(self, path: str) -> str | None:
        """What the {name} stands for in this path, "" where there is none, None if the path is another."""
        start, brace, _ = self.path.partition("{")
        if not brace:
            return "" if path == start else None
        return path[len(start) :] if path.startswith(start) and len(path) > len(start) else None


def _healthz(request: Request) -> answers.Health:
    request.sent.faults.check_query()
    return {"status": "ok"}


def _openapi(request: Request) -> dict[str, Any]:
    request.sent.faults.check_query()
    from query.openapi import document  # brings pydantic along, which no other route needs

    return document()


ROUTES = (
    Route(
        "GET",
        "/v1/metrics/dora",
        METRICS_READ,
        dora.dora_report,
        "DORA's five metrics for a window, and for the one before it",
        answers.DoraReport,
        dora.PARAMETERS,
    ),
    Route(
        "GET",
        "/v1/deployments",
        METRICS_READ,
        deployments.deployment_page,
        "Deployments with the changes they carried, the newest first",
        answers.DeploymentPage,
        deployments.PARAMETERS,
    ),
    Route(
        "GET",
        "/v1/deployments/{key}",
        METRICS_READ,
        deployments.one_deployment,
        "One deployment",
        answers.Deployment,
        problems=(404,),
    ),
    Route(
        "GET",
        "/v1/services",
        METRICS_READ,
        services.service_page,
        "Services, and the repository each is tied to",
        answers.ServicePage,
        services.PARAMETERS,
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
    Route("GET", "/healthz", None, _healthz, "Whether the function answers", answers.Health),
    Route("GET", "/openapi.json", None, _openapi, "This document", dict[str, Any]),
)

EVENT_PATHS = "/v1/events/"
"""Where the ingest function answers POST; any other method comes here."""

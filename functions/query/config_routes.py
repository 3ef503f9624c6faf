"""The routes of corrections, deletions and configuration."""

from __future__ import annotations

from leadline.auth import CONFIG_WRITE, METRICS_READ
from query import answers, corrections, history
from query.route import Route

CONFIG_ROUTES = (
    Route(
        "PATCH",
        "/v1/deployments/{key}",
        CONFIG_WRITE,
        corrections.patch_deployment,
        "Says that a deployment failed or did not, what it repaired, or that it counts nowhere; null takes it back",
        answers.Accepted,
        body=answers.CorrectionSent,
        problems=(404, 413, 415, 422),
        status=202,
    ),
    Route(
        "DELETE",
        "/v1/deployments/{key}",
        CONFIG_WRITE,
        corrections.delete_deployment,
        "Deletes a deployment; its changes go to the next one",
        answers.Accepted,
        problems=(404,),
        status=202,
    ),
    Route(
        "DELETE",
        "/v1/changes",
        CONFIG_WRITE,
        corrections.delete_change,
        "Deletes a change",
        answers.Accepted,
        corrections.CHANGE,
        problems=(404,),
        status=202,
    ),
    Route(
        "DELETE",
        "/v1/incidents",
        CONFIG_WRITE,
        corrections.delete_incident,
        "Deletes an incident",
        answers.Accepted,
        corrections.INCIDENT,
        problems=(404,),
        status=202,
    ),
    Route(
        "GET",
        "/v1/history",
        METRICS_READ,
        history.history_page,
        "Who changed the configuration or what is stored, the newest first",
        answers.HistoryPage,
        history.PARAMETERS,
    ),
)

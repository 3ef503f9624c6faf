"""The routes of deployments: lists, previews, corrections and deletions."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query import schemas as answers
from query.deployments import corrections, deployments, preview
from query.web.route import Route

DEPLOYMENT_ROUTES = (
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
        "POST",
        "/v1/deployments/preview",
        METRICS_READ,
        preview.preview,
        "What a deployment would get if it finished now; writes nothing",
        answers.Preview,
        body=answers.DeploymentToPreview,
        problems=(413, 415, 422),
        limited=True,
    ),
    Route(
        "PATCH",
        "/v1/deployments/{key}",
        CONFIG_WRITE,
        corrections.patch_deployment,
        "Says that a deployment failed or did not, what it repaired, or that it counts nowhere; null takes it back",
        answers.Accepted,
        body=answers.AnyCorrection,
        problems=(404, 413, 415, 422),
        status=202,
        limited=True,
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
        limited=True,
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
        limited=True,
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
        limited=True,
    ),
)

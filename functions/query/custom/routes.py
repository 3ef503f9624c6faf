"""The routes of custom metrics."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query.custom import definitions as custom_definitions
from query.custom import report as custom
from query.custom import schemas as a
from query.schemas import Accepted
from query.web.etags import IF_MATCH
from query.web.route import Route

_CHANGED = (404, 412, 413, 415, 422, 428)

CUSTOM_ROUTES = (
    Route(
        "GET",
        "/v1/metrics/custom",
        METRICS_READ,
        custom_definitions.metric_page,
        "Custom metrics, and how each is read",
        a.MetricPage,
        custom_definitions.PARAMETERS,
        limited=True,
    ),
    Route(
        "GET",
        "/v1/metrics/custom/{name}",
        METRICS_READ,
        custom.custom_report,
        "A custom metric's numbers for a window, and for the one before it",
        a.CustomReport,
        custom.PARAMETERS,
        problems=(404,),
        limited=True,
    ),
    Route(
        "GET",
        "/v1/metrics/custom/{name}/definition",
        METRICS_READ,
        custom_definitions.get_definition,
        "How a custom metric is read",
        a.MetricDefinition,
        problems=(404,),
        limited=True,
    ),
    Route(
        "PUT",
        "/v1/metrics/custom/{name}",
        CONFIG_WRITE,
        custom_definitions.put_definition,
        "Defines how a custom metric is read; what is left out is as it is by default",
        a.MetricDefinition,
        body=a.DefinitionSent,
        problems=_CHANGED,
        headers=IF_MATCH,
    ),
    Route(
        "PATCH",
        "/v1/metrics/custom/{name}",
        CONFIG_WRITE,
        custom_definitions.patch_definition,
        "Changes what is named of how a custom metric is read",
        a.MetricDefinition,
        body=a.DefinitionSent,
        problems=_CHANGED,
        headers=IF_MATCH,
    ),
    Route(
        "DELETE",
        "/v1/metrics/custom/{name}",
        CONFIG_WRITE,
        custom_definitions.delete_metric,
        "Deletes a custom metric: its definition, its points and its numbers",
        Accepted,
        problems=(404, 412, 428),
        headers=IF_MATCH,
        status=202,
        starts_job=True,
    ),
)

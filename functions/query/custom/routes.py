"""Routes of custom metrics."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query.custom import definitions as custom_definitions
from query.custom import report as custom
from query.custom import schemas as a
from query.http.etags import IF_MATCH
from query.http.route import Route
from query.schemas import QueuedEvent

_CHANGED = (404, 412, 413, 415, 422, 428)

CUSTOM_ROUTES = (
    Route(
        "GET",
        "/v1/metrics/custom",
        METRICS_READ,
        custom_definitions.metric_page,
        "list_custom_metrics",
        "List custom metrics.",
        a.CustomMetricPage,
        custom_definitions.PARAMETERS,
        description="Ordered by name, each with its definition.",
        limited=True,
    ),
    Route(
        "GET",
        "/v1/metrics/custom/{name}",
        METRICS_READ,
        custom.custom_report,
        "get_custom_metric",
        "Get a custom metric's values.",
        a.CustomMetricReport,
        custom.PARAMETERS,
        description="For a window of days and for the window of the same length before it.",
        problems=(404,),
        limited=True,
    ),
    Route(
        "GET",
        "/v1/metrics/custom/{name}/definition",
        METRICS_READ,
        custom_definitions.get_definition,
        "get_custom_metric_definition",
        "Get a custom metric's definition.",
        a.CustomMetricConfiguration,
        description="A metric without a definition is treated as a counter.",
        problems=(404,),
        limited=True,
    ),
    Route(
        "PUT",
        "/v1/metrics/custom/{name}",
        CONFIG_WRITE,
        custom_definitions.put_definition,
        "replace_custom_metric_definition",
        "Create or replace a custom metric's definition.",
        a.CustomMetricConfiguration,
        description="Omitted fields get their defaults.",
        body=a.CustomMetricConfigurationRequest,
        problems=_CHANGED,
        headers=IF_MATCH,
    ),
    Route(
        "PATCH",
        "/v1/metrics/custom/{name}",
        CONFIG_WRITE,
        custom_definitions.patch_definition,
        "update_custom_metric_definition",
        "Update a custom metric's definition.",
        a.CustomMetricConfiguration,
        description="Omitted fields stay as they are; null resets a field to its default.",
        body=a.CustomMetricConfigurationRequest,
        problems=_CHANGED,
        headers=IF_MATCH,
    ),
    Route(
        "DELETE",
        "/v1/metrics/custom/{name}",
        CONFIG_WRITE,
        custom_definitions.delete_metric,
        "delete_custom_metric",
        "Delete a custom metric.",
        QueuedEvent,
        description="Deletes its definition and all its points.",
        problems=(404, 412, 428),
        headers=IF_MATCH,
        status=202,
        starts_job=True,
    ),
)

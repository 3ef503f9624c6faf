"""Routes of dashboards."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query.dashboards import dashboards
from query.dashboards import data as dashboard_data
from query.dashboards import schemas as a
from query.http.etags import IF_MATCH
from query.http.route import Route

_SENT = (413, 415, 422)

DASHBOARD_ROUTES = (
    Route(
        "GET",
        "/v1/dashboards",
        METRICS_READ,
        dashboards.dashboard_page,
        "list_dashboards",
        "List dashboards.",
        a.DashboardPage,
        dashboards.PARAMETERS,
        description="Ordered by id.",
        limited=True,
    ),
    Route(
        "POST",
        "/v1/dashboards",
        CONFIG_WRITE,
        dashboards.post_dashboard,
        "create_dashboard",
        "Create a dashboard.",
        a.Dashboard,
        body=a.DashboardRequest,
        problems=(409, *_SENT),
        status=201,
        headers=dashboards.IDEMPOTENCY_KEY,
    ),
    Route(
        "GET",
        "/v1/dashboards/{dashboard}",
        METRICS_READ,
        dashboards.one_dashboard,
        "get_dashboard",
        "Get a dashboard's definition.",
        a.Dashboard,
        problems=(404,),
        limited=True,
    ),
    Route(
        "PUT",
        "/v1/dashboards/{dashboard}",
        CONFIG_WRITE,
        dashboards.put_dashboard,
        "replace_dashboard",
        "Create or replace a dashboard.",
        a.Dashboard,
        description="Omitted fields get their defaults.",
        body=a.DashboardReplaceRequest,
        problems=(404, 412, 428, *_SENT),
        headers=IF_MATCH,
    ),
    Route(
        "PATCH",
        "/v1/dashboards/{dashboard}",
        CONFIG_WRITE,
        dashboards.patch_dashboard,
        "update_dashboard",
        "Update a dashboard.",
        a.Dashboard,
        description="Omitted fields stay as they are; null resets a field to its default.",
        body=a.DashboardUpdateRequest,
        problems=(404, 412, 428, *_SENT),
        headers=IF_MATCH,
    ),
    Route(
        "DELETE",
        "/v1/dashboards/{dashboard}",
        CONFIG_WRITE,
        dashboards.delete_dashboard,
        "delete_dashboard",
        "Delete a dashboard.",
        None,
        description="Deleting the dashboard `default` restores its original definition.",
        problems=(404, 412, 428),
        headers=IF_MATCH,
    ),
    Route(
        "GET",
        "/v1/dashboards/{dashboard}/data",
        METRICS_READ,
        dashboard_data.dashboard_data,
        "get_dashboard_data",
        "Get the data of a dashboard.",
        a.DashboardData,
        dashboard_data.PARAMETERS,
        description="The numbers of all its panels. A panel that cannot be computed carries an error; the others still have data.",
        problems=(404,),
        limited=True,
    ),
)

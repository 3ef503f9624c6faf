"""The routes of dashboards."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query.dashboards import dashboards
from query.dashboards import data as dashboard_data
from query.dashboards import schemas as a
from query.web.etags import IF_MATCH
from query.web.route import Route

_SENT = (413, 415, 422)

DASHBOARD_ROUTES = (
    Route(
        "GET",
        "/v1/dashboards",
        METRICS_READ,
        dashboards.dashboard_page,
        "Dashboards, in order of id",
        a.DashboardPage,
        dashboards.PARAMETERS,
        limited=True,
    ),
    Route(
        "POST",
        "/v1/dashboards",
        CONFIG_WRITE,
        dashboards.post_dashboard,
        "Makes a dashboard",
        a.Dashboard,
        body=a.DashboardSent,
        problems=(409, *_SENT),
        status=201,
        headers=dashboards.IDEMPOTENCY_KEY,
    ),
    Route(
        "GET",
        "/v1/dashboards/{dashboard}",
        METRICS_READ,
        dashboards.one_dashboard,
        "What a dashboard shows, and how",
        a.Dashboard,
        problems=(404,),
        limited=True,
    ),
    Route(
        "PUT",
        "/v1/dashboards/{dashboard}",
        CONFIG_WRITE,
        dashboards.put_dashboard,
        "Replaces a dashboard, or makes one with this id",
        a.Dashboard,
        body=a.DashboardReplaced,
        problems=(404, 412, 428, *_SENT),
        headers=IF_MATCH,
    ),
    Route(
        "PATCH",
        "/v1/dashboards/{dashboard}",
        CONFIG_WRITE,
        dashboards.patch_dashboard,
        "Changes what is named of a dashboard",
        a.Dashboard,
        body=a.DashboardPatch,
        problems=(404, 412, 428, *_SENT),
        headers=IF_MATCH,
    ),
    Route(
        "DELETE",
        "/v1/dashboards/{dashboard}",
        CONFIG_WRITE,
        dashboards.delete_dashboard,
        "Deletes a dashboard; the default one is then as it was at first",
        None,
        problems=(404, 412, 428),
        headers=IF_MATCH,
    ),
    Route(
        "GET",
        "/v1/dashboards/{dashboard}/data",
        METRICS_READ,
        dashboard_data.dashboard_data,
        "The numbers of all panels of a dashboard",
        a.DashboardData,
        dashboard_data.PARAMETERS,
        problems=(404,),
        limited=True,
    ),
)

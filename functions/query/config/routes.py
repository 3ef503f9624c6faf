"""The routes of the configuration: services, teams, settings, and who changed what."""

from __future__ import annotations

from leadline.access.keys import CONFIG_WRITE, METRICS_READ
from query import schemas as answers
from query.config import history, service_config, services, settings, teams
from query.config import schemas as config_answers
from query.web.etags import IF_MATCH, MAY_MATCH
from query.web.route import Route

_CONDITIONAL = (404, 412, 413, 415, 422, 428)

CONFIG_ROUTES = (
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
        problems=(404, 412, 413, 415, 422),
        headers=MAY_MATCH,
        starts_job=True,
    ),
    Route(
        "DELETE",
        "/v1/teams/{team}",
        CONFIG_WRITE,
        teams.delete_team,
        "Removes a team, and its numbers with it",
        None,
        problems=(404, 412),
        headers=MAY_MATCH,
        starts_job=True,
    ),
    Route(
        "GET",
        "/v1/services/{service}",
        METRICS_READ,
        service_config.get_service,
        "How a service is configured",
        config_answers.ServiceConfiguration,
        problems=(404,),
        limited=True,
    ),
    Route(
        "PUT",
        "/v1/services/{service}",
        CONFIG_WRITE,
        service_config.put_service,
        "Configures a service, creating it where it is new; what is left out is as it is by default",
        config_answers.ServiceConfiguration,
        body=config_answers.ServiceSent,
        problems=_CONDITIONAL,
        headers=IF_MATCH,
        starts_job=True,
    ),
    Route(
        "PATCH",
        "/v1/services/{service}",
        CONFIG_WRITE,
        service_config.patch_service,
        "Changes what is named of a service's configuration",
        config_answers.ServiceConfiguration,
        body=config_answers.ServiceSent,
        problems=_CONDITIONAL,
        headers=IF_MATCH,
        limited=True,
        starts_job=True,
    ),
    Route(
        "GET",
        "/v1/settings",
        METRICS_READ,
        settings.get_settings,
        "What holds for the whole organisation",
        config_answers.Settings,
    ),
    Route(
        "PUT",
        "/v1/settings",
        CONFIG_WRITE,
        settings.put_settings,
        "Sets all settings; what is left out gets its default",
        config_answers.Settings,
        body=config_answers.SettingsSent,
        problems=_CONDITIONAL,
        headers=IF_MATCH,
        starts_job=True,
    ),
    Route(
        "PATCH",
        "/v1/settings",
        CONFIG_WRITE,
        settings.patch_settings,
        "Sets the settings that are named",
        config_answers.Settings,
        body=config_answers.SettingsSent,
        problems=_CONDITIONAL,
        headers=IF_MATCH,
        starts_job=True,
    ),
    Route(
        "GET",
        "/v1/history",
        METRICS_READ,
        history.history_page,
        "Who changed the configuration or what is stored, the newest first",
        config_answers.HistoryPage,
        history.PARAMETERS,
    ),
)

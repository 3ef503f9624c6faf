"""The routes of keys, plans, the access log and its settings, which need the scope admin, and of sources."""

from __future__ import annotations

from leadline.access.keys import ADMIN, CONFIG_WRITE, METRICS_READ
from query.access import access_logs, keys, plans, sources
from query.access import key_schemas as key_answers
from query.access import schemas as a
from query.web.etags import IF_MATCH
from query.web.route import Route

_CHANGE = (412, 413, 415, 422, 428)

ACCESS_ROUTES = (
    Route(
        "GET",
        "/v1/keys",
        ADMIN,
        keys.key_page,
        "API keys, without what makes them keys, the newest first",
        key_answers.KeyPage,
        keys.PARAMETERS,
    ),
    Route(
        "POST",
        "/v1/keys",
        ADMIN,
        keys.post_key,
        "Makes a key; its text is in this answer and nowhere else",
        key_answers.KeyMade,
        body=key_answers.KeySent,
        problems=(413, 415, 422),
        status=201,
    ),
    Route("GET", "/v1/keys/{key_id}", ADMIN, keys.one_key, "One key", key_answers.KeyEntry, problems=(404,)),
    Route(
        "DELETE",
        "/v1/keys/{key_id}",
        ADMIN,
        keys.delete_key,
        "Revokes a key: it changes nothing from now on, and neither reads nor sends events after half a minute",
        None,
        problems=(404,),
    ),
    Route(
        "POST",
        "/v1/keys/{key_id}/rotate",
        ADMIN,
        keys.rotate_key,
        "Makes a key that follows this one, which stays good for the overlap",
        key_answers.KeyMade,
        body=key_answers.RotationSent,
        problems=(404, 409, 413, 415, 422),
        status=201,
    ),
    Route("GET", "/v1/sources", METRICS_READ, sources.get_sources, "How webhooks are read", a.SourcesAnswer),
    Route(
        "PUT",
        "/v1/sources",
        CONFIG_WRITE,
        sources.put_sources,
        "Sets how webhooks are read",
        a.SourcesAnswer,
        body=a.SourcesSent,
        problems=_CHANGE,
        headers=IF_MATCH,
    ),
    Route("GET", "/v1/plans", ADMIN, plans.plan_page, "Plans, in order of name", a.PlanPage, plans.PARAMETERS),
    Route("GET", "/v1/plans/{plan}", ADMIN, plans.one_plan, "One plan", a.PlanEntry, problems=(404,)),
    Route(
        "PUT",
        "/v1/plans/{plan}",
        ADMIN,
        plans.put_plan,
        "Makes or replaces a plan; its keys are held to it within half a minute",
        a.PlanEntry,
        body=a.PlanSent,
        problems=(404, *_CHANGE),
        headers=IF_MATCH,
    ),
    Route(
        "DELETE",
        "/v1/plans/{plan}",
        ADMIN,
        plans.delete_plan,
        "Removes a plan that no key has",
        None,
        problems=(404, 409, 412, 428),
        headers=IF_MATCH,
    ),
    Route(
        "GET",
        "/v1/settings/access",
        ADMIN,
        plans.get_access,
        "The access log's settings, web origins, and whether there is a page of this document",
        a.AccessSettingsAnswer,
    ),
    Route(
        "PUT",
        "/v1/settings/access",
        ADMIN,
        plans.put_access,
        "Sets whether and how long requests are noted, which web pages may call, and whether Swagger UI is served",
        a.AccessSettingsAnswer,
        body=a.AccessSettingsSent,
        problems=_CHANGE,
        headers=IF_MATCH,
    ),
    Route(
        "GET",
        "/v1/access-logs",
        ADMIN,
        access_logs.access_page,
        "Who called what, when, from where, with what result; refused requests too",
        a.AccessPage,
        access_logs.PARAMETERS,
    ),
)

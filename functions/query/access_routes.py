"""The routes of keys, plans, the access log and its settings: all need the scope admin."""

from __future__ import annotations

from leadline.auth import ADMIN
from query import key_answers, keys
from query.route import Route

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
        "Revokes a key, within half a minute",
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
)

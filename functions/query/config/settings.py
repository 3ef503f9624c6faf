"""GET, PUT and PATCH /v1/settings: the organisation's settings.

Where numbers depend on a setting, every service is derived again, so that all numbers are as if it had always been so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadline.contract.objects import Reader, read_fields
from leadline.contract.settings_schema import SETTINGS, Recounts, recounted, shown_settings
from leadline.domain.errors import Conflict
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings
from leadline.store.outbox import SERVICES, FanOut, NewJob
from query.changes.outbox import TRIES, crowded, new_job, publish, store
from query.changes.renaming import as_people_are_named, renaming_messages, with_renaming_job
from query.config.schemas import Settings
from query.http.body import read_json
from query.http.etags import check_if_match, with_etag
from query.http.faults import Faults
from query.http.request import Reply, Request

_READERS: dict[str, Reader] = {setting.name: setting.read for setting in SETTINGS}


def get_settings(request: Request) -> Reply:
    """The settings, with their ETag."""
    request.sent.faults.check_query()
    return with_etag(_answer(request.organisation()))


def put_settings(request: Request) -> Reply:
    """Replaces the settings; fields that are left out get their default. Raises Problem: 400, 412, 413, 415, 422, 428, 503."""
    return _change(request, OrganisationSettings())


def patch_settings(request: Request) -> Reply:
    """Changes the fields that are sent; null sets the default. Raises Problem: 400, 412, 413, 415, 422, 428, 503."""
    return _change(request, None)


def _change(request: Request, base: OrganisationSettings | None) -> Reply:
    """`base`: what the change is made to, None for the stored settings."""
    request.sent.faults.check_query()
    faults = Faults()
    sent = read_fields(read_json(request.event, request.headers), _READERS, faults)
    faults.check_body()
    for _ in range(TRIES):
        item = request.table.get([SETTINGS_KEY]).get(SETTINGS_KEY)
        old = OrganisationSettings.from_item(item)
        check_if_match(request, _answer(old))
        new = as_people_are_named(request, _applied(base or old, sent, old), old)
        if new == old:
            return with_etag(_answer(new))
        job = _job(request, old, new)
        if job is not None:
            new = with_renaming_job(old, new, job)
        try:
            also = job.writes() if job is not None else []
            store(request, new.to_item(), "settings", "settings", _answer(old), _answer(new), also=also)
        except Conflict:
            continue
        return with_etag(_answer(new), publish(request, job))
    raise crowded()


def _job(request: Request, old: OrganisationSettings, new: OrganisationSettings) -> NewJob | None:
    """Compute derives every service and custom metric again, renames people, or neither."""
    derived = bool(recounted(old, new) & {Recounts.DEPLOYMENTS, Recounts.POINTS})
    messages = renaming_messages(old, new)
    if not derived and not messages:
        return None
    return new_job(request, "settings", None, new.version, messages, FanOut(SERVICES) if derived else None)


def _applied(base: OrganisationSettings, sent: Mapping[str, Any], stored: OrganisationSettings) -> OrganisationSettings:
    values = {
        setting.attribute: setting.default if sent[setting.name] is None else sent[setting.name]
        for setting in SETTINGS
        if setting.name in sent
    }
    kept = replace(base, version=stored.version, extra=stored.extra, own_production=stored.own_production)
    return replace(kept, **values)


def _answer(organisation: OrganisationSettings) -> Settings:
    return shown_settings(organisation)

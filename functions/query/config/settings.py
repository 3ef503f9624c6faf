"""GET, PUT and PATCH /v1/settings: what holds for the whole organisation.

Where numbers depend on a setting, every service is counted anew by it, so that all numbers are as if it had always been so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadline.contract.settings_schema import SETTINGS, Recounts, recounted, shown_settings
from leadline.domain.errors import Conflict
from leadline.queue import Message
from leadline.store.configuration import SETTINGS_KEY, OrganisationSettings
from leadline.store.services import SERVICES, Service
from query.config.outbox import TRIES, crowded, service_message, store, tell_and_forget
from query.config.schemas import Settings
from query.custom.publish import points_messages
from query.people.removal import as_people_are_named, begin_renaming
from query.web.body import read_json
from query.web.etags import check_if_match, with_etag
from query.web.faults import Faults
from query.web.patches import Reader, read_fields
from query.web.request import Reply, Request

_READERS: dict[str, Reader] = {setting.name: setting.read for setting in SETTINGS}


def get_settings(request: Request) -> Reply:
    """The settings, with their ETag."""
    request.sent.faults.check_query()
    return with_etag(_answer(request.organisation()))


def put_settings(request: Request) -> Reply:
    """Sets all settings; what is left out gets its default. Raises Problem: 400, 412, 413, 415, 422, 428, 503."""
    return _change(request, OrganisationSettings())


def patch_settings(request: Request) -> Reply:
    """Sets what is named; null sets the default. Raises Problem: 400, 412, 413, 415, 422, 428, 503."""
    return _change(request, None)


def _change(request: Request, base: OrganisationSettings | None) -> Reply:
    """`base`: what the change is made to, None for what there is."""
    request.sent.faults.check_query()
    faults = Faults()
    told = read_fields(read_json(request.event, request.headers), _READERS, faults)
    faults.check_body()
    for _ in range(TRIES):
        item = request.table.get([SETTINGS_KEY]).get(SETTINGS_KEY)
        old = OrganisationSettings.from_item(item)
        check_if_match(request, _answer(old))
        new = as_people_are_named(request, _applied(base or old, told, old), old)
        derived = bool(recounted(old, new) & {Recounts.DEPLOYMENTS, Recounts.POINTS})
        if new == old and "untold" not in old.extra:
            return with_etag(_answer(new))
        if derived:
            new = replace(new, extra={**new.extra, "untold": True})
        try:
            store(request, new.to_item(), "settings", "settings", _answer(old), _answer(new))
        except Conflict:
            continue
        begin_renaming(request, old, new)
        if "untold" in new.extra:
            _tell(request, new)
        return with_etag(_answer(new))
    raise crowded()


def _tell(request: Request, stored: OrganisationSettings) -> None:
    # Read only now: what is deployed to a service that is not in this list is counted by the new settings already.
    services = [Service.from_item(item) for item in request.table.query(SERVICES)]
    deployed = [service for service in services if any(service.years.values())]
    messages: list[Message] = [service_message(request, service, []) for service in deployed]
    messages += points_messages(request, stored.version + 1)
    tell_and_forget(request, stored.to_item(), messages)


def _applied(base: OrganisationSettings, told: Mapping[str, Any], stored: OrganisationSettings) -> OrganisationSettings:
    sent = [setting for setting in SETTINGS if setting.name in told]
    values = {
        setting.attribute: setting.default if told[setting.name] is None else told[setting.name] for setting in sent
    }
    kept = replace(base, version=stored.version, extra=stored.extra, own_production=stored.own_production)
    return replace(kept, **values)


def _answer(organisation: OrganisationSettings) -> Settings:
    return shown_settings(organisation)

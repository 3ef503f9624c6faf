"""GET, PUT and PATCH /v1/settings: what holds for the whole organisation.

Where numbers depend on a setting, every service is counted anew by it, so that all numbers are as if it had always been so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import read_flag
from leadline.contract.text import name_of, one_of
from leadline.domain.errors import Conflict
from leadline.queue import Message
from leadline.store.configuration import COUNT, LIST, NAMES, OFF, PSEUDONYMS, SETTINGS_KEY, OrganisationSettings
from leadline.store.services import SERVICES, Service
from query.config.outbox import TRIES, crowded, service_message, store, tell_and_forget
from query.config.schemas import Settings
from query.custom.publish import points_messages
from query.people.removal import as_people_are_named, begin_renaming
from query.web.body import read_json
from query.web.etags import check_if_match, with_etag
from query.web.faults import Faults
from query.web.patches import Reader, list_of, read_fields
from query.web.patterns import patterns_of
from query.web.request import Reply, Request

HOUR = 3600 * 1000
MAX_WINDOW_HOURS = 90 * 24
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)


def _read_timezone(value: object) -> str:
    if not isinstance(value, str) or not _ZONE.fullmatch(value):
        raise InvalidValue("time_zone", "must be the IANA name of a time zone such as Europe/Berlin")
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # what is no zone may be a folder or a file of another kind
        raise InvalidValue("time_zone", "is no time zone that is known here") from None
    return value


def _read_hours(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_WINDOW_HOURS:
        raise InvalidValue("range", f"must be a whole number from 1 to {MAX_WINDOW_HOURS}")
    return value


_FIELDS: dict[str, Reader] = {
    "timezone": _read_timezone,
    "production": list_of(name_of(100), 20, least=1),
    "incident_window_hours": _read_hours,
    "failure_status_counts": read_flag,
    "bots": patterns_of(200, "*"),
    "rework_labels": patterns_of(100, "*"),
    "rework_branches": patterns_of(255, "*"),
    "rework_titles": patterns_of(200, "*"),
    "rework_means_failure": read_flag,
    "direct_commits": one_of(LIST, COUNT),
    "individuals": one_of(NAMES, PSEUDONYMS, OFF),
    "author_pages": read_flag,
}
_DERIVED = (
    "timezone",
    "incident_window",
    "failure_status_counts",
    "bots",
    "rework_labels",
    "rework_branches",
    "rework_titles",
    "rework_means_failure",
    "direct_commits",
)
"""What facts are derived from. Which environments are production is asked when numbers are read."""


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
    told = read_fields(read_json(request.event, request.headers), _FIELDS, faults)
    faults.check_body()
    for _ in range(TRIES):
        item = request.table.get([SETTINGS_KEY]).get(SETTINGS_KEY)
        old = OrganisationSettings.from_item(item)
        check_if_match(request, _answer(old))
        new = as_people_are_named(request, _applied(base or old, told, old), old)
        derived = any(getattr(old, name) != getattr(new, name) for name in _DERIVED)
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
    values: dict[str, Any] = {}
    default = OrganisationSettings()
    for name, value in told.items():
        field = "incident_window" if name == "incident_window_hours" else name
        if value is None:
            values[field] = getattr(default, field)
        else:
            values[field] = value * HOUR if field == "incident_window" else value
    kept = replace(base, version=stored.version, extra=stored.extra, own_production=stored.own_production)
    return replace(kept, **values)


def _answer(organisation: OrganisationSettings) -> Settings:
    return {
        "timezone": organisation.timezone,
        "production": list(organisation.production),
        "incident_window_hours": organisation.incident_window // HOUR,
        "failure_status_counts": organisation.failure_status_counts,
        "bots": list(organisation.bots),
        "rework_labels": list(organisation.rework_labels),
        "rework_branches": list(organisation.rework_branches),
        "rework_titles": list(organisation.rework_titles),
        "rework_means_failure": organisation.rework_means_failure,
        "direct_commits": organisation.direct_commits,  # type: ignore[typeddict-item]  # one of the two
        "individuals": organisation.individuals,  # type: ignore[typeddict-item]  # one of the three
        "author_pages": organisation.author_pages,
    }

"""incident.io: public incidents declared, updated, resolved. Signed as Standard Webhooks are.

The payload stands under the event's own name. When an incident began and ended is told by its timestamps, which people
correct afterwards; `updated_at` moves with any edit, so it stands in for the end only at the moment the incident stopped
being live. Private incidents come with an id and nothing more.
Source: incident.io's API documentation, "Webhooks", read in November 2026.
"""

from __future__ import annotations

from typing import Any

from ingest.webhooks.delivery import Delivery, Malformed, ReportedEvent, Source, Translation
from ingest.webhooks.incidents import no_service, service_of
from ingest.webhooks.payload import at, need_text, objects, shown, text
from ingest.webhooks.standard_webhooks import ID_HEADER, verify_standard
from leadline.contract.events import INCIDENT
from leadline.store.sources import Sources

DECLARED = "public_incident.incident_created_v2"
UPDATED = "public_incident.incident_updated_v2"
STATUS = "public_incident.incident_status_updated_v2"

OVER = frozenset({"learning", "closed"})
NEVER_WAS = frozenset({"declined", "merged", "canceled"})
# Names of timestamps, the most telling first; each organisation can name its own.
BEGAN = ("impact started", "started", "reported")
ENDED = ("fixed", "mitigated", "impact ended", "resolved", "closed")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    kind = need_text(payload, "event_type")
    if kind not in (DECLARED, UPDATED, STATUS):
        return Translation(ignored=f"{shown(kind)} is no news of a public incident")
    news = at(payload, kind)
    incident = at(news, "incident") if kind == STATUS else news
    if not isinstance(incident, dict):
        raise Malformed(f"{kind} holds no incident")
    if text(incident, "mode") in ("test", "tutorial"):
        return Translation(ignored="an exercise")
    category = text(incident, "incident_status", "category")
    if category in NEVER_WAS:
        return Translation(ignored=f"the incident was {category}")
    if category == "triage":
        return Translation(ignored="nobody has said yet that this is an incident")
    affected = _affected(incident)
    service = service_of(sources, "incident_io", next(iter(affected), None), *affected, *_type(incident))
    if service is None:
        return no_service("incident_io", "an affected service or the incident's type")
    times = _times(incident)
    told = {
        "id": text(incident, "reference") or need_text(incident, "id"),
        "service": service,
        "started_at": _first(times, BEGAN) or need_text(incident, "created_at"),
        "resolved_at": _ended(kind, news, incident, times) if category in OVER else None,
        "severity": text(incident, "severity", "name"),
        "url": text(incident, "permalink"),
    }
    return Translation([ReportedEvent(INCIDENT, told)])


def _times(incident: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in objects(incident, "incident_timestamp_values"):
        name, value = text(entry, "incident_timestamp", "name"), text(entry, "value", "value")
        if name and value:
            found[name.strip().lower().removesuffix(" at")] = value
    return found


def _first(times: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((times[name] for name in names if name in times), None)


def _ended(kind: str, news: Any, incident: dict[str, Any], times: dict[str, str]) -> str | None:
    told = _first(times, ENDED)
    if told is not None:
        return told
    just_now = kind == STATUS and text(news, "previous_status", "category") not in OVER
    return text(incident, "updated_at") if just_now else None


def _affected(incident: dict[str, Any]) -> list[str]:
    """The entries of custom fields that speak of services: of the catalogue, or options chosen."""
    names: list[str] = []
    for entry in objects(incident, "custom_field_entries"):
        field = (text(entry, "custom_field", "name") or "").lower()
        if "service" not in field and "component" not in field:
            continue
        for value in objects(entry, "values"):
            catalogued = text(value, "value_catalog_entry", "external_id") or text(value, "value_catalog_entry", "name")
            name = catalogued or text(value, "value_option", "value") or text(value, "value_text")
            if name:
                names.append(name)
    return names


def _type(incident: dict[str, Any]) -> list[str]:
    name = text(incident, "incident_type", "name")
    return [name] if name else []


SOURCE = Source(verify_standard, translate, delivery_header=ID_HEADER)

"""incident.io: public incidents declared, updated, resolved. Signed as Standard Webhooks are.

The payload stands under the event's own name. When an incident started and ended is in its timestamps, which people
correct afterwards; `updated_at` moves with any edit, so it stands in for the end only at the moment the incident stopped
being live. Private incidents come with nothing but an id.
Source: incident.io's API documentation, "Webhooks", read in November 2026.
"""

from __future__ import annotations

from typing import Any

from ingest.incident_service import no_service, service_of
from ingest.messages import Malformed, ReportedEvent
from ingest.payload import at, instant, need_text, objects, safe_word, text
from ingest.webhooks.delivery import Delivery, Source, Translation
from ingest.webhooks.signatures import STANDARD_ID_HEADER, verify_standard
from leadline.contract.events import INCIDENT
from leadline.store.sources import Sources

DECLARED = "public_incident.incident_created_v2"
UPDATED = "public_incident.incident_updated_v2"
STATUS = "public_incident.incident_status_updated_v2"

ENDED_CATEGORIES = frozenset({"learning", "closed"})
NOT_INCIDENTS = frozenset({"declined", "merged", "canceled"})
# Names of timestamps, the most exact first; each organisation can name its own.
START_NAMES = ("impact started", "started", "reported")
END_NAMES = ("fixed", "mitigated", "impact ended", "resolved", "closed")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    kind = need_text(payload, "event_type")
    if kind not in (DECLARED, UPDATED, STATUS):
        return Translation(ignored=f"{safe_word(kind)} is not an update of a public incident")
    update = at(payload, kind)
    incident = at(update, "incident") if kind == STATUS else update
    if not isinstance(incident, dict):
        raise Malformed(f"{kind} has no incident")
    if text(incident, "mode") in ("test", "tutorial"):
        return Translation(ignored="a test or tutorial incident")
    category = text(incident, "incident_status", "category")
    if category in NOT_INCIDENTS:
        return Translation(ignored=f"the incident was {category}")
    if category == "triage":
        return Translation(ignored="still in triage: not confirmed as an incident")
    affected = _affected_services(incident)
    service = service_of(sources, "incident_io", next(iter(affected), None), *affected, *_type_names(incident))
    if service is None:
        return Translation(ignored=no_service("incident_io", "an affected service or the incident's type"))
    times = _timestamps(incident)
    fields = {
        "id": text(incident, "reference") or need_text(incident, "id"),
        "service": service,
        "started_at": _first(times, START_NAMES) or need_text(incident, "created_at"),
        "resolved_at": _end_time(kind, update, incident, times) if category in ENDED_CATEGORIES else None,
        "severity": text(incident, "severity", "name"),
        "url": text(incident, "permalink"),
    }
    return Translation([ReportedEvent(INCIDENT, fields, instant(incident, "updated_at"))])


def _timestamps(incident: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in objects(incident, "incident_timestamp_values"):
        name, value = text(entry, "incident_timestamp", "name"), text(entry, "value", "value")
        if name and value:
            found[name.strip().lower().removesuffix(" at")] = value
    return found


def _first(times: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((times[name] for name in names if name in times), None)


def _end_time(kind: str, update: Any, incident: dict[str, Any], times: dict[str, str]) -> str | None:
    known = _first(times, END_NAMES)
    if known is not None:
        return known
    just_ended = kind == STATUS and text(update, "previous_status", "category") not in ENDED_CATEGORIES
    return text(incident, "updated_at") if just_ended else None


def _affected_services(incident: dict[str, Any]) -> list[str]:
    """The values of custom fields about services: catalogue entries, or chosen options."""
    names: list[str] = []
    for entry in objects(incident, "custom_field_entries"):
        field = (text(entry, "custom_field", "name") or "").lower()
        if "service" not in field and "component" not in field:
            continue
        for value in objects(entry, "values"):
            entry_name = text(value, "value_catalog_entry", "external_id") or text(value, "value_catalog_entry", "name")
            name = entry_name or text(value, "value_option", "value") or text(value, "value_text")
            if name:
                names.append(name)
    return names


def _type_names(incident: dict[str, Any]) -> list[str]:
    name = text(incident, "incident_type", "name")
    return [name] if name else []


SOURCE = Source(verify_standard, translate, delivery_header=STANDARD_ID_HEADER)

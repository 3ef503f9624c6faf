"""An incident event: store it, and derive how the deployments around it went."""

from typing import Any

from compute.derive.references import add_claim, drop_claim
from compute.derive.services import open_service
from compute.derive.timeline import Timeline
from compute.derive.unit_of_work import OUTCOME
from compute.trace import About
from leadline.store.deployments import place_of
from leadline.store.incidents import Incident, incident_key, incident_line
from leadline.store.table import Table


def apply_incident(table: Table, data: dict[str, Any], received_at: int, event_id: str) -> About:
    """Counts the incident this event tells of, and says which.

    Applying it again changes nothing. Raises Conflict to be tried anew.
    """
    resolved, derivation = open_service(
        table, data.get("repository"), data.get("service"), lambda service: [incident_key(service, data["id"])]
    )
    changes = derivation.work.changes
    service = resolved.service.name
    item = changes.get(incident_key(service, data["id"]))
    about = {"service": service, "incident": data["id"], "resolved": resolved.how}
    if item is not None and item.get("deleted", 0) >= received_at:
        return about
    old = Incident.from_item(item) if item and "deleted" not in item else None
    told = Incident.from_data(service, {**data, "event_id": event_id})
    new = old.join(told) if old else told
    if new != old:
        if old is not None:
            _leave(derivation.timeline(service, old.where), old)
        changes.put(new.to_item())
        _enter(derivation.timeline(service, new.where), new)
        derivation.work.note_incident(new.started_at)
    derivation.finish()
    return about


def delete_incident(table: Table, data: dict[str, Any], received_at: int) -> None:
    """Takes an incident out of everything. Applying it again changes nothing. Raises Conflict to be tried anew."""
    service, name = data["service"], data["incident"]
    _, derivation = open_service(table, None, service, lambda _: [incident_key(service, name)])
    item = derivation.work.changes.get(incident_key(service, name))
    if item is not None and item.get("deleted", 0) < received_at:
        if "deleted" not in item:
            old = Incident.from_item(item)
            _leave(derivation.timeline(service, old.where), old)
        derivation.work.changes.put({"pk": item["pk"], "sk": item["sk"], "deleted": received_at})
    derivation.finish()


def _enter(timeline: Timeline, incident: Incident) -> None:
    if incident.deployment is not None:
        add_claim(timeline, incident.deployment, "i:" + incident.id)
        return
    timeline.work.changes.put({"pk": incident_line(timeline.service.name, timeline.environment), "sk": incident.place})
    _mark_last_before(timeline, incident)


def _leave(timeline: Timeline, incident: Incident) -> None:
    if incident.deployment is None:
        timeline.work.changes.delete((incident_line(timeline.service.name, timeline.environment), incident.place))
        _mark_last_before(timeline, incident)
    else:
        drop_claim(timeline, incident.deployment, "i:" + incident.id)


def _mark_last_before(timeline: Timeline, incident: Incident) -> None:
    last = timeline.live_before(place_of(incident.started_at, "~"))
    if last is not None:
        timeline.mark(OUTCOME, last.place)

"""An incident event is stored, a deletion takes it out; then the outcomes of the deployments around it are derived."""

from compute.derive.claims import add_claim, drop_claim
from compute.derive.opening import finish, open_service
from compute.derive.timeline import OUTCOME, Timeline
from compute.event_traces import About
from leadline.contract.messages import IncidentDeletion, IncidentMessage
from leadline.store.deployments import place_of
from leadline.store.incidents import Incident, incident_key, incident_line
from leadline.store.table import Table


def apply_incident(table: Table, message: IncidentMessage) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    data = message.data
    resolved, work = open_service(
        table, data.get("repository"), data.get("service"), lambda service: [incident_key(service, data["id"])]
    )
    service = resolved.service.name
    item = work.changes.get(incident_key(service, data["id"]))
    about = {"service": service, "incident": data["id"], "resolved": resolved.how}
    if item is not None and item.get("deleted", 0) >= message.received_at:
        return about
    old = Incident.from_item(item) if item and "deleted" not in item else None
    reported = Incident.from_data(service, {**data, "event_id": message.event_id})
    new = old.join(reported) if old else reported
    if new != old:
        if old is not None:
            _leave(work.timeline(service, old.where), old)
        work.changes.put(new.to_item())
        _enter(work.timeline(service, new.where), new)
        work.note_incident(new.started_at)
    finish(work)
    return about


def delete_incident(table: Table, message: IncidentDeletion) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    service, name = message.service, message.incident
    _, work = open_service(table, None, service, lambda _: [incident_key(service, name)])
    item = work.changes.get(incident_key(service, name))
    if item is not None and item.get("deleted", 0) < message.received_at:
        if "deleted" not in item:
            old = Incident.from_item(item)
            _leave(work.timeline(service, old.where), old)
        work.changes.put({"pk": item["pk"], "sk": item["sk"], "deleted": message.received_at})
    finish(work)
    return {}


def _enter(timeline: Timeline, incident: Incident) -> None:
    if incident.deployment is not None:
        add_claim(timeline, incident.deployment, "i:" + incident.id)
        return
    timeline.changes.put({"pk": incident_line(timeline.service.name, timeline.environment), "sk": incident.place})
    _mark_last_before(timeline, incident)


def _leave(timeline: Timeline, incident: Incident) -> None:
    if incident.deployment is None:
        timeline.changes.delete((incident_line(timeline.service.name, timeline.environment), incident.place))
        _mark_last_before(timeline, incident)
    else:
        drop_claim(timeline, incident.deployment, "i:" + incident.id)


def _mark_last_before(timeline: Timeline, incident: Incident) -> None:
    last = timeline.live_before(place_of(incident.started_at, "~"))
    if last is not None:
        timeline.mark(OUTCOME, last.place)

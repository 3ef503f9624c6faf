"""An event's status, derived from the data that is stored now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from typing import Literal

from leadline.contract import reasons
from leadline.domain.cells import contributions
from leadline.domain.deployments import IN_PROGRESS, identified_key
from leadline.domain.points import scopes_of
from leadline.store.configuration import OrganisationSettings
from leadline.store.deployments import Record, TimelineEntry, line_partition, place_of, same_sha, year_of
from leadline.store.events import Trace
from leadline.store.incidents import Incident, incident_key
from leadline.store.ledger import change_key, shipper
from leadline.store.planned_writes import lock_key
from leadline.store.points import identity_key, point_at, point_from_item, point_lock
from leadline.store.services import Service, service_key
from leadline.store.table import LAST, Item, Table
from query.records.deployments import deployments_by_key
from query.schemas import CountingCell, EventTraceStep
from query.visibility.people import shown

Status = Literal["queued", "counted", "pending", "unmatched", "parked", "superseded", "duplicate"]

MOST_CELLS = 100
_SEARCHED = 500
"""How many deployments are searched for the commit that an incident names. Compute searches equally many."""


@dataclass(frozen=True, slots=True)
class EventStatus:
    """`record`: the deployment that the event reported. `deployments`: the keys of those that count the event."""

    status: Status
    reason: str | None = None
    record: Record | None = None
    deployments: tuple[str, ...] = ()
    steps: tuple[EventTraceStep, ...] = ()


def status_of(
    table: Table, trace: Trace, organisation: OrganisationSettings, reached: Collection[str] | None = None
) -> EventStatus:
    """The current status; it needs more reads than the trace. `reached`: the services within the key's limits, None for all."""
    if trace.parked_at is not None:
        return EventStatus("parked", trace.reason)
    match trace.kind:
        case "deployment":
            return _status_of_deployment(table, trace, organisation)
        case "change":
            return _status_of_change(table, trace, reached)
        case "incident":
            return _status_of_incident(table, trace)
        case "point":
            return _status_of_point(table, trace)
    return EventStatus("counted")


def _status_of_deployment(table: Table, trace: Trace, organisation: OrganisationSettings) -> EventStatus:
    key = trace.deployment or ""
    record = deployments_by_key(table, [key]).get(key)
    if record is None or trace.received_at <= (record.deleted_at or 0):
        return EventStatus("superseded", reasons.DELETED)
    counted = (key,) if record.live or record.never_live else ()
    status, reason = _deployment_status(record, trace, _production_of(table, record.deployment.service, organisation))
    return EventStatus(status, reason, record, counted, tuple(_mapping_steps(record)))


def _deployment_status(record: Record, trace: Trace, production: Sequence[str]) -> tuple[Status, str]:
    if trace.reported_status not in (None, record.deployment.report.status):
        return "superseded", reasons.SUPERSEDED
    if record.reason == reasons.EXCLUDED:
        return "superseded", reasons.EXCLUDED
    if record.reason == reasons.DUPLICATE:
        return "duplicate", reasons.DUPLICATE
    if record.deployment.report.status == IN_PROGRESS:
        return "pending", record.reason
    if record.status in ("pending", "unmatched"):
        return ("pending" if record.status == "pending" else "unmatched"), record.reason
    if record.live and record.deployment.environment not in production:
        return "counted", reasons.NOT_PRODUCTION
    return "counted", record.reason


def _production_of(table: Table, service: str, organisation: OrganisationSettings) -> Sequence[str]:
    """The service's own production environments, or those of the organisation."""
    key = service_key(service)
    item = table.get([key]).get(key) if service in organisation.own_production else None
    return (Service.from_item(item).production if item else ()) or organisation.production


def _mapping_steps(record: Record) -> Iterable[EventTraceStep]:
    report = record.deployment.report
    if report.id is not None:
        if record.to_id is not None:
            yield step("sha", f"found as {record.to_id}")
        elif record.reason in (reasons.SHA_NOT_FOUND, reasons.SHA_AMBIGUOUS, reasons.VCS_UNAVAILABLE):
            where = record.repository or "any repository: its service has none"
            yield step("sha", f"not found in {where}")
        else:
            yield step("sha", "not searched")
    bounds = f": from {record.from_id or 'the beginning'} to {record.to_id}" if record.to_id is not None else ""
    yield step("range", f"{record.reason}{bounds}")
    numbers = f" ({', '.join(f'#{change.number}' for change in record.changes)})" if record.changes else ""
    counted = f", {len(record.commits)} of them counted as changes" if record.commits else ""
    changes, commits = _number_of(len(record.changes), "change"), _number_of(len(record.direct), "direct commit")
    yield step("changes", f"{changes}{numbers}, {commits}{counted}")
    if record.live:
        yield step("outcome", "failed" if record.failed else "succeeded")
    days = record.parts[0].summary.day.isoformat() if record.parts else ""
    touched = len(cells_of(record))
    yield step("counted", f"in {_number_of(touched, 'cell')} of {days}" if touched else "nowhere")


def _status_of_change(table: Table, trace: Trace, reached: Collection[str] | None) -> EventStatus:
    assert trace.repository is not None
    assert trace.change is not None
    pk, sk = change_key(trace.repository, trace.change)
    items = {item["sk"]: item for item in table.query(pk)}
    item = items.get(sk)
    if item is None or "deleted" in item:
        return EventStatus("superseded", reasons.DELETED)
    if "merge_sha" not in item:
        return EventStatus("pending", reasons.NOT_MERGED)
    ships = [(shipper(name), each["d"]) for name, each in items.items() if name.startswith("ship#")]
    shipped = tuple(sorted({key for service, key in ships if reached is None or service in reached}))
    if not shipped:
        return EventStatus("pending", reasons.NOT_DEPLOYED)
    return EventStatus(
        "counted", None, deployments=shipped, steps=(step("counted", f"by {_number_of(len(shipped), 'deployment')}"),)
    )


def _status_of_incident(table: Table, trace: Trace) -> EventStatus:
    assert trace.service is not None
    assert trace.incident is not None
    keys = [incident_key(trace.service, trace.incident), service_key(trace.service)]
    found = table.get(keys)
    item, service = found.get(keys[0]), found.get(keys[1])
    if item is None or "deleted" in item:
        return EventStatus("superseded", reasons.DELETED)
    incident = Incident.from_item(item)
    linked = _deployments_of(table, incident, service)
    if not linked:
        return EventStatus("unmatched", reasons.NO_DEPLOYMENT)
    return EventStatus("counted", None, deployments=linked, steps=(step("counted", "its deployment counts as failed"),))


def _deployments_of(table: Table, incident: Incident, service: Item | None) -> tuple[str, ...]:
    """The deployments that count this incident, found in the same way as compute does."""
    candidates: list[str] = []
    if service is not None:
        timeline = _timeline(table, Service.from_item(service), incident)
        candidates = [entry.key for entry in timeline if _may_be_named_by(entry, incident)]
    if incident.deployment is not None:
        candidates.append(identified_key(incident.service, incident.where, incident.deployment))
    else:
        candidates = candidates[:1]  # the last before it
    records = deployments_by_key(table, list(dict.fromkeys(candidates)))
    counting = (key for key, record in records.items() if incident.id in {each.id for each in record.outcome.incidents})
    return tuple(sorted(counting))


def _timeline(table: Table, service: Service, incident: Incident) -> Iterable[TimelineEntry]:
    """Live deployments that it may belong to, newest first. If it names a deployment, all of them; otherwise those before it."""
    last = place_of(incident.started_at, "~")
    if named := incident.deployment is not None:
        last = LAST
    items = (
        item
        for year in sorted(service.years.get(incident.where, ()), reverse=True)
        if named or year <= year_of(last)
        for item in table.query(line_partition(service.name, incident.where, year), "", last, reverse=True)
    )
    live = (entry for entry in map(TimelineEntry.from_item, items) if entry.live)
    return islice(live, _SEARCHED if named else 1)


def _status_of_point(table: Table, trace: Trace) -> EventStatus:
    assert trace.metric is not None
    time, _, key = (trace.point or "0#").partition("#")
    where, lock = point_at(trace.metric, int(time), key), lock_key(point_lock(trace.metric))
    identity = identity_key(trace.metric, key)
    found = table.get([where, lock, identity])
    if trace.received_at <= found.get(lock, {}).get("deleted_at", -1):
        return EventStatus("superseded", reasons.DELETED)
    if where not in found and identity in found:  # it was received once more, earlier, and has no time of its own
        where = point_at(trace.metric, found[identity]["time"], key)
        found = table.get([where])
    if where not in found or found[where]["event_id"] != trace.event_id:
        return EventStatus("duplicate", reasons.SAME_ID)
    point = point_from_item(found[where])
    cells = len(list(scopes_of(point)))
    detail = f"in {_number_of(cells, 'cell')} of {point.day} of the metric {point.metric}"
    return EventStatus("counted", None, steps=(step("counted", detail),))


def _may_be_named_by(entry: TimelineEntry, incident: Incident) -> bool:
    name = incident.deployment
    return name is None or same_sha(entry.sha, name) or same_sha(entry.node, name)


def cells_shown(record: Record, organisation: OrganisationSettings) -> list[CountingCell]:
    """The cells that count this deployment, without cells of people who must not be shown."""
    return [cell for cell in cells_of(record) if shown(cell["author"], organisation) == cell["author"]]


def cells_of(record: Record) -> list[CountingCell]:
    """The cells that count this deployment, each once."""
    keys = {key for part in record.parts for key in contributions(part)}
    return [
        {
            "environment": key.scope.environment,
            "service": key.scope.service,
            "team": key.scope.team,
            "author": key.scope.author,
            "day": key.day.isoformat(),
        }
        for key in sorted(keys, key=lambda key: [name or "" for name in astuple(key.scope)])
    ]


def _number_of(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def step(name: Literal["sha", "range", "changes", "outcome", "counted"], detail: str) -> EventTraceStep:
    """A step derived from current data, which has no time."""
    return {"step": name, "at": None, "detail": detail}

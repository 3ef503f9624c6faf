"""A deployment event: put the report on its timeline, then derive what that changes."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from compute.derive.references import add_claim, drop_claim, heed_claims
from compute.derive.services import open_service
from compute.derive.timeline import Timeline
from compute.derive.unit_of_work import ATTRIBUTE, OUTCOME
from compute.trace import About
from leadline.domain.deployments import Deployment, StatusReport, deployment_key, relabelled
from leadline.store.deployments import Record, TimelineEntry, deployment_item_key, place_of, reference_key
from leadline.store.ledger import node_key
from leadline.store.table import Key, Table


def apply_deployment(table: Table, data: dict[str, Any], received_at: int, event_id: str) -> About:
    """Counts the deployment this event tells of, and says which.

    Applying it again changes nothing. Raises Conflict to be tried anew.
    """
    report = StatusReport.from_data({**data, "received_at": received_at, "event_id": event_id})
    repository, environment = data.get("repository"), data["environment"]

    def keys_of(service: str) -> Iterable[Key]:
        yield deployment_item_key(deployment_key(service, environment, report))
        for name in filter(None, (report.id, report.deployment_id)):
            yield reference_key(service, environment, name)
        if repository is not None and report.id is not None:
            yield node_key(repository, report.id)

    resolved, derivation = open_service(table, repository, data.get("service"), keys_of)
    timeline = derivation.timeline(resolved.service.name, environment)
    report = relabelled(report, derivation.work.people.stand_ins(dict(report.labels).values()))
    key = deployment_key(resolved.service.name, environment, report)
    _place(timeline, key, report, resolved.mismatch)
    derivation.finish()
    return {
        "service": resolved.service.name,
        "environment": environment,
        "deployment": key,
        "resolved": resolved.how,
        "told": report.status,
    }


def _place(timeline: Timeline, key: str, report: StatusReport, mismatch: str | None) -> None:
    """Puts the joined reports on the timeline and marks what that changes: this place, the one it left, and its claims."""
    changes = timeline.work.changes
    old = timeline.record(key)
    if old is not None and old.deleted_at is not None:
        if report.received_at <= old.deleted_at:
            return
        old = None
    run = old.deployment if old else Deployment(key, timeline.service.name, timeline.environment, ())
    deployment = run.with_report(report)
    if old is not None and deployment == old.deployment:
        return
    place = place_of(deployment.report.finish, key)
    stored = timeline.entry(old.place) if old is not None else None
    if stored is None:
        timeline.look_at_end(place)
        entry = TimelineEntry(place, key, deployment.report.id, live=False, underived=True)
    else:
        entry = replace(stored, place=place, sha=deployment.report.id, underived=True)
    if stored is not None and stored.place != place:
        before = timeline.live_before(stored.place)
        if before is not None:
            timeline.mark(OUTCOME, before.place)
        timeline.remove_entry(stored.place)
        if old is not None:
            timeline.forget_attention(old)
        timeline.mark(ATTRIBUTE, stored.place)
    record = (
        Record(deployment, timeline.service.repository, place) if old is None else replace(old, deployment=deployment)
    )
    record = replace(record, place=place, mismatch=mismatch)
    changes.put(record.header_item())
    timeline.put_entry(entry)
    timeline.mark(ATTRIBUTE, place)
    if old is not None and old.remediates not in (None, record.remediates):
        drop_claim(timeline, old.remediates or "", "d:" + key)
    if record.remediates is not None:
        add_claim(timeline, record.remediates, "d:" + key)
    heed_claims(timeline, record)

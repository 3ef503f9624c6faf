"""A deployment event puts its report on the timeline, a deletion takes it off; then everything that this changes is derived.

A deletion leaves a tombstone with its time: what was received before stays deleted, however often it is delivered again. A report
that is received later creates the deployment again.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from compute.derive.claims import add_claim, drop_claim, mark_claims_on
from compute.derive.opening import finish, open_deployment, open_service
from compute.derive.records import with_changes
from compute.derive.timeline import ATTRIBUTE, OUTCOME, Timeline
from compute.event_traces import About
from leadline.contract.messages import DeploymentDeletion, DeploymentMessage
from leadline.domain.deployments import Deployment, StatusReport, deployment_key, relabelled
from leadline.domain.outcomes import Outcome
from leadline.store.deployments import Record, TimelineEntry, deployment_item_key, place_of, reference_keys
from leadline.store.ledger import node_key
from leadline.store.table import Key, Table


def apply_deployment(table: Table, message: DeploymentMessage) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    data = message.data
    report = StatusReport.from_data({**data, "received_at": message.received_at, "event_id": message.event_id})
    repository, environment = data.get("repository"), data["environment"]

    @cache
    def key_in(service: str) -> str:
        return deployment_key(service, environment, report)

    def keys_of(service: str) -> Iterable[Key]:
        names = [name for name in (report.id, report.deployment_id) if name]
        keys = [deployment_item_key(key_in(service))]
        keys += reference_keys(service, environment, names).values()
        return [*keys, node_key(repository, report.id)] if repository is not None and report.id is not None else keys

    resolved, work = open_service(table, repository, data.get("service"), keys_of)
    renamed = relabelled(report, work.people.stand_ins(dict(report.labels).values())) if report.labels else report
    key = key_in(resolved.service.name)
    timeline = work.timeline_of(resolved.service, environment)
    _place(timeline, key, renamed, resolved.mismatch)
    finish(work)
    return {
        "service": resolved.service.name,
        "environment": environment,
        "deployment": key,
        "resolved": resolved.how,
        "reported_status": report.status,
    }


def delete_deployment(table: Table, message: DeploymentDeletion) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    work, timeline, record = open_deployment(table, message.deployment)
    if record.deleted_at is None or record.deleted_at < message.received_at:
        before = timeline.live_before(record.place)
        if record.remediates is not None:
            drop_claim(timeline, record.remediates, "d:" + record.key)
        mark_claims_on(timeline, record)
        timeline.remove_entry(record.place)
        timeline.unlist(record)
        timeline.mark(ATTRIBUTE, record.place)
        if before is not None:
            timeline.mark(OUTCOME, before.place)
        if record.parts:  # last: once the header says deleted, nothing else may be left to plan
            gone = replace(record, live=False, never_live=False, outcome=Outcome(), waits_for=(), direct=())
            gone = replace(gone, deleted_at=message.received_at)
            timeline.save_record(record, with_changes(gone, [], record.parts[0].summary.day))
    finish(work)
    return {}


def _place(timeline: Timeline, key: str, report: StatusReport, mismatch: str | None) -> None:
    """Puts the joined reports on the timeline and marks what that changes: this place, the one it left, and its claims."""
    old = timeline.record(key)
    if old is not None and old.deleted_at is not None:
        if report.received_at <= old.deleted_at:
            return
        old = None
    known = old.deployment if old else Deployment(key, timeline.service.name, timeline.environment, ())
    deployment = known.with_report(report)
    if old is not None and deployment == old.deployment:
        return
    place = place_of(deployment.report.finish, key)
    stored = timeline.entry(old.place) if old is not None else None
    if stored is None:
        timeline.find_end(place)
        entry = TimelineEntry(place, key, deployment.report.id, live=False, underived=True)
    else:
        entry = replace(stored, place=place, sha=deployment.report.id, underived=True)
    if stored is not None and stored.place != place:
        before = timeline.live_before(stored.place)
        if before is not None:
            timeline.mark(OUTCOME, before.place)
        timeline.remove_entry(stored.place)
        if old is not None:
            timeline.unlist(old)
        timeline.mark(ATTRIBUTE, stored.place)
    record = Record(deployment, timeline.service.repository, place)
    if old is not None:
        record = replace(old, deployment=deployment, place=place)
    record = replace(record, mismatch=mismatch)
    timeline.mark(ATTRIBUTE, place)
    timeline.put_header(record)
    timeline.put_entry(entry)
    remediates = record.remediates
    if old is not None and old.remediates not in (None, remediates):
        drop_claim(timeline, old.remediates or "", "d:" + key)
    if remediates is not None:
        add_claim(timeline, remediates, "d:" + key)
    mark_claims_on(timeline, record)

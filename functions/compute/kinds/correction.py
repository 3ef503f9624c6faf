"""What people say of stored events: a deployment corrected, anything deleted. Numbers follow exactly.

A deletion leaves a tombstone with its time: what was received before stays deleted, however often it is delivered again, and what
is told later makes the thing anew.
"""

from dataclasses import replace
from typing import Any

from compute.derive.derivation import Derivation
from compute.derive.records import save_record, with_changes
from compute.derive.references import add_claim, drop_claim, heed_claims
from compute.derive.timeline import Timeline
from compute.derive.unit_of_work import ATTRIBUTE, OUTCOME, UnitOfWork, read_together
from leadline.contract import reasons
from leadline.domain.errors import Poison
from leadline.domain.outcomes import Outcome
from leadline.store.deployments import Correction, Record, deployment_item_key
from leadline.store.planned_writes import lock_key
from leadline.store.services import Service, service_key
from leadline.store.table import Table


def apply_correction(table: Table, data: dict[str, Any]) -> None:
    """Sets a deployment's correction as a whole, or with `merge` what of it is named, where null takes it back.

    Applying it again changes nothing. Raises Conflict to be tried anew.
    """
    derivation, timeline, record = open_deployment(table, data["deployment"])
    told = data["correction"]
    if data.get("merge"):  # here and not by whoever sends it: corrections on their way would not be known there
        told = {**record.correction.to_data(), **told}
    correction = Correction(
        **{name: told[name] for name in ("failed", "excluded", "remediates", "note") if told.get(name) is not None}
    )
    if correction != record.correction:
        if record.correction.remediates not in (None, correction.remediates):
            drop_claim(timeline, record.correction.remediates or "", "d:" + record.key)
        corrected = replace(record, correction=correction)
        derivation.work.changes.put(corrected.header_item())
        if correction.remediates is not None:
            add_claim(timeline, correction.remediates, "d:" + record.key)
        timeline.redo(record.place)
        before = timeline.live_before(record.place)
        if before is not None:
            timeline.mark(OUTCOME, before.place)
    derivation.finish()


def apply_settlement(table: Table, data: dict[str, Any]) -> None:
    """Gives up looking for a deployment's SHA: it is unmatched from now on, and still completed should the SHA turn up."""
    derivation, timeline, record = open_deployment(table, data["deployment"])
    if not record.settled and record.status == "pending":
        derivation.work.changes.put(replace(record, settled=True).header_item())
        timeline.redo(record.place)
    derivation.finish()


def delete_deployment(table: Table, data: dict[str, Any], received_at: int) -> None:
    """Takes a deployment off its timeline. Applying it again changes nothing. Raises Conflict to be tried anew."""
    derivation, timeline, record = open_deployment(table, data["deployment"])
    if record.deleted_at is None or record.deleted_at < received_at:
        before = timeline.live_before(record.place)
        if record.remediates is not None:
            drop_claim(timeline, record.remediates, "d:" + record.key)
        heed_claims(timeline, record)
        timeline.remove_entry(record.place)
        timeline.forget_attention(record)
        timeline.mark(ATTRIBUTE, record.place)
        if before is not None:
            timeline.mark(OUTCOME, before.place)
        if record.parts:  # last: once the header says deleted, nothing else may be left to plan
            gone = replace(record, live=False, never_live=False, outcome=Outcome(), waits_for=(), direct=())
            gone = with_changes(replace(gone, deleted_at=received_at), [], record.parts[0].summary.day)
            save_record(derivation.work, record, gone)
    derivation.finish()


def open_deployment(table: Table, key: str) -> tuple[Derivation, Timeline, Record]:
    """The deployment with this key under its service's lock. Poison where there is none."""
    item_key = deployment_item_key(key)
    header = table.get([item_key]).get(item_key)
    if header is None:
        raise Poison(reasons.NO_SUCH_DEPLOYMENT, "the event speaks of a deployment that is not stored")
    named = service_key(header["service"])
    service = Service.from_item(table.get([named])[named])
    snapshot = read_together(table, [lock_key(service.lock), named, item_key])
    derivation = Derivation(UnitOfWork(table, service.lock, snapshot))
    derivation.finish()
    timeline = derivation.timeline(service.name, header["environment"])
    record = timeline.record(key)
    assert record is not None
    return derivation, timeline, record

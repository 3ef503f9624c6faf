"""Saving a deployment's record: its parts, its cells, who shipped with it and what it waits for, in transactions that fit.

Each part is written together with the difference its contributions make to the cells, so cells equal the fold of the facts after
every transaction, also when a deployment of a thousand changes takes many of them.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from datetime import date

from compute.derive.unit_of_work import UnitOfWork
from leadline.domain.cells import contributions, difference
from leadline.domain.facts import CarriedChange, FactPart, Summary, divide
from leadline.domain.outcomes import Outcome
from leadline.store.cells import cell_key
from leadline.store.deployments import Record, part_item, part_key
from leadline.store.ledger import set_waits, ship_key
from leadline.store.planned_writes import ROOM
from leadline.store.table import Item, Key


def with_changes(record: Record, changes: Sequence[CarriedChange], day: date) -> Record:
    """The record carrying these changes, counted on this day."""
    return replace(record, parts=divide(summary_of(record, day), changes))


def with_outcome(record: Record, outcome: Outcome) -> Record:
    """The record after this outcome: all of its parts count it."""
    after = replace(record, outcome=outcome)
    parts = [replace(part, summary=summary_of(after, part.summary.day)) for part in record.parts]
    return replace(after, parts=tuple(parts))


def summary_of(record: Record, day: date) -> Summary:
    outcome, failed = record.outcome, record.failed
    return Summary(
        service=record.deployment.service,
        environment=record.deployment.environment,
        day=day,
        live=record.live,
        never_live=record.never_live,
        counts_as_failed=record.never_live and record.counts_as_failed,
        mapping=record.status,
        failed=failed,
        rework=record.live and (record.rework or record.rollback),
        recovery=outcome.recovery_seconds(record.deployment.report.finish) if failed else None,
    )


def save_record(work: UnitOfWork, old: Record, new: Record) -> None:
    """Plans everything that turns the old record into the new one. What is left of it after a crash is planned again."""
    waited = old.waits_for if old.repository == new.repository else ()  # it waited on another ledger
    if waited != new.waits_for and new.repository is not None:
        set_waits(work.changes, new.key, waited, new.waits_for)
    before = {part.position: part for part in old.parts}
    after = {part.position: part for part in new.parts}
    lost = _ships(old, *old.parts).keys() - _ships(new, *new.parts).keys()
    for position in [*sorted(before.keys() - after.keys(), reverse=True), *sorted(after)]:
        _save_part(work, new, before.get(position), after.get(position), lost)


def _save_part(work: UnitOfWork, record: Record, old: FactPart | None, new: FactPart | None, lost: Set[Key]) -> None:
    cells = difference(contributions(new) if new else {}, contributions(old) if old else {})
    shipped = _ships(record, new)
    gone = _ships(record, old).keys() & lost
    size = len(cells) + len(shipped) + len(gone) + 1
    if size > ROOM and old is not None and new is not None and old.changes and new.changes:
        empty = replace(new, changes=(), authors=(), teams=())
        _save_part(work, record, old, empty, lost)
        _save_part(work, record, empty, new, lost)
        return
    work.changes.make_room(size)
    if new is None:
        assert old is not None
        work.changes.delete(part_key(record.key, old.position))
    elif new.position == 0:
        work.changes.put(replace(record, parts=(new, *record.parts[1:])).header_item())
    else:
        work.changes.put(part_item(record.key, new))
    for item in shipped.values():
        work.changes.put(item)
    _forget_ships(work, record, gone)
    for key, numbers in cells.items():
        work.changes.add(cell_key(key), numbers)


def _forget_ships(work: UnitOfWork, record: Record, keys: Iterable[Key]) -> None:
    """Takes back that these changes shipped with the record, where no other deployment has taken them over."""
    keys = sorted(keys)
    work.changes.prefetch(keys)
    for key in keys:
        stored = work.changes.get(key)
        if stored is not None and stored.get("d") == record.key:
            work.changes.delete(key)


def _ships(record: Record, *parts: FactPart | None) -> dict[Key, Item]:
    """Which deployment carried a change to this timeline: what a later word about the change is looked up by."""
    ships: dict[Key, Item] = {}
    for change in (change for part in parts if part for change in part.changes if change.sha is None):
        deployment = record.deployment
        pk, sk = ship_key(change.repository, change.number, deployment.service, deployment.environment)
        ships[pk, sk] = {"pk": pk, "sk": sk, "d": record.key}
    return ships

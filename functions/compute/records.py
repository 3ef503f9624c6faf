"""Saving a deployment's record: its parts, its cells, who shipped with it and what it waits for, in transactions that fit.

Each part is written together with the difference its contributions make to the cells, so cells equal the fold of the facts after
every transaction, also when a deployment of a thousand changes takes many of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from compute.workspace import Workspace
from leadline.domain.cells import contributions, difference
from leadline.domain.facts import Carried, Part, Summary, divide
from leadline.store.cells import cell_key
from leadline.store.changeset import ROOM
from leadline.store.deployments import Record, part_item, part_key
from leadline.store.ledger import set_waits, ship_key
from leadline.store.table import Item, Key


def save_record(work: Workspace, old: Record, new: Record, changes: Sequence[Carried], day: date) -> Record:
    """Plans everything that turns the old record into the new one, which carries these changes and counts on this day."""
    saved = replace(new, parts=divide(summary_of(new, day), changes))
    _save(work, old, saved)
    return saved


def save_outcome(work: Workspace, old: Record, new: Record) -> None:
    """Plans a record whose outcome or correction changed: all of its parts count it."""
    summary = summary_of(new, old.parts[0].summary.day)
    _save(work, old, replace(new, parts=tuple(replace(part, summary=summary) for part in old.parts)))


def summary_of(record: Record, day: date) -> Summary:
    outcome, failed = record.outcome, record.failed
    return Summary(
        service=record.deployment.service,
        environment=record.deployment.environment,
        day=day,
        live=record.live,
        never_live=record.never_live,
        mapping=record.status,
        failed=failed,
        rework=record.live and (record.rework or record.rollback),
        recovery=outcome.recovery_seconds(record.deployment.report.finish) if failed else None,
    )


def _save(work: Workspace, old: Record, new: Record) -> None:
    waited = old.waits_for if old.repository is not None else ()
    if waited != new.waits_for and new.repository is not None:
        set_waits(work.changes, new.key, waited, new.waits_for)
    before = {part.position: part for part in old.parts}
    after = {part.position: part for part in new.parts}
    gone = sorted(before.keys() - after.keys(), reverse=True)
    for position in [*gone, *sorted(after)]:
        _save_part(work, new, before.get(position), after.get(position))
    still = {key for part in new.parts for key in _ships(new, part)}
    for part in old.parts:
        _forget_ships(work, new, _ships(old, part).keys() - still)


def _save_part(work: Workspace, record: Record, old: Part | None, new: Part | None) -> None:
    cells = difference(contributions(new) if new else {}, contributions(old) if old else {})
    shipped = _ships(record, new)
    size = len(cells) + len(shipped) + 1
    if size > ROOM and old is not None and new is not None and old.changes and new.changes:
        empty = replace(new, changes=(), authors=(), teams=())
        _save_part(work, record, old, empty)
        _save_part(work, record, empty, new)
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
    for key, numbers in cells.items():
        work.changes.add(cell_key(key), numbers)


def _forget_ships(work: Workspace, record: Record, keys: Iterable[Key]) -> None:
    """Takes back that these changes shipped with the record, where no other deployment has taken them over."""
    keys = sorted(keys)
    work.changes.prefetch(keys)
    for key in keys:
        stored = work.changes.get(key)
        if stored is not None and stored.get("d") == record.key:
            work.changes.make_room(1)
            work.changes.delete(key)


def _ships(record: Record, part: Part | None) -> dict[tuple[str, str], Item]:
    """Which deployment carried a change to this track: what a later word about the change is looked up by."""
    ships: dict[tuple[str, str], Item] = {}
    for change in part.changes if part else ():
        deployment = record.deployment
        pk, sk = ship_key(change.repository, change.number, deployment.service, deployment.environment)
        ships[pk, sk] = {"pk": pk, "sk": sk, "d": record.key}
    return ships

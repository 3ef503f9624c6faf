"""Opening what a message is about under its lock, and deriving all that was marked.

Every opened unit of work has finished what a worker that died left undone: `finish` derives until nothing is marked any more.
"""

from collections.abc import Callable, Iterable

from compute.derive.attribution import attribute_all, attribute_from
from compute.derive.failures import settle
from compute.derive.timeline import ATTRIBUTE, ATTRIBUTE_ALL, Timeline, first_marks, save_service
from compute.derive.unit_of_work import UnitOfWork, read_together
from leadline.contract import reasons
from leadline.domain.errors import Poison
from leadline.store.deployments import Record, deployment_item_key, place_of
from leadline.store.planned_writes import lock_key
from leadline.store.resolving import Resolved, keys_to_resolve, likely_service, resolve
from leadline.store.services import Service, service_key
from leadline.store.table import Guard, Key, Table

KeysOf = Callable[[str], Iterable[Key]]


def finish(work: UnitOfWork) -> None:
    """Derives what is marked, attributions before outcomes, until nothing is, and applies all that is planned."""
    while work.changes.todo:
        marks = first_marks(work.changes.todo)
        kind, timeline = marks[0].kind, work.timeline(marks[0].service, marks[0].environment)
        places = {mark.place for mark in marks}
        if kind == ATTRIBUTE_ALL:
            for place in sorted(places):
                attribute_all(work, timeline, place)
        elif kind == ATTRIBUTE:
            attribute_from(work, timeline, places)
        else:
            settle(work, timeline, places)
    work.changes.flush()


def open_lock(table: Table, lock: str, keys: Iterable[Key] = ()) -> UnitOfWork:
    """The lock with these items read at one moment."""
    return _finished(UnitOfWork(table, lock, read_together(table, [lock_key(lock), *keys])))


def open_service(
    table: Table, repository: str | None, name: str | None, keys_of: KeysOf
) -> tuple[Resolved, UnitOfWork]:
    """The service that an event is about, created or tied to its repository where needed, under its lock.

    `keys_of` names, for a service, what else the event is going to read: mostly one read then fetches all.
    """
    guess = likely_service(repository, name)
    snapshot = read_together(table, [*keys_to_resolve(repository, name), *keys_of(guess)])
    resolved = resolve(table, repository, name, snapshot)
    service = resolved.service
    if service.name != guess:
        snapshot = read_together(table, [*snapshot, service_key(service.name), *keys_of(service.name)])
    work = _finished(UnitOfWork(table, service.lock, snapshot))
    if resolved.changed:
        save_service(work.changes, service)
    if resolved.tied:
        _take_over(work, service)
    return resolved, work


def open_deployment(table: Table, key: str) -> tuple[UnitOfWork, Timeline, Record]:
    """The deployment with this key under its service's lock. Raises Poison where there is none."""
    item_key = deployment_item_key(key)
    header = table.get([item_key]).get(item_key)
    if header is None:
        raise Poison(reasons.NO_SUCH_DEPLOYMENT, "the deployment that the event names is not stored")
    named = service_key(header["service"])
    service = Service.from_item(table.get([named])[named])
    work = open_lock(table, service.lock, [named, item_key])
    timeline = work.timeline(service.name, header["environment"])
    record = timeline.record(key)
    assert record is not None
    return work, timeline, record


def _finished(work: UnitOfWork) -> UnitOfWork:
    if work.changes.todo:
        finish(work)
    return work


def _take_over(work: UnitOfWork, service: Service) -> None:
    """Deployments from before the service was tied wait on no ledger yet. Workers that have read the old lock have to read
    again."""
    old = lock_key(Service(service.name).lock)
    item = work.changes.get(old) or {"pk": old[0], "sk": old[1], "v": 0}
    work.changes.put({**item, "v": item["v"] + 1}, Guard(item["v"]))
    work.note_incident(item.get("last_incident", 0))
    for environment in service.years:
        work.timeline(service.name, environment).mark(ATTRIBUTE_ALL, place_of(0, ""))

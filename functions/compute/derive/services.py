"""Opening the service that an event speaks of (`leadline.store.resolving`), under the lock that it is written under."""

from collections.abc import Callable, Iterable

from compute.derive.derivation import Derivation
from compute.derive.unit_of_work import ATTRIBUTE_ALL, UnitOfWork, read_together
from leadline.store.deployments import place_of
from leadline.store.planned_writes import lock_key
from leadline.store.resolving import Resolved, keys_to_resolve, likely_service, resolve
from leadline.store.services import Service, service_key
from leadline.store.table import Guard, Key, Table

KeysOf = Callable[[str], Iterable[Key]]


def open_service(
    table: Table, repository: str | None, name: str | None, keys_of: KeysOf
) -> tuple[Resolved, Derivation]:
    """The service of an event with everything under its lock ready to be planned.

    `keys_of` names, for a service, what else the event is going to read: mostly one read then fetches all.
    """
    guess = likely_service(repository, name)
    snapshot = read_together(table, [*keys_to_resolve(repository, name), *keys_of(guess)])
    resolved = resolve(table, repository, name, snapshot)
    if resolved.service.name != guess:
        snapshot = read_together(
            table, [*snapshot, service_key(resolved.service.name), *keys_of(resolved.service.name)]
        )
    work = UnitOfWork(table, resolved.service.lock, snapshot)
    derivation = Derivation(work)
    derivation.finish()
    if resolved.changed:
        work.save_service(resolved.service)
    if resolved.tied:
        _take_over(derivation, resolved.service)
    return resolved, derivation


def _take_over(derivation: Derivation, service: Service) -> None:
    """Deployments that came before their service was tied wait on no ledger yet. Nobody goes on under the old lock."""
    old = lock_key(Service(service.name).lock)
    item = derivation.work.changes.get(old) or {"pk": old[0], "sk": old[1], "v": 0}
    derivation.work.changes.put({**item, "v": item["v"] + 1}, Guard(item["v"]))
    derivation.work.note_incident(item.get("last_incident", 0))
    for environment in service.years:
        derivation.work.mark(ATTRIBUTE_ALL, service.name, environment, place_of(0, ""))

"""Which service an event speaks of, and under which lock it is written.

A service is tied to one repository. An event that names only a repository belongs to that repository's only service, else to
the one named after the repository: its last segment, or its whole path where that name is taken. A service that nobody tied
to a repository yet is kept under a lock of its own and tied by the first event that names both.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from compute.derivation import Derivation
from compute.workspace import ATTRIBUTE_ALL, Snapshot, Workspace, read_together
from leadline.domain.errors import Poison
from leadline.store.changeset import lock_key
from leadline.store.deployments import place_of
from leadline.store.services import Service, service_key
from leadline.store.table import Guard, Key, Table

KeysOf = Callable[[str], Iterable[Key]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """`changed`: the service is new or newly tied. `mismatch`: the event names another repository than the service's."""

    service: Service
    changed: bool = False
    tied: bool = False
    mismatch: str | None = None

    @property
    def how(self) -> str:
        """In a word, for the event's trace."""
        if self.mismatch is not None:
            return "mismatch"
        return "tied" if self.tied else "created" if self.changed else "known"


def open_service(
    table: Table, repository: str | None, name: str | None, keys_of: KeysOf
) -> tuple[Resolved, Derivation]:
    """The service of an event with everything under its lock ready to be planned.

    `keys_of` names, for a service, what else the event is going to read: mostly one read then fetches all.
    """
    guess = name if name is not None else _short(repository)
    keys = [service_key(guess), *keys_of(guess)]
    if repository is not None:
        keys += [lock_key(repository), service_key(repository)]
    snapshot = read_together(table, keys)
    resolved = _resolve(table, repository, name, snapshot)
    if resolved.service.name != guess:
        snapshot = read_together(
            table, [*snapshot, service_key(resolved.service.name), *keys_of(resolved.service.name)]
        )
    work = Workspace(table, resolved.service.lock, snapshot)
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


def _short(repository: str | None) -> str:
    if repository is None:
        raise Poison("NO_SERVICE", "the event names neither a service nor a repository")
    return repository.rpartition("/")[2]


def _resolve(table: Table, repository: str | None, name: str | None, snapshot: Snapshot) -> Resolved:
    if name is not None:
        return _named(repository, name, snapshot)
    assert repository is not None
    names: list[str] = (snapshot.get(lock_key(repository)) or {}).get("services", [])
    if len(names) == 1 and names[0] not in (_short(repository), repository):
        key = service_key(names[0])
        return Resolved(Service.from_item(table.get([key])[key]))
    for candidate in (_short(repository), repository):
        item = snapshot.get(service_key(candidate))
        if item is None:
            return Resolved(Service(candidate, repository), changed=True)
        service = Service.from_item(item)
        if service.repository == repository:
            return Resolved(service)
    return Resolved(service, mismatch=repository)


def _named(repository: str | None, name: str, snapshot: Snapshot) -> Resolved:
    item = snapshot.get(service_key(name))
    if item is None:
        return Resolved(Service(name, repository), changed=True)
    service = Service.from_item(item)
    if repository is None or service.repository == repository:
        return Resolved(service)
    if service.repository is None:
        return Resolved(replace(service, repository=repository), changed=True, tied=True)
    return Resolved(service, mismatch=repository)

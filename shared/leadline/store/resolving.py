"""Which service an event speaks of.

A service is tied to one repository. An event that names only a repository belongs to that repository's only service, else to
the one named after the repository: its last segment, or its whole path where that name is taken. A service that nobody tied
to a repository yet is kept under a lock of its own and tied by the first event that names both, or, as long as nothing was
deployed to it, by the first deployment of the repository that it is named after: so an incident may come before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from leadline.contract import reasons
from leadline.domain.errors import Poison
from leadline.store.planned_writes import lock_key
from leadline.store.services import Service, service_key
from leadline.store.table import Item, Key, Table


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


def likely_service(repository: str | None, name: str | None) -> str:
    """The service that is mostly meant. Raises Poison where neither is given."""
    return name if name is not None else _short(repository)


def keys_to_resolve(repository: str | None, name: str | None) -> list[Key]:
    """What `resolve` needs to have been read."""
    keys = [service_key(likely_service(repository, name))]
    if repository is not None:
        keys += [lock_key(repository), service_key(repository)]
    return keys


def _short(repository: str | None) -> str:
    if repository is None:
        raise Poison(reasons.NO_SERVICE, "the event names neither a service nor a repository")
    return repository.rpartition("/")[2]


def resolve(table: Table, repository: str | None, name: str | None, snapshot: Mapping[Key, Item | None]) -> Resolved:
    """The service, out of what was read; seldom it takes one more read of `table`."""
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
        if service.unclaimed:
            return Resolved(replace(service, repository=repository), changed=True, tied=True)
    return Resolved(service, mismatch=repository)


def _named(repository: str | None, name: str, snapshot: Mapping[Key, Item | None]) -> Resolved:
    item = snapshot.get(service_key(name))
    if item is None:
        return Resolved(Service(name, repository), changed=True)
    service = Service.from_item(item)
    if repository is None or service.repository == repository:
        return Resolved(service)
    if service.repository is None:
        return Resolved(replace(service, repository=repository), changed=True, tied=True)
    return Resolved(service, mismatch=repository)

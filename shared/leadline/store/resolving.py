"""Which service an event is about.

A service is tied to one repository. An event that names only a repository belongs to that repository's only service; otherwise to
the one named after the repository: its last segment, or its whole path if that name is taken. A service without a repository has
a lock of its own. The first event that names both ties them. Until it is first deployed, so does the first deployment of the
repository that it is named after: an incident may arrive before that.
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
    """`changed`: the service is new or newly tied. `mismatch`: the event's repository, if it is not the service's."""

    service: Service
    changed: bool = False
    tied: bool = False
    mismatch: str | None = None

    @property
    def how(self) -> str:
        """How the service was found, as the event's trace has it."""
        if self.mismatch is not None:
            return "mismatch"
        return "tied" if self.tied else "created" if self.changed else "known"


def likely_service(repository: str | None, name: str | None) -> str:
    """The service that such an event is usually about. Raises Poison if neither is given."""
    return name if name is not None else _short(repository)


def keys_to_resolve(repository: str | None, name: str | None) -> list[Key]:
    """What `resolve` needs to have been read."""
    guess = likely_service(repository, name)
    if repository is None:
        return [service_key(guess)]
    return [lock_key(repository), service_key(guess), service_key(repository)]


def _short(repository: str | None) -> str:
    if repository is None:
        raise Poison(reasons.NO_SERVICE, "The event names neither a service nor a repository.")
    return repository.rpartition("/")[2]


def resolve(table: Table, repository: str | None, name: str | None, snapshot: Mapping[Key, Item | None]) -> Resolved:
    """The service, found in the items read. Rarely it takes one more read of `table`."""
    if name is not None:
        return _named(repository, name, snapshot)
    assert repository is not None
    candidates = (_short(repository), repository)
    names: list[str] = (snapshot.get(lock_key(repository)) or {}).get("services", [])
    if len(names) == 1 and names[0] not in candidates:
        key = service_key(names[0])
        return Resolved(Service.from_item(table.get([key])[key]))
    for candidate in candidates:
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

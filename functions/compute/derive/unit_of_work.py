"""What one event's computation works on: the planned changes of one repository, its ledger, and the configuration.

Work that is still to do is kept as marks in the changeset, hence in the repository's lock item with every transaction: a plan that
needs several transactions is finished by whoever comes next, should its worker die in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from leadline.domain.roster import Roster
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings
from leadline.store.ledger import StoredLedger
from leadline.store.people import Naming, People
from leadline.store.planned_writes import PlannedWrites, lock_key
from leadline.store.services import Service, service_key
from leadline.store.table import Guard, Item, Key, Table

ATTRIBUTE, ATTRIBUTE_ALL, OUTCOME = "attribute", "attribute-all", "outcome"
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Something to derive again: attribution from this place of a timeline on, until it changes nothing more or to the end, or the
    outcome at this place."""

    kind: str
    service: str
    environment: str
    place: str

    def __str__(self) -> str:
        return _SEPARATOR.join((self.kind, self.service, self.environment, self.place))

    @classmethod
    def parse(cls, text: str) -> "Mark":
        return cls(*text.split(_SEPARATOR))


Snapshot = dict[Key, Item | None]

CONFIGURATION = (SETTINGS_KEY, ROSTER_KEY)


def read_together(table: Table, keys: Iterable[Key]) -> Snapshot:
    """These items, and the configuration, as of one moment: a lock and what it guards must not be read one after the other."""
    wanted = list(dict.fromkeys([*CONFIGURATION, *keys]))
    found = table.get_together(wanted)
    return {key: found.get(key) for key in wanted}


class UnitOfWork:
    """Reads and plans under one repository's lock. Made anew for each try, so that nothing read before a Conflict is used.

    `snapshot` is used where it holds the lock; else everything in it is read again together with the lock.
    """

    def __init__(self, table: Table, lock: str, snapshot: Snapshot) -> None:
        if lock_key(lock) not in snapshot:
            snapshot = read_together(table, [lock_key(lock), *snapshot])
        self.changes = PlannedWrites(table, lock, snapshot, begins_with=SETTINGS_KEY)
        self.organisation = OrganisationSettings.from_item(self.changes.get(SETTINGS_KEY))
        self.people = People(table, Naming.of(self.organisation))
        self.ledger = StoredLedger(self.changes, self.people.stored_name if self.people.naming.under_way else None)
        self.changes.todo = set(self.changes.stored_todo())
        self._roster: Roster | None = None

    @property
    def lock(self) -> str:
        return self.changes.repository

    @property
    def roster(self) -> Roster:
        if self._roster is None:
            self._roster = self.people.roster(self.changes.get(ROSTER_KEY))
        return self._roster

    def service(self, name: str) -> Service | None:
        item = self.changes.get(service_key(name))
        return Service.from_item(item) if item else None

    def save_service(self, service: Service) -> None:
        """Plans to store the service while nobody else has changed it since it was read."""
        self.changes.put(service.to_item(), Guard(service.version))
        names = self.changes.lock.get("services", [])
        if service.name not in names and service.lock == self.lock:
            self.changes.note(services=sorted([*names, service.name]))

    def note_incident(self, started_at: int) -> None:
        """Raises the time (epoch milliseconds) after which no incident of the repository's services is known."""
        if started_at > self.changes.lock.get("last_incident", 0):
            self.changes.note(last_incident=started_at)

    def mark(self, kind: str, service: str, environment: str, place: str) -> None:
        self.changes.todo.add(str(Mark(kind, service, environment, place)))

    def unmark(self, kind: str, service: str, environment: str, place: str) -> None:
        self.changes.todo.discard(str(Mark(kind, service, environment, place)))

    def marks(self) -> list[Mark]:
        return sorted(Mark.parse(text) for text in self.changes.todo)

"""What one message's computation works on: the planned writes under one lock, its ledger, its timelines, and the configuration."""

from collections.abc import Iterable

from compute.derive.timeline import Timeline
from leadline.domain.roster import Roster
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings
from leadline.store.ledger import StoredLedger
from leadline.store.people import Naming, People
from leadline.store.planned_writes import PlannedWrites, lock_key
from leadline.store.services import Service, service_key
from leadline.store.table import Item, Key, Table

Snapshot = dict[Key, Item | None]

CONFIGURATION = (SETTINGS_KEY, ROSTER_KEY)


def read_together(table: Table, keys: Iterable[Key]) -> Snapshot:
    """These items, and the configuration, as of one moment: a lock and what it guards must not be read one after the other."""
    wanted = list(dict.fromkeys([*CONFIGURATION, *keys]))
    found = table.get_together(wanted)
    return {key: found.get(key) for key in wanted}


class UnitOfWork:
    """Reads and plans under one lock. Each try after a Conflict makes a new one, so nothing that was read before is used again.

    `snapshot` is used where it holds the lock; else everything in it is read again together with the lock.
    """

    def __init__(self, table: Table, lock: str, snapshot: Snapshot) -> None:
        if lock_key(lock) not in snapshot:
            snapshot = read_together(table, [lock_key(lock), *snapshot])
        self.changes = PlannedWrites(table, lock, snapshot, begins_with=SETTINGS_KEY)
        self.changes.todo = set(self.changes.stored_todo())
        self.organisation = OrganisationSettings.from_item(self.changes.get(SETTINGS_KEY))
        self.calendar = self.organisation.calendar
        self.people = People(table, Naming.of(self.organisation))
        self.ledger = StoredLedger(self.changes, self.people.stored_name if self.people.naming.under_way else None)
        self.lock = lock
        self._roster: Roster | None = None
        self._timelines: dict[tuple[str, str], Timeline] = {}

    @property
    def roster(self) -> Roster:
        if self._roster is None:
            self._roster = self.people.roster(self.changes.get(ROSTER_KEY))
        return self._roster

    def service(self, name: str) -> Service | None:
        item = self.changes.get(service_key(name))
        return Service.from_item(item) if item else None

    def timeline(self, name: str, environment: str) -> Timeline:
        """Of a service that is stored, or planned to be."""
        known = self._timelines.get((name, environment))
        if known is not None:
            return known
        service = self.service(name)
        assert service is not None, f"a timeline of a service that is not stored: {name}"
        return self.timeline_of(service, environment)

    def timeline_of(self, service: Service, environment: str) -> Timeline:
        """The same where the service is at hand, as it is stored or planned to be."""
        return self._timelines.setdefault((service.name, environment), Timeline(self.changes, service, environment))

    def note_incident(self, started_at: int) -> None:
        """Raises the time (epoch milliseconds) after which no incident of the repository's services is known."""
        if started_at > self.changes.lock.get("last_incident", 0):
            self.changes.note(last_incident=started_at)

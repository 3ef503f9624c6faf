"""A timeline: the deployments of one service in one environment, in order of finish time, and what is stored about them.

It reads each deployment once and caches it in the state that the planned writes will store. Every transaction saves the remaining
work as marks in the lock item (`leadline.store.planned_writes`), so that the next worker can finish the plan of one that crashed.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from leadline.domain.cells import contributions, difference
from leadline.domain.facts import FactPart
from leadline.store.attention import PENDING, UNMATCHED, attention_key
from leadline.store.cells import cell_keys
from leadline.store.deployments import (
    Record,
    TimelineEntry,
    deployment_item_key,
    line_partition,
    part_item,
    part_key,
    reference_keys,
    references,
    same_sha,
    year_of,
)
from leadline.store.ledger import set_waits, ship_key
from leadline.store.planned_writes import ROOM, PlannedWrites
from leadline.store.services import Service
from leadline.store.table import Guard, Item, Key

ATTRIBUTE, ATTRIBUTE_ALL, OUTCOME = "attribute", "attribute-all", "outcome"
_SEPARATOR = "\x1f"
_PAGE = 10
_SHA_SEARCH = 500


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Something to derive again. The kind says what:

    ATTRIBUTE      attribution from this place on, until nothing changes any more
    ATTRIBUTE_ALL  attribution from this place to the end of the timeline
    OUTCOME        the outcome of the deployment at this place
    """

    kind: str
    service: str
    environment: str
    place: str

    def __str__(self) -> str:
        return _SEPARATOR.join((self.kind, self.service, self.environment, self.place))

    @classmethod
    def parse(cls, text: str) -> "Mark":
        return cls(*text.split(_SEPARATOR))


def first_marks(todo: Iterable[str]) -> list[Mark]:
    """The marks to derive next: those of one kind on one timeline, attributions before outcomes."""
    marks = sorted(Mark.parse(text) for text in todo)
    kind = next(kind for kind in (ATTRIBUTE_ALL, ATTRIBUTE, OUTCOME) if any(mark.kind == kind for mark in marks))
    first = next(mark for mark in marks if mark.kind == kind)
    timeline = (kind, first.service, first.environment)
    return [mark for mark in marks if (mark.kind, mark.service, mark.environment) == timeline]


def save_service(changes: PlannedWrites, service: Service) -> None:
    """Plans to store the service. The write fails if it was changed since it was read."""
    changes.put(service.to_item(), Guard(service.version))
    names = changes.lock.get("services", [])
    if service.name not in names and service.lock == changes.repository:
        changes.note(services=sorted([*names, service.name]))


class Timeline:
    """One service in one environment, seen through the planned writes of its lock.

    `_end`, if known, is a place with nothing stored at or after it, and the place of the last entry before it. It saves queries for
    the most common event, a deployment that is the newest of its timeline: that takes one query.
    """

    def __init__(self, changes: PlannedWrites, service: Service, environment: str) -> None:
        self.changes = changes
        self.service = service
        self.environment = environment
        self._end: tuple[str, str | None] | None = None
        self._partitions: dict[int, str] = {}
        self._years_of: dict[str, int] = {}
        self._entries: dict[str, TimelineEntry | None] = {}
        self._records: dict[str, Record | None] = {}
        self._claims: dict[str, tuple[Key, dict[str, str]]] = {}

    def mark(self, kind: str, place: str) -> None:
        self.changes.todo.add(str(Mark(kind, self.service.name, self.environment, place)))

    def unmark(self, kind: str, place: str) -> None:
        self.changes.todo.discard(str(Mark(kind, self.service.name, self.environment, place)))

    def entry(self, place: str) -> TimelineEntry | None:
        if place not in self._entries:
            item = self.changes.get((self._partition(self._year(place)), place))
            self._entries[place] = TimelineEntry.from_item(item) if item else None
        return self._entries[place]

    def entries(self, first: str) -> Iterator[TimelineEntry]:
        """The timeline's entries from this place on, in order."""
        if self._end is not None and first >= self._end[0]:
            planned = self.entry(self._end[0]) if first == self._end[0] else None
            yield from [planned] if planned else []
            return
        for year in self._years():
            if year >= self._year(first):
                for item in self.changes.query(self._partition(year), first):
                    yield self._known(item)

    def entries_before(self, place: str) -> Iterator[TimelineEntry]:
        """The timeline's entries before this place, newest first."""
        last = place
        if self._end is not None and place == self._end[0]:
            if self._end[1] is None:
                return
            last = self._end[1]
            known = self.entry(last)  # read it now: it may have been attributed again since find_end
            yield from [known] if known else []
        for year in reversed(self._years()):
            if year > self._year(last):
                continue
            page = [last]
            while page:
                items = self.changes.query(self._partition(year), "", last, reverse=True, limit=_PAGE)
                found = [entry for item in items if (entry := self._known(item)).place < last]
                yield from found
                page = [entry.place for entry in found]
                last = page[-1] if page else last

    def find_end(self, place: str) -> None:
        """Sets `_end` if nothing is stored at or after this place. Usually takes one query."""
        for year in reversed(self._years()):
            for item in self.changes.query(self._partition(year), reverse=True, limit=1):
                last = self._known(item).place
                self._end = (place, last) if last < place else None
                return
        self._end = (place, None)

    def live_before(self, place: str) -> TimelineEntry | None:
        return next((entry for entry in self.entries_before(place) if entry.live), None)

    def live_after(self, place: str) -> TimelineEntry | None:
        return next((entry for entry in self.entries(place + "~") if entry.live), None)

    def with_sha(self, sha: str, before: str) -> Iterator[TimelineEntry]:
        """Live entries with this SHA, full or short, before this place, newest first. Searches the last _SHA_SEARCH entries."""
        for count, entry in enumerate(self.entries_before(before)):
            if count == _SHA_SEARCH:
                return
            if entry.live and (same_sha(entry.sha, sha) or same_sha(entry.node, sha)):
                yield entry

    def is_newest(self, place: str) -> bool:
        return next(self.entries(place + "~"), None) is None

    def put_entry(self, entry: TimelineEntry) -> None:
        year = self._year(entry.place)
        partition = self._partition(year)
        if year not in self._years():
            self.service = self.service.deployed_in(self.environment, year)
            save_service(self.changes, self.service)
        finish, item = entry.finish, entry.to_item(partition)
        self.changes.put(item)
        self.changes.note(last_finish=max(self.changes.lock.get("last_finish", 0), finish))
        self._entries[entry.place] = entry

    def remove_entry(self, place: str) -> None:
        self.changes.delete((self._partition(self._year(place)), place))
        self._entries[place] = None

    def attribute_again(self, place: str) -> None:
        """Marks a deployment to be attributed again even if the entries before it did not change."""
        entry = self.entry(place)
        if entry is not None:
            self.put_entry(replace(entry, underived=True))
            self.mark(ATTRIBUTE, place)

    def record(self, key: str) -> Record | None:
        if key not in self._records:
            header = self.changes.get(deployment_item_key(key))
            others = None
            if header is not None and header.get("parts", 1) > 1:
                others = self.changes.query(f"dep#{key}", "part#")
            self._records[key] = Record.from_items(header, others) if header is not None else None
        return self._records[key]

    def put_header(self, record: Record) -> None:
        """Plans to store a record in which only the first part has changed."""
        self.changes.put(record.header_item())
        self._records[record.deployment.key] = record

    def save_record(self, old: Record, new: Record) -> None:
        """Plans all writes that turn the old record into the new one: its parts, cells, shipped changes and awaited commits.

        Each part is written in the same transaction as its change to the cells, so the cells always equal the sum of the stored
        parts. After a crash, the remaining writes are planned again.
        """
        waited = old.waits_for if old.repository == new.repository else ()  # otherwise it waited on another ledger
        if waited != new.waits_for and new.repository is not None:
            set_waits(self.changes, new.deployment.key, waited, new.waits_for)
        before = {part.position: part for part in old.parts}
        after = {part.position: part for part in new.parts}
        lost = {key for part in old.parts for key in _ships(old, part)}
        lost -= {key for part in new.parts for key in _ships(new, part)} if lost else set()
        for position in [*sorted(before.keys() - after.keys(), reverse=True), *sorted(after)]:
            self._save_part(new, before.get(position), after.get(position), lost)
        self._records[new.deployment.key] = new

    def claims_on(self, record: Record) -> list[tuple[str, str]]:
        """The incidents ("i:") and deployments ("d:") that may refer to this deployment, each with the reference it uses."""
        names = references(record)
        unknown = [name for name in names if name not in self._claims]
        if unknown:
            self._read_claims(reference_keys(self.service.name, self.environment, unknown))
        return [claim for name in names for claim in self._claims[name][1].items()]

    def claims_by(self, reference: str) -> dict[str, str]:
        """The incidents and deployments that refer to this id or SHA, or to one with the same prefix, each with its reference."""
        if reference not in self._claims:
            self._read_claims(reference_keys(self.service.name, self.environment, [reference]))
        return self._claims[reference][1]

    def put_claims(self, reference: str, claims: dict[str, str]) -> None:
        if reference not in self._claims:
            self._read_claims(reference_keys(self.service.name, self.environment, [reference]))
        key = self._claims[reference][0]
        if claims:
            self.changes.put({"pk": key[0], "sk": key[1], "c": claims})
        else:
            self.changes.delete(key)
        self._claims = {name: known for name, known in self._claims.items() if known[0] != key}
        self._claims[reference] = (key, claims)

    def list_for_attention(self, old: Record, new: Record) -> None:
        """Updates the lists of pending and unmatched deployments: moves this one to its new list, or removes it."""
        listed = _attention_of(new)
        if listed is None or _attention_of(old) != listed:
            self.unlist(old)
        if listed is not None:
            about = {
                "service": self.service.name,
                "environment": self.environment,
                "repository": self.service.repository,
                "reason": new.reason,
                "event_id": new.deployment.report.event_id,
                "since": min(report.received_at for report in new.deployment.reports),
            }
            pk, sk = attention_key(listed, new.place)
            known = self.changes.get((pk, sk)) or {}
            self.changes.put({**known, "pk": pk, "sk": sk, **about})

    def unlist(self, record: Record) -> None:
        """Removes the deployment from its list, if it is on one."""
        listed = _attention_of(record)
        if listed is not None:
            self.changes.delete(attention_key(listed, record.place))

    def _save_part(self, record: Record, old: FactPart | None, new: FactPart | None, lost: Set[Key]) -> None:
        cells = difference(contributions(new) if new else {}, contributions(old) if old else {})
        shipped = _ships(record, new) if new else {}
        gone = _ships(record, old).keys() & lost if old and lost else frozenset()
        size = len(cells) + len(shipped) + len(gone) + 1
        if size > ROOM and old is not None and new is not None and old.changes and new.changes:
            empty = replace(new, changes=(), authors=(), teams=())
            self._save_part(record, old, empty, lost)
            self._save_part(record, empty, new, lost)
            return
        keys = cell_keys(cells)
        item = None
        if new is not None and new.position == 0:
            item = replace(record, parts=(new, *record.parts[1:])).header_item()
        elif new is not None:
            item = part_item(record.deployment.key, new)
        self.changes.make_room(size)
        if item is not None:
            self.changes.put(item)
        elif old is not None:
            self.changes.delete(part_key(record.deployment.key, old.position))
        for ship in shipped.values():
            self.changes.put(ship)
        if gone:
            self._forget_ships(record, gone)
        for cell, numbers in cells.items():
            self.changes.add(keys[cell], numbers)

    def _forget_ships(self, record: Record, keys: Iterable[Key]) -> None:
        """Deletes the links from these changes to this deployment, unless they lead to another deployment by now."""
        keys = sorted(keys)
        self.changes.prefetch(keys)
        for key in keys:
            stored = self.changes.get(key)
            if stored is not None and stored.get("d") == record.deployment.key:
                self.changes.delete(key)

    def _read_claims(self, keys: Mapping[str, Key]) -> None:
        for name, key in keys.items():
            self._claims[name] = (key, (self.changes.get(key) or {}).get("c", {}))

    def _known(self, item: Item) -> TimelineEntry:
        place: str = item["sk"]
        entry = self._entries.get(place)
        if entry is None:
            entry = self._entries[place] = TimelineEntry.from_item(item)
        return entry

    def _year(self, place: str) -> int:
        if place not in self._years_of:
            self._years_of[place] = year_of(place)
        return self._years_of[place]

    def _partition(self, year: int) -> str:
        if year not in self._partitions:
            self._partitions[year] = line_partition(self.service.name, self.environment, year)
        return self._partitions[year]

    def _years(self) -> list[int]:
        return self.service.years.get(self.environment, [])


def _attention_of(record: Record) -> str | None:
    """The attention list that a derived deployment belongs on, or None."""
    if not record.parts or record.status not in (PENDING, UNMATCHED) or not (record.live or record.mismatch):
        return None
    return record.status


def _ships(record: Record, part: FactPart) -> Mapping[Key, Item]:
    """The links from changes to the deployment that shipped them. Later events about a change find the deployment by them."""
    deployment = record.deployment
    keys = [
        ship_key(change.repository, change.number, deployment.service, deployment.environment)
        for change in part.changes
        if change.sha is None
    ]
    return {(pk, sk): {"pk": pk, "sk": sk, "d": deployment.key} for pk, sk in keys}

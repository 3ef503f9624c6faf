"""Renaming people in everything that is stored: a removed person to a stand-in, all names to pseudonyms, and back.

The settings say which names to store (`leadline.store.people`). From then on messages are folded and facts derived by the new
names, even where stored items still have the old ones. Stored items are renamed by going through the table, a page per message, so
that no run of the function is long. Progress is one item, so a renaming that was cut off goes on where it was:

    renaming | renaming     which turn, after which key, and whether it found anything

A first turn raises every repository's lock, so that nothing is written by the old names any more, and renames what it meets. Turns
go on until one finds nothing more. Facts are renamed under their repository's lock, each with the difference it makes to its cells,
so cells equal the fold of the facts throughout. The cells and marks of old names then count nothing, and are removed. At last the
teams are renamed, in one transaction with the note that it is done.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import partial

from compute.apply import retry_conflicts
from compute.event_traces import remember_applied
from compute.people.cells import drop_stale
from compute.people.items import rename_item
from leadline.contract.messages import Envelope, RenamingMessage
from leadline.domain.errors import Conflict
from leadline.domain.people import names_in, renamed
from leadline.queue import Message, addressed
from leadline.store.cells import PREFIX
from leadline.store.configuration import ROSTER_KEY, SETTINGS_KEY, OrganisationSettings
from leadline.store.outbox import moved
from leadline.store.people import PEOPLE, Naming, People
from leadline.store.points import CELL_PREFIX
from leadline.store.table import ANY, Check, Delete, Guard, Item, Key, Put, Table, Write, at_version

PAGE = 1_000
"""Items looked at for one message."""
CHANGES = 100
"""Items renamed for one message, of which each may take many transactions."""
STUCK_AFTER = 10 * 60 * 1000
"""A renaming that has not moved for so long (milliseconds) is set going again."""
LOCK = "people"
JOBS_AT_ONCE = 50
_RENAMING_KEY: Key = ("renaming", "renaming")


@dataclass(frozen=True, slots=True)
class Renaming:
    """How far the renaming with this number is. `found`: this turn has renamed facts; `left`: cells of old names still count.

    `last`: the turn before found nothing, so that whatever still counts for old names is wrong and goes.
    """

    number: int
    moved_at: int
    turn: int = 1
    after: Key | None = None
    found: bool = False
    left: bool = False
    last: bool = False
    version: int = 0

    def to_item(self) -> Item:
        values = {name: value for name, value in asdict(self).items() if name != "version"}
        after = list(self.after) if self.after else None
        return {"pk": _RENAMING_KEY[0], "sk": _RENAMING_KEY[1], **values, "after": after, "v": self.version + 1}

    @classmethod
    def from_item(cls, item: Item) -> "Renaming":
        known = {field.name for field in fields(cls)} & item.keys()
        after = item.get("after")
        values = {name: item[name] for name in known}
        return cls(**{**values, "after": (after[0], after[1]) if after else None, "version": item["v"]})

    def next_turn(self) -> "Renaming | None":
        """None where this was the last."""
        done = self.turn > 1 and not self.found and not self.left
        return (
            None
            if done
            else replace(
                self, turn=self.turn + 1, after=None, found=False, left=False, last=self.turn > 1 and not self.found
            )
        )


def go_on(table: Table, now: int, sleep: Callable[[float], None] = time.sleep) -> RenamingMessage | None:
    """Does a page of the renaming that the settings want, and returns the next message; None where nothing is left.

    Doing it again changes nothing. `now` in epoch milliseconds. Raises Transient.
    """
    return retry_conflicts(partial(_go_on, table, now), sleep)


def stuck(table: Table, now: int) -> list[Message]:
    """A message where a renaming was cut off, or never begun: the queue was down, or a worker died."""
    found = table.get([SETTINGS_KEY, _RENAMING_KEY])
    naming = Naming.of(OrganisationSettings.from_item(found.get(SETTINGS_KEY)))
    item = found.get(_RENAMING_KEY)
    if not naming.under_way or (item is not None and now - item["moved_at"] < STUCK_AFTER):
        return []
    return [addressed(_message(naming.number, 0, now, "sweep"), LOCK)]


def _message(number: int, turn: int, now: int, source: str) -> RenamingMessage:
    return RenamingMessage(event_id=f"ren_{number}_{turn}_{now}", received_at=now, source=source, number=number)


def _go_on(table: Table, now: int) -> RenamingMessage | None:
    found = table.get([SETTINGS_KEY, _RENAMING_KEY])
    settings, stored = found.get(SETTINGS_KEY), found.get(_RENAMING_KEY)
    naming = Naming.of(OrganisationSettings.from_item(settings))
    if settings is None or not naming.under_way:
        return None
    job = Renaming.from_item(stored) if stored else Renaming(naming.number, now)
    if job.number != naming.number:  # something else is wanted since: from the beginning, by what holds now
        job = Renaming(naming.number, now, version=job.version)
    people = People(table, naming)
    moved = _page(table, people, job, Check(SETTINGS_KEY, at_version(settings["v"])))
    following = moved if moved.after is not None else moved.next_turn()
    if following is None:
        _finish(table, people, settings, job.version, now)
        return None
    table.write([Put(replace(following, moved_at=now).to_item(), at_version(job.version))])
    return _message(following.number, following.turn, now, "compute")


def _page(table: Table, people: People, job: Renaming, unchanged: Check) -> Renaming:
    """Goes on through the table; `after` is None in the answer where it came to the end."""
    renamed_here, left = 0, job.left
    after: Key | None = None
    for count, item in enumerate(table.scan(job.after), start=1):
        if item["pk"].startswith((PREFIX, CELL_PREFIX)):
            if job.turn > 1:
                left |= drop_stale(table, item, people, unchanged, whatever=job.last)
        elif item["pk"].startswith("repo#"):
            if job.turn == 1:
                _raise(table, item)
        elif rename_item(table, item, people):
            renamed_here += 1
        if count == PAGE or renamed_here == CHANGES:
            after = (item["pk"], item["sk"])
            break
    return replace(job, after=after, found=job.found or renamed_here > 0, left=left)


def _raise(table: Table, lock: Item) -> None:
    """Makes all workers that have read under this lock read again."""
    try:
        table.write([Put({**lock, "v": lock["v"] + 1}, at_version(lock["v"]))])
    except Conflict:
        return  # another worker just did


def _finish(table: Table, people: People, settings: Item, version: int, now: int) -> None:
    """Renames the teams, which are derived by until now whatever they hold, and notes that all is done."""
    settings, jobs = _finish_surplus_jobs(table, settings, now)
    naming = people.naming
    for event_id, at in naming.removals.items():
        removal = Envelope(kind="removal", event_id=event_id, received_at=at, data={})
        remember_applied(table, removal, {}, now)
    done = replace(naming, under_way=False, removals={}, jobs=()).to_data()
    writes: list[Write] = [Put({**settings, PEOPLE: done, "v": settings["v"] + 1}, at_version(settings["v"]))]
    if version:
        writes.append(Delete(_RENAMING_KEY, at_version(version)))
    roster = table.get([ROSTER_KEY]).get(ROSTER_KEY)
    names = people.stored_names(names_in(roster))
    if roster is not None and any(name != new for name, new in names.items()):
        guard = Guard(roster["v"]) if "v" in roster else ANY
        writes.append(Put({**_in_order(renamed(roster, names.__getitem__)), "v": roster.get("v", 0) + 1}, guard))
    table.write([*writes, *(moved(job, now, done=1) for job in jobs)])


def _finish_surplus_jobs(table: Table, settings: Item, now: int) -> tuple[Item, Sequence[str]]:
    """Counts jobs that end with the renaming until the last transaction takes the rest. Returns the settings and those jobs."""
    jobs: Sequence[str] = settings[PEOPLE].get("jobs", ())
    while len(jobs) > JOBS_AT_ONCE:
        some, jobs = jobs[:JOBS_AT_ONCE], jobs[JOBS_AT_ONCE:]
        left = {**settings, PEOPLE: {**settings[PEOPLE], "jobs": jobs}, "v": settings["v"] + 1}
        table.write([Put(left, at_version(settings["v"])), *(moved(job, now, done=1) for job in some)])
        settings = left
    return settings, jobs


def _in_order(roster: Item) -> Item:
    """The teams with their members in order of their new names, as they are stored when a team is set."""

    def place(member: Mapping[str, str]) -> tuple[str, str, str]:
        return member["author"], member.get("from", ""), member.get("to", date.max.isoformat())

    teams = roster.get("teams", {})
    ordered = {name: {**team, "members": sorted(team["members"], key=place)} for name, team in teams.items()}
    return {**roster, "teams": ordered}

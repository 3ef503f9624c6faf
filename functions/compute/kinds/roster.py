"""The teams of some authors changed on some days: what they shipped is counted again.

Membership is part of a fact (the author's teams on the day of the deployment). The message names one lock, the authors and the
days; raising the lock's version makes sure that no deployment is stored by the former teams.
"""

from datetime import date, timedelta

from compute.derive.opening import finish, open_lock
from compute.derive.timeline import ATTRIBUTE
from compute.derive.unit_of_work import UnitOfWork
from compute.event_traces import About
from leadline.contract.messages import RosterMessage
from leadline.domain.cells import CellScope
from leadline.domain.windows import Window
from leadline.store.cells import read_cells
from leadline.store.deployments import place_of
from leadline.store.services import Service, service_key
from leadline.store.table import Table

_FIRST, _LAST = date(1990, 1, 1), date(9000, 1, 1)


def apply_roster(table: Table, message: RosterMessage) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    work = open_lock(table, message.lock)
    work.changes.note(roster=max(message.received_at, work.changes.lock.get("roster", 0)))
    work.changes.flush()
    authors = work.people.old_and_new_names(message.authors)
    window = Window(
        date.fromisoformat(message.first_day) if message.first_day else _FIRST,
        date.fromisoformat(message.end_day) if message.end_day else _LAST,
    )
    for name in message.services:
        item = work.changes.get(service_key(name))
        service = Service.from_item(item) if item else None
        if service is None or service.lock != message.lock:
            continue
        for environment in service.years:
            scopes = [CellScope(environment, service=name, author=author) for author in authors]
            cells = (cell for scope in scopes for cell, _ in read_cells(table, scope, window, consistent=True))
            for day in sorted({cell.day for cell in cells}):
                _mark_day(work, name, environment, day)
    finish(work)
    return {}


def _mark_day(work: UnitOfWork, service: str, environment: str, day: date) -> None:
    calendar = work.calendar
    until = place_of(calendar.start_of(day + timedelta(days=1)), "")
    timeline = work.timeline(service, environment)
    for entry in timeline.entries(place_of(calendar.start_of(day), "")):
        if entry.place >= until:
            return
        timeline.mark(ATTRIBUTE, entry.place)

"""Configuration changed, so what it concerns is counted anew.

A roster event: a team's members changed on some days. A service event: its repository, its paths or the rules are others now.

Membership is part of a fact (the author's teams on the day of the deployment). The event names one repository's lock, the authors
and the days; raising the lock's version makes sure that no deployment is stored with the roster as it was before.
"""

from datetime import date, timedelta
from typing import Any

from compute.derive.derivation import Derivation
from compute.derive.unit_of_work import ATTRIBUTE, ATTRIBUTE_ALL, UnitOfWork, read_together
from leadline.domain.cells import CellScope
from leadline.domain.windows import Window
from leadline.store.cells import read_cells
from leadline.store.deployments import place_of
from leadline.store.planned_writes import lock_key
from leadline.store.services import Service, service_key
from leadline.store.table import Table

_FIRST, _LAST = date(1990, 1, 1), date(9000, 1, 1)


def apply_roster(table: Table, data: dict[str, Any], received_at: int) -> None:
    """Counts anew what these authors shipped. Applying it again changes nothing. Raises Conflict to be tried anew."""
    lock = data["lock"]
    derivation = Derivation(UnitOfWork(table, lock, read_together(table, [lock_key(lock)])))
    changes = derivation.work.changes
    changes.note(roster=max(received_at, changes.lock.get("roster", 0)))
    derivation.finish()
    authors = derivation.work.people.old_and_new_names(data["authors"])
    window = Window(
        date.fromisoformat(data["from"]) if data.get("from") else _FIRST,
        date.fromisoformat(data["to"]) if data.get("to") else _LAST,
    )
    for name in data["services"]:
        item = changes.get(service_key(name))
        service = Service.from_item(item) if item else None
        if service is None or service.lock != lock:
            continue
        for environment in service.years:
            days = {
                key.day
                for author in authors
                for key, _ in read_cells(
                    table, CellScope(environment, service=name, author=author), window, consistent=True
                )
            }
            for day in sorted(days):
                _mark_day(derivation, name, environment, day)
    derivation.finish()


def _mark_day(derivation: Derivation, service: str, environment: str, day: date) -> None:
    calendar = derivation.work.organisation.calendar
    until = place_of(calendar.start_of(day + timedelta(days=1)), "")
    for entry in derivation.timeline(service, environment).entries(place_of(calendar.start_of(day), "")):
        if entry.place >= until:
            return
        derivation.work.mark(ATTRIBUTE, service, environment, entry.place)


def apply_service(table: Table, data: dict[str, Any]) -> None:
    """Counts a service anew after its repository, its paths or the rules changed. Applying it again changes nothing.

    `locks`: the locks it was and is written under; nobody goes on with what was read under an older one.
    """
    item = table.get([service_key(data["service"])]).get(service_key(data["service"]))
    if item is None:
        return
    service = Service.from_item(item)
    locks = {*data["locks"], service.lock}
    stored = table.get([lock_key(name) for name in locks]).values()
    for name in sorted(
        locks, key=lambda name: (name == service.lock, name)
    ):  # its own last, after all others have ended
        work = UnitOfWork(table, name, read_together(table, [lock_key(name), service_key(service.name)]))
        derivation = Derivation(work)
        work.changes.note(touched=work.changes.lock.get("touched", 0) + 1)
        if name == service.lock:
            names = work.changes.lock.get("services", [])
            work.changes.note(services=sorted({*names, service.name}))
            work.note_incident(max((lock.get("last_incident", 0) for lock in stored), default=0))
            for environment in service.years:
                work.mark(ATTRIBUTE_ALL, service.name, environment, place_of(0, ""))
        else:
            names = [known for known in work.changes.lock.get("services", []) if known != service.name]
            work.changes.note(services=names)
        derivation.finish()

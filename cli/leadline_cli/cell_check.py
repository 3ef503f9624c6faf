"""Reads one day's facts and cells as of one moment, so that a difference is a real one.

Whoever writes facts and cells raises the version of a repository's lock in the same transaction. So the versions of all
locks are read, then the day's facts and cells, then the versions again. If they are unchanged, nothing was written in between.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leadline.domain.cells import fold
from leadline.domain.facts import FactPart
from leadline.store.cells import cell_key
from leadline.store.deployments import Record, deployment_item_key, line_partition
from leadline.store.planned_writes import lock_key
from leadline.store.services import SERVICES, Service
from leadline.store.table import Item, Key, Table
from leadline_cli.cell_survey import Day, whole_numbers

TRIES = 12
_AROUND = timedelta(days=1)
"""A day in some time zone begins or ends at most this much apart from the same day in UTC."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that differs from the facts. `holds` is None if it contains something other than whole numbers."""

    key: Key
    says: dict[str, int]
    holds: dict[str, int] | None

    def missing(self) -> dict[str, int]:
        """What to add to the cell so that it equals the facts."""
        holds = self.holds or {}
        names = sorted(self.says.keys() | holds.keys())
        numbers = {name: self.says.get(name, 0) - holds.get(name, 0) for name in names}
        return {name: number for name, number in numbers.items() if number}


def differences(table: Table, day: Day, facts: Iterable[str], suspects: Iterable[Key]) -> list[Difference] | None:
    """The cells of this day that differ, or None if the table was written to during each of TRIES attempts.

    `facts`: keys of deployments known to count on this day; newer ones are found on their timelines.
    """
    for attempt in range(TRIES):
        before, services = _locks(table)
        says = _folded(table, day, services, facts)
        holds = table.get(sorted({*says, *suspects}))
        if _locks(table)[0] == before:
            found = [_difference(key, says.get(key, {}), holds.get(key)) for key in sorted({*says, *suspects})]
            return [each for each in found if each.holds is None or each.says != each.holds]
        time.sleep(random.uniform(0, min(1.0, 0.05 * 2**attempt)))
    return None


def _difference(key: Key, says: dict[str, int], item: Item | None) -> Difference:
    return Difference(key, says, whole_numbers(item) if item is not None else {})


def _locks(table: Table) -> tuple[dict[Key, int], list[Service]]:
    """The version of every lock under which facts are written, and all services."""
    services = [Service.from_item(item) for item in table.query(SERVICES)]
    found = table.get([lock_key(service.lock) for service in services])
    return {key: item["v"] for key, item in found.items()}, services


def _folded(table: Table, day: Day, services: Iterable[Service], facts: Iterable[str]) -> dict[Key, dict[str, int]]:
    keys = {*facts, *_on_tracks(table, day, services)}
    headers = table.get([deployment_item_key(key) for key in sorted(keys)])
    cells = fold(part for header in headers.values() for part in _parts(table, header) if _counts_on(part, day))
    says = {
        cell_key(key): {name: number for name, number in numbers.items() if number} for key, numbers in cells.items()
    }
    return {key: numbers for key, numbers in says.items() if numbers}


def _parts(table: Table, header: Item) -> tuple[FactPart, ...]:
    others = table.query(header["pk"], "part#") if header.get("parts", 1) > 1 else None
    return Record.from_items(header, others).parts


def _counts_on(part: FactPart, day: Day) -> bool:
    return (part.summary.environment, part.summary.day) == day


def _on_tracks(table: Table, day: Day, services: Iterable[Service]) -> Iterable[str]:
    environment, date = day
    midnight = datetime(date.year, date.month, date.day, tzinfo=UTC)
    first, last = midnight - _AROUND, midnight + 2 * _AROUND
    for service in services:
        for year in service.years.get(environment, []):
            if first.year <= year <= last.year:
                pk = line_partition(service.name, environment, year)
                for item in table.query(pk, _place(first), _place(last)):
                    yield item["sk"].partition("#")[2]


def _place(moment: datetime) -> str:
    return f"{int(moment.timestamp() * 1000):013d}"

"""Reads a whole table once: for each cell, what the facts add up to, less what the cell holds.

The table may change while it is read, so a difference found here is only a suspicion (see `leadline_cli.cell_check`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from leadline.domain.cells import contributions
from leadline.domain.deployments import Deployment
from leadline.domain.facts import FactPart
from leadline.store.cells import PREFIX, cell_key, numbers_of, parse_cell_key
from leadline.store.deployments import part_from_data
from leadline.store.table import Item, Key, Table
from leadline_cli.point_survey import PointSurvey

Day = tuple[str, date]
"""An environment and a day: its cells are checked together, because they are made of the same facts."""


@dataclass(slots=True)
class Survey:
    """`facts`: the keys of each day's deployments. `suspects`: cells that seem to differ from the facts.

    `strays`: items among the cells whose key is not a cell's, so that no fact ever counts in them. `custom`: custom metrics.
    """

    items: int = 0
    cells: int = 0
    deployments: int = 0
    facts: dict[Day, set[str]] = field(default_factory=lambda: defaultdict(set))
    suspects: dict[Day, set[Key]] = field(default_factory=lambda: defaultdict(set))
    strays: list[Key] = field(default_factory=list)
    custom: PointSurvey = field(default_factory=PointSurvey)

    @property
    def suspected(self) -> int:
        return sum(len(keys) for keys in self.suspects.values())


def survey(table: Table, seen: Callable[[int], None]) -> Survey:
    """Scans the table, calling `seen` with the number of items so far. Memory grows with the cells and facts not yet balanced."""
    found = Survey()
    balance: dict[Key, Counter[str]] = {}
    facts = _Facts(found, balance)
    for item in table.scan():
        found.items += 1
        if item["pk"].startswith("dep#"):
            facts.take(item)
        elif item["pk"].startswith(PREFIX):
            _take_cell(item, found, balance)
        else:
            found.custom.take(item)
        seen(found.items)
    found.custom.end()
    for key in balance:
        cell = parse_cell_key(key)
        found.suspects[cell.scope.environment, cell.day].add(key)
    return found


def whole_numbers(item: Item) -> dict[str, int] | None:
    """The numbers of a stored cell, or None if something in it is not a whole number."""
    numbers = numbers_of(item)
    if all(type(value) is int for value in numbers.values()):
        return numbers
    return None


def _take_cell(item: Item, found: Survey, balance: dict[Key, Counter[str]]) -> None:
    key = (item["pk"], item["sk"])
    try:
        cell = parse_cell_key(key)
    except (ValueError, KeyError, IndexError):
        found.strays.append(key)
        return
    if cell_key(cell) != key:
        found.strays.append(key)
        return
    found.cells += 1
    numbers = whole_numbers(item)
    if numbers is None:
        found.suspects[cell.scope.environment, cell.day].add(key)
    else:
        _add(balance, key, {name: -number for name, number in numbers.items()})


class _Facts:
    """Joins the parts of deployments with their headers, in whichever order the scan returns them."""

    def __init__(self, found: Survey, balance: dict[Key, Counter[str]]) -> None:
        self._found = found
        self._balance = balance
        self._headers: dict[str, Deployment] = {}
        self._waiting: dict[str, list[Item]] = defaultdict(list)

    def take(self, item: Item) -> None:
        key = item["pk"].partition("#")[2]
        if item["sk"] != "dep":
            if key in self._headers:
                self._count(key, part_from_data(item, int(item["sk"][5:]), self._headers[key]))
            else:
                self._waiting[key].append(item)
            return
        self._found.deployments += 1
        deployment = Deployment(key, item["service"], item["environment"], ())
        if item.get("parts", 1) > 1:
            self._headers[key] = deployment
        if "day" in item:
            self._count(key, part_from_data(item, 0, deployment))
        for waiting in self._waiting.pop(key, ()):
            self._count(key, part_from_data(waiting, int(waiting["sk"][5:]), deployment))

    def _count(self, key: str, part: FactPart) -> None:
        self._found.facts[part.summary.environment, part.summary.day].add(key)
        for cell, numbers in contributions(part).items():
            _add(self._balance, cell_key(cell), numbers)


def _add(balance: dict[Key, Counter[str]], key: Key, numbers: Mapping[str, int]) -> None:
    sums = balance.setdefault(key, Counter())
    for name, number in numbers.items():
        sums[name] += number
        if not sums[name]:
            del sums[name]
    if not sums:
        del balance[key]

"""Custom metrics in a scan of the table: what the points add up to, less what each cell holds (see `cell_survey`).

Counts, sums and histograms are compared as they come in, and what is settled is forgotten. The smallest, greatest and last values
are compared when all of a cell's points seem to have been seen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from leadline.domain.points import PointCell, Spread, contributions, merged
from leadline.store.points import CELL_PREFIX, POINT_PREFIX, cell_key, cell_of, point_from_item, spread_of
from leadline.store.table import Item, Key

MetricDay = tuple[str, date]
"""A metric and a day: the cells that are checked together, because they are made of the same points."""


@dataclass(slots=True)
class _Balance:
    """`owed`: what points say and the cell does not hold yet. `says` and `holds`: smallest, greatest and last values."""

    metric: str
    cell: PointCell
    owed: Counter[str] = field(default_factory=Counter)
    says: Spread = field(default_factory=Spread)
    holds: Spread = field(default_factory=Spread)

    @property
    def settled(self) -> bool:
        if any(self.owed.values()):
            return False
        return (self.says.least, self.says.most, self.says.last) == (self.holds.least, self.holds.most, self.holds.last)


@dataclass(slots=True)
class PointSurvey:
    """`suspects`: cells that seem to differ from the points. `strays`: items among the cells that are not cells."""

    points: int = 0
    cells: int = 0
    suspects: dict[MetricDay, set[Key]] = field(default_factory=lambda: defaultdict(set))
    strays: list[Key] = field(default_factory=list)
    _open: dict[Key, _Balance] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Looks at an item of the scan, whatever it is."""
        if item["pk"].startswith(POINT_PREFIX):
            self._take_point(item)
        elif item["pk"].startswith(CELL_PREFIX):
            self._take_cell(item)

    def end(self) -> None:
        """What is not settled by now is suspected."""
        for key, balance in self._open.items():
            self.suspects[balance.metric, balance.cell.day].add(key)
        self._open.clear()

    def _take_point(self, item: Item) -> None:
        self.points += 1
        point = point_from_item(item)
        for cell, spread in contributions(point).items():
            key = cell_key(point.metric, cell)
            balance = self._open.setdefault(key, _Balance(point.metric, cell))
            balance.says = _extremes(balance.says, spread)
            self._owe(key, balance, spread, 1)

    def _take_cell(self, item: Item) -> None:
        key = (item["pk"], item["sk"])
        try:
            metric, cell = cell_of(item)
        except (ValueError, KeyError, IndexError):
            self.strays.append(key)
            return
        if cell_key(metric, cell) != key:
            self.strays.append(key)
            return
        self.cells += 1
        try:
            spread = spread_of(item)
        except (AttributeError, KeyError, TypeError, ValueError):  # something in it is of another form
            self.suspects[metric, cell.day].add(key)
            return
        balance = self._open.setdefault(key, _Balance(metric, cell))
        balance.holds = spread
        self._owe(key, balance, spread, -1)

    def _owe(self, key: Key, balance: _Balance, spread: Spread, sign: int) -> None:
        for name, number in _numbers(spread).items():
            balance.owed[name] += sign * number
        if balance.settled:
            del self._open[key]


def _numbers(spread: Spread) -> Mapping[str, int]:
    buckets = {f"bucket {bucket}": count for bucket, count in spread.buckets.items()}
    authors = {f"@{author}": count for author, count in spread.authors.items()}
    return {"n": spread.n, "total": spread.total, **buckets, **authors}


def _extremes(one: Spread, other: Spread) -> Spread:
    both = merged([one, other])
    return Spread(both.n, 0, both.least, both.most, both.last)

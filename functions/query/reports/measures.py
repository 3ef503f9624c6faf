"""What a report measures: the DORA metrics, or a custom metric (`query.custom.measure`).

A report selects scopes, reads their cells, and sums them by day and group, independent of what they count. A measure knows where
its cells are stored, how to merge them, and how to compute metrics from the merged numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from leadline.contract.metrics_catalogue import Metrics
from leadline.domain.cells import CellKey, CellScope
from leadline.domain.metrics import Tally, by_day
from leadline.domain.windows import Window
from leadline.store.cells import read_cells
from leadline.store.table import Table
from query.reports.selection import Services

Numbers = Mapping[str, Any]
Days = Mapping[date, Numbers]
"""The merged numbers of each day with a count."""

M_co = TypeVar("M_co", covariant=True)


class Measure(Protocol[M_co]):
    """`deployed`: a service has numbers only for years in which it was deployed, so other years need not be read.
    `teams`: the teams with numbers, if cells are kept per team and author; None if the roster decides who is in a team.

    The numbers of a service name its authors with the prefix `leadline.domain.cells.AUTHOR_MARK`.
    """

    @property
    def deployed(self) -> bool: ...

    @property
    def teams(self) -> Sequence[str] | None: ...

    def services(self, stored: Services) -> Services:
        """The services that may have numbers."""

    def read(self, table: Table, scope: CellScope, window: Window) -> Iterator[tuple[CellKey, Numbers]]:
        """The cells of a scope in a window, by day."""

    def merge(self, cells: Iterable[tuple[date, Numbers]]) -> Days:
        """The numbers of disjoint scopes, added up by day."""

    def of(self, days: Days, window: Window) -> M_co:
        """The metrics of a window. Other days are ignored."""

    def counted(self, days: Days, window: Window) -> bool:
        """Whether anything was counted in the window."""


class Dora:
    """The DORA metrics."""

    deployed = True
    teams = None

    def services(self, stored: Services) -> Services:
        return stored

    def read(self, table: Table, scope: CellScope, window: Window) -> Iterator[tuple[CellKey, Numbers]]:
        return read_cells(table, scope, window)

    def merge(self, cells: Iterable[tuple[date, Numbers]]) -> Days:
        return by_day(cells)

    def of(self, days: Days, window: Window) -> Metrics:
        return Metrics.of(Tally.of(days, window))

    def counted(self, days: Days, window: Window) -> bool:
        return bool(Tally.of(days, window))


DORA = Dora()

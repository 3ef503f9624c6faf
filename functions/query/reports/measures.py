"""What a report may be made of: numbers that are counted in cells, and what they mean for a window.

A report selects scopes, reads their cells, adds them up and divides them by days and groups, whatever is counted in them. A measure
is the rest: where its cells are, how those of a day are merged, and what the merged numbers say.
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
"""The merged numbers of each day on which something was counted."""

M_co = TypeVar("M_co", covariant=True)


class Measure(Protocol[M_co]):
    """`deployed`: there are numbers of a service only for years in which it was deployed, so that others need not be read.
    `teams`: those that there are numbers of, where cells tell which team a person's numbers are; None where that is the roster's
    to say.

    A service's numbers name its authors as `leadline.domain.cells.AUTHOR_MARK` has it.
    """

    @property
    def deployed(self) -> bool: ...

    @property
    def teams(self) -> Sequence[str] | None: ...

    def services(self, stored: Services) -> Services:
        """The services that there may be numbers of."""

    def read(self, table: Table, scope: CellScope, window: Window) -> Iterator[tuple[CellKey, Numbers]]:
        """The cells of a scope in a window, in order of day."""

    def merge(self, cells: Iterable[tuple[date, Numbers]]) -> Days:
        """The cells of disjoint scopes as one."""

    def of(self, days: Days, window: Window) -> M_co:
        """The metrics of a window; numbers of other days are left out."""

    def counted(self, days: Days, window: Window) -> bool:
        """Whether anything was counted in the window."""


class Dora:
    """DORA's five metrics."""

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

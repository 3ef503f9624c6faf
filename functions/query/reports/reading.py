"""Reading cells: each scope once a request, many scopes side by side.

A scope is one query of a range of days. A request that would take more than MAX_READS is refused rather than made slow and dear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

from leadline.domain.cells import CellScope
from leadline.domain.windows import Window
from leadline.store.table import Table
from query.reports.measures import Measure, Numbers
from query.web.faults import refuse_query

MAX_READS = 2_000
_AT_ONCE = 16
"""Below the 20 connections that a client keeps."""

Cell = tuple[date, str | None, Numbers]
"""Its day, its service where the scope has one, and its numbers."""


class CellReader:
    """The cells of one measure read for one request. Not shared between threads."""

    def __init__(self, table: Table, measure: Measure[Any]) -> None:
        self._table = table
        self._measure = measure
        self._held: dict[CellScope, tuple[Window, list[Cell]]] = {}
        self._reads = 0

    def fetch(self, scopes: Iterable[CellScope], window: Window) -> None:
        """Reads the scopes that are not held for these days already. Raises Problem (400) where those are too many."""
        wanted = [scope for scope in dict.fromkeys(map(_stored, scopes)) if not self._holds(scope, window)]
        if self._reads + len(wanted) > MAX_READS:
            refuse_query("", "too_wide", f"this would add up more than {MAX_READS} scopes; narrow it by a filter")
        self._reads += len(wanted)
        if len(wanted) <= 1:
            found = [self._read(scope, window) for scope in wanted]
        else:
            with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
                found = list(pool.map(lambda scope: self._read(scope, window), wanted))
        self._held.update({scope: (window, cells) for scope, cells in zip(wanted, found, strict=True)})

    def cells(self, scopes: Iterable[CellScope], window: Window) -> Iterator[tuple[date, Numbers]]:
        """The days and numbers of these scopes in the window, read now where they were not fetched."""
        scopes = list(scopes)
        self.fetch(scopes, window)
        for scope in scopes:
            for day, service, numbers in self._held[_stored(scope)][1]:
                if window.start <= day < window.end and (scope.author is None or scope.service in (None, service)):
                    yield day, numbers

    def _holds(self, scope: CellScope, window: Window) -> bool:
        held = self._held.get(scope)
        return held is not None and held[0].start <= window.start and window.end <= held[0].end

    def _read(self, scope: CellScope, window: Window) -> list[Cell]:
        return [
            (key.day, key.scope.service, numbers) for key, numbers in self._measure.read(self._table, scope, window)
        ]


def _stored(scope: CellScope) -> CellScope:
    """An author's services share a partition: they are read together."""
    return replace(scope, service=None) if scope.author is not None else scope

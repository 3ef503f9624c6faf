"""Reads cells: each scope once per request, many scopes in parallel.

A scope is one query of a range of days. A request that needs more than MAX_READS is refused, because it would be slow and
expensive.
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
from query.http.faults import refuse_query
from query.reports.measures import Measure, Numbers

MAX_READS = 2_000
_AT_ONCE = 16
"""Below the 20 connections of a client."""

ReadCell = tuple[date, str | None, Numbers]
"""Day, service (if the scope has one) and numbers."""


class CellReader:
    """The cells of one measure for one request. Not thread-safe."""

    def __init__(self, table: Table, measure: Measure[Any]) -> None:
        self._table = table
        self._measure = measure
        self._loaded: dict[CellScope, tuple[Window, list[ReadCell]]] = {}
        self._reads = 0

    def fetch(self, scopes: Iterable[CellScope], window: Window) -> None:
        """Reads the scopes that are not loaded for these days yet. Raises Problem (400) for too many."""
        wanted = [scope for scope in dict.fromkeys(map(_stored, scopes)) if not self._has_loaded(scope, window)]
        if self._reads + len(wanted) > MAX_READS:
            refuse_query("", "too_wide", f"would add up more than {MAX_READS} scopes; add a filter")
        self._reads += len(wanted)
        if len(wanted) <= 1:
            found = [self._read(scope, window) for scope in wanted]
        else:
            with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
                found = list(pool.map(lambda scope: self._read(scope, window), wanted))
        self._loaded.update({scope: (window, cells) for scope, cells in zip(wanted, found, strict=True)})

    def cells(self, scopes: Iterable[CellScope], window: Window) -> Iterator[tuple[date, Numbers]]:
        """The days and numbers of these scopes in the window. Reads what `fetch` did not."""
        scopes = list(scopes)
        self.fetch(scopes, window)
        for scope in scopes:
            for day, service, numbers in self._loaded[_stored(scope)][1]:
                if window.start <= day < window.end and (scope.author is None or scope.service in (None, service)):
                    yield day, numbers

    def _has_loaded(self, scope: CellScope, window: Window) -> bool:
        loaded = self._loaded.get(scope)
        return loaded is not None and loaded[0].start <= window.start and window.end <= loaded[0].end

    def _read(self, scope: CellScope, window: Window) -> list[ReadCell]:
        return [
            (key.day, key.scope.service, numbers) for key, numbers in self._measure.read(self._table, scope, window)
        ]


def _stored(scope: CellScope) -> CellScope:
    """The services of an author share a partition, so they are read together."""
    return replace(scope, service=None) if scope.author is not None else scope

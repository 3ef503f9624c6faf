"""The deployments of several timelines merged, the newest first, read only as far as needed.

A timeline (a service in an environment) stores its places in order, one partition a year. The first places of all timelines are
read side by side; after that a timeline is read on only when its turn comes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from leadline.store.deployments import line_partition, year_of
from leadline.store.table import Table

_AT_ONCE = 16
_LEAST = 5
"""Places read at a time: about one read unit."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One service in one environment, and the years in which it was deployed."""

    service: str
    environment: str
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Places from `first` (inclusive) up to `before` (exclusive)."""

    first: str
    before: str

    def years(self, years: Sequence[int]) -> list[int]:
        """The years that may hold one of its places, the newest first."""
        return sorted((year for year in years if year_of(self.first) <= year <= year_of(self.before)), reverse=True)


def newest_first(table: Table, timelines: Sequence[Timeline], stretch: Stretch, wanted: int) -> Iterator[str]:
    """The places of these timelines in this stretch, the newest first. The caller needs about `wanted` of them."""
    timelines = [timeline for timeline in timelines if stretch.years(timeline.years)]
    page = max(_LEAST, min(wanted + 1, 2 * wanted // max(1, len(timelines))))
    lines = [_places(table, timeline, stretch, page) for timeline in timelines]
    if len(lines) > 1:
        with ThreadPoolExecutor(min(_AT_ONCE, len(lines))) as pool:
            firsts = list(pool.map(lambda line: next(line, None), lines))
        lines = [chain([first], line) for first, line in zip(firsts, lines, strict=True) if first is not None]
    return heapq.merge(*lines, reverse=True)


def _places(table: Table, timeline: Timeline, stretch: Stretch, page: int) -> Iterator[str]:
    for year in stretch.years(timeline.years):
        partition = line_partition(timeline.service, timeline.environment, year)
        before = stretch.before
        while True:
            items = list(table.query(partition, stretch.first, before, reverse=True, limit=page, consistent=False))
            # The range's end is inclusive, and a page ends with a place that the next begins with.
            places = [item["sk"] for item in items if item["sk"] < before]
            yield from places
            if len(items) < page:
                break
            before = places[-1]

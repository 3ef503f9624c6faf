"""Filters joined: what both leave. And a report that is refused takes nothing from the next one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.contract.invalid_value import InvalidValue
from leadline.domain.cells import CellScope
from leadline.domain.windows import Window
from leadline.http.problems import Problem
from leadline.store.memory import MemoryTable
from query.reports.filters import Filters
from query.reports.measures import DORA
from query.reports.reading import MAX_READS, CellReader

_some = st.lists(st.sampled_from("abc"), unique=True, max_size=2).map(tuple)
_filters: Any = st.builds(Filters, _some, _some, _some)


def _leaves(filters: Filters, service: str, repository: str, environment: str) -> bool:
    chosen = (
        (filters.services, service),
        (filters.repositories, repository),
        (filters.environments, environment),
    )
    return not filters.nothing and all(not names or name in names for names, name in chosen)


@given(_filters, _filters, _filters, *[st.sampled_from("abcd")] * 3)
def test_joined_filters_leave_exactly_what_each_of_them_leaves(
    one: Filters, two: Filters, three: Filters, service: str, repository: str, environment: str
) -> None:
    place = (service, repository, environment)
    joined = one.combined_with(two).combined_with(three)
    assert _leaves(joined, *place) == all(_leaves(filters, *place) for filters in (one, two, three))


@pytest.mark.parametrize(
    "other", [Filters(team="web"), Filters(author="ann"), Filters(author="pay")], ids=["team", "author", "name"]
)
def test_no_number_is_of_two_teams_or_people_at_once(other: Filters) -> None:
    pay = Filters(team="pay")
    assert pay.combined_with(Filters(("shop",))).combined_with(pay) == Filters(("shop",), team="pay")
    with pytest.raises(InvalidValue):
        pay.combined_with(other)


def test_a_read_that_is_refused_leaves_the_others_their_number_of_reads() -> None:
    window = Window(date(2026, 10, 1), date(2026, 10, 2))
    reader = CellReader(MemoryTable(), DORA)
    with pytest.raises(Problem):
        reader.fetch([CellScope("production", service=f"s{n}") for n in range(MAX_READS + 1)], window)
    assert list(reader.cells([CellScope("production")], window)) == []


def test_the_reads_of_a_request_are_bounded_together() -> None:
    window = Window(date(2026, 10, 1), date(2026, 10, 2))
    reader = CellReader(MemoryTable(), DORA)
    reader.fetch([CellScope("production", service=f"s{n}") for n in range(MAX_READS)], window)
    with pytest.raises(Problem):
        reader.fetch([CellScope("production")], window)

"""A table's columns come from its rows' type: the same whatever the rows hold, and nothing of a row is lost."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

from query.schemas import Deployment
from query.shapes.columns import columns_of
from query.shapes.csv_text import csv_text
from tests.shapes.reading import differs, read_csv


class Inner(TypedDict):
    name: str | None
    size: int
    marks: list[str]


class Row(TypedDict):
    word: Literal["a", "b"]
    inner: Inner | None
    inners: list[Inner]
    words: list[str]
    numbers: NotRequired[list[int]]
    labels: dict[str, str]
    ratio: float | None
    done: bool


_words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5) | st.sampled_from(
    ["=1", "a;b", "a; b", "\\", "a\\", "\\;", "'", " x", "; ", "-", ";=1"]
)
_inner = st.fixed_dictionaries({"name": st.none() | _words, "size": st.integers(), "marks": st.just([])})
_rows = st.fixed_dictionaries(
    {
        "word": st.sampled_from(["a", "b"]),
        "inner": st.none() | _inner,
        "inners": st.lists(_inner, max_size=3),
        "words": st.lists(_words, max_size=3),
        "numbers": st.lists(st.integers(), max_size=3),
        "labels": st.dictionaries(_words, _words, max_size=2),
        "ratio": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "done": st.booleans(),
    }
)
HEADER = (
    "word inner.name inner.size inner.marks inners inners.name inners.size inners.marks words numbers labels ratio done"
)


@given(st.lists(_rows, max_size=4))
def test_a_table_has_the_same_columns_whatever_is_in_it_and_says_what_the_rows_say(rows: list[dict[str, Any]]) -> None:
    columns = columns_of(Row)
    assert [column.name for column in columns] == HEADER.split()
    read = read_csv(
        csv_text([column.name for column in columns], [[column.read(row) for column in columns] for row in rows])
    )
    assert len(read) == len(rows)
    for cells, row in zip(read, rows, strict=True):
        assert differs(cells, row) == []


def test_no_formula_stands_behind_a_separator_that_some_spreadsheets_split_at() -> None:
    (words,) = [column for column in columns_of(Row) if column.name == "words"]
    assert words.read({"words": ["a", "=1", "@x"]}) == "a; '=1; '@x"


def test_a_deployments_columns_are_these() -> None:
    names = [column.name for column in columns_of(Deployment)]
    assert names[:3] == ["key", "service", "environment"]
    assert {"recovery.seconds", "changes", "changes.number", "changes.lead_time", "labels", "mapping.reason"} <= set(
        names
    )

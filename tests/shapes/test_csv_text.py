"""CSV that any parser reads and no spreadsheet calculates."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.shapes.csv_text import csv_text, guarded
from tests.shapes.reading import read_csv, unguarded

_texts = st.text(alphabet=st.sampled_from([*"=+-@＝＋'\t\r\n \u200b\ufeff\"a1;,"]), max_size=6) | st.text(
    max_size=20
).filter(lambda text: not any(0xD800 <= ord(char) <= 0xDFFF for char in text))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        "  =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "\x00=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "'=1",
        "''\t",
        "-5",
    ],
)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe_in_front(text: str) -> None:
    _, row = csv.reader(io.StringIO(csv_text(["a"], [[text]]), newline=""))
    assert row == [f"'{text}"]


@pytest.mark.parametrize("text", ["", "shop", "a=1", "1-2", "'t Hooft", " x", "2026-10-01", "日本", "#1", "/x"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(_texts)
def test_taking_the_apostrophe_off_gives_the_text_back(text: str) -> None:
    assert unguarded(guarded(text)) == text


def test_numbers_are_numbers_also_negative_ones_and_truth_is_a_word() -> None:
    assert csv_text(["a", "b", "c", "d", "e"], [[-1, -0.5, 1e-7, True, None]]) == "a,b,c,d,e\r\n-1,-0.5,1e-07,true,\r\n"


@given(st.lists(st.tuples(_texts, _texts), max_size=4))
def test_a_parser_reads_back_what_was_written(rows: list[tuple[str, str]]) -> None:
    text = csv_text(["a", "b"], rows)
    assert [(unguarded(row["a"]), unguarded(row["b"])) for row in read_csv(text)] == rows
    assert text.endswith("\r\n")


def test_every_line_ends_with_crlf_and_what_holds_a_separator_is_quoted() -> None:
    assert csv_text(["a", "b"], [["x,y", 'he said "hi"'], ["l1\r\nl2", ""]]) == (
        'a,b\r\n"x,y","he said ""hi"""\r\n"l1\r\nl2",\r\n'
    )

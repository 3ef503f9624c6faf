"""CSV as RFC 4180 has it, safe to open in a spreadsheet.

A text that a spreadsheet would take for a formula gets an apostrophe in front: one that begins with = + - @ or their full-width
forms, also behind blanks, control characters and apostrophes; and one that begins with a tab or line break. Taking one apostrophe
off such a cell gives the text back. Numbers are written as in JSON, negative ones too.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence

Cell = str | int | float | None
"""None is an empty cell."""


class Safe(str):
    """A text whose parts were made safe already: it is written as it is."""

    __slots__ = ()


_FORMULA = frozenset("=+-@＝＋－＠")
_STARTS = frozenset("\t\r\n")
_LEADING = re.compile(r"'*")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The table with CRLF after each line, the header first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return out.getvalue()


def guarded(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if is_risky(text) else text


def is_risky(text: str) -> bool:
    found = _LEADING.match(text)
    rest = text[found.end() :] if found else text
    if rest[:1] in _STARTS and rest:
        return True
    first = next((char for char in rest if not _is_blank(char)), "")
    return first in _FORMULA if first else False


def _is_blank(char: str) -> bool:
    """Nothing that is seen: a space of any kind, a control character, a mark of direction or width."""
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf")


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Safe):
        return cell
    return guarded(cell) if isinstance(cell, str) else json.dumps(cell)

"""CSV (RFC 4180) that is safe to open in a spreadsheet.

A text that a spreadsheet would run as a formula gets a leading apostrophe: one that begins with = + - @ or their full-width
forms, even after blanks, control characters and apostrophes; and one that begins with a tab or line break. Removing that
apostrophe restores the text. Numbers are written as in JSON, including negative ones.
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
    """A text whose parts are safe already. It is written unchanged."""

    __slots__ = ()


_FORMULA = frozenset("=+-@＝＋－＠")
_STARTS = frozenset("\t\r\n")
_LEADING = re.compile(r"'*")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The header and rows, with CRLF after each line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return out.getvalue()


def guarded(text: str) -> str:
    """The text, with a leading apostrophe if a spreadsheet would run it as a formula."""
    return f"'{text}" if is_risky(text) else text


def is_risky(text: str) -> bool:
    found = _LEADING.match(text)
    rest = text[found.end() :] if found else text
    if rest[:1] in _STARTS and rest:
        return True
    first = next((char for char in rest if not _is_blank(char)), "")
    return first in _FORMULA if first else False


def _is_blank(char: str) -> bool:
    """Whether the character is invisible: a space, a control character, a direction or width mark."""
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf")


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Safe):
        return cell
    return guarded(cell) if isinstance(cell, str) else json.dumps(cell)

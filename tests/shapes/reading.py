"""Reads the other shapes back as their users' tools do, to hold them against the JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

_GUARD = re.compile(r"'(?='*[\s\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060\ufeff\xad]*[=+\-@＝＋－＠\t\r\n])")


def read_csv(text: str) -> list[dict[str, str]]:
    """The rows by their column, each cell as it is written."""
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(set(header)) == len(header)
    assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def unguarded(cell: str) -> str:
    """The text before it was made safe."""
    return cell[1:] if _GUARD.match(cell) else cell


def split(cell: str) -> list[str]:
    """The entries of a joined cell."""
    entries, entry, escaped = [], "", False
    for char in cell:
        if escaped or char not in "\\;":
            entry, escaped = entry + char, False
        elif char == "\\":
            escaped = True
        else:
            entries.append(entry)
            entry = ""
    return (
        [unguarded(text.removeprefix(" ") if place else text) for place, text in enumerate([*entries, entry])]
        if cell
        else []
    )


def differs(row: dict[str, str], value: Any, at: str = "") -> list[str]:
    """The columns of a row in which it does not say what the JSON value says."""
    if value is None:
        return [name for name, cell in row.items() if cell and (name == at or name.startswith(f"{at}."))]
    if isinstance(value, dict):
        if at in row:
            return [] if json.loads(unguarded(row[at])) == value else [at]
        return [name for field, inner in value.items() for name in differs(row, inner, f"{at}.{field}".strip("."))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        columns = [name for name in row if name.startswith(f"{at}.")]
        wrong = [at] if row[at] != str(len(value)) else []
        return wrong + [
            name
            for name in columns
            if _joined(row[name], len(value)) != [_plain(_deep(entry, name, at)) for entry in value]
        ]
    if isinstance(value, list):
        return [] if _joined(row[at], len(value)) == [_plain(entry) for entry in value] or row[at] == "0" else [at]
    return [] if unguarded(row[at]) == _plain(value) else [at]


def _joined(cell: str, count: int) -> list[str]:
    return [""] if not cell and count == 1 else split(cell)


def _deep(entry: Any, name: str, at: str) -> Any:
    for step in name.removeprefix(f"{at}.").split("."):
        entry = entry[step] if entry is not None else None
    return entry


def _plain(value: Any) -> str:
    if value is None or value == []:
        return ""
    return value if isinstance(value, str) else json.dumps(value)

"""The columns of a table, derived from the type of its rows, so that all rows have the same ones.

An object becomes columns with dots in their names (`mapping.status`). A list of objects becomes a column with their number and
one per field. Lists are joined with "; "; a ; or backslash in a value is escaped with a backslash. Free-form objects (`labels`)
are JSON. Null is an empty cell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from query.shapes.csv_text import Cell, Safe, guarded

_BETWEEN = "; "


@dataclass(frozen=True, slots=True)
class Column:
    """`read` takes the value of a row, or None."""

    name: str
    read: Callable[[Any], Cell]


def columns_of(kind: Any, name: str = "") -> tuple[Column, ...]:
    """The columns of this type (a typed dict, dataclass, list or plain value), in the order of its fields."""
    kind = _without_none(kind)
    if _has_fields(kind):
        return tuple(
            Column(column.name, _of_field(field, column.read))
            for field, hint in get_type_hints(kind).items()
            for column in columns_of(hint, f"{name}.{field}" if name else field)
        )
    if get_origin(kind) is list:
        (entry,) = get_args(kind)
        if _has_fields(_without_none(entry)):
            entries = columns_of(entry, name)
            return (Column(name, _number), *(Column(column.name, _of_each(column.read)) for column in entries))
        return (Column(name, _of_each(_plain)),)
    return (Column(name, _plain),)


def _without_none(kind: Any) -> Any:
    if get_origin(kind) not in (Union, UnionType):
        return kind
    left = [choice for choice in get_args(kind) if choice is not type(None)]
    return left[0] if len(left) == 1 else object


def _has_fields(kind: Any) -> bool:
    return is_typeddict(kind) or is_dataclass(kind)


def _of_field(field: str, read: Callable[[Any], Cell]) -> Callable[[Any], Cell]:
    def read_field(value: Any) -> Cell:
        if value is None:
            return None
        found = value.get(field) if isinstance(value, Mapping) else getattr(value, field)
        return read(found)

    return read_field


def _of_each(read: Callable[[Any], Cell]) -> Callable[[Any], Cell]:
    def read_each(values: Sequence[Any] | None) -> Cell:
        # Some spreadsheets split at semicolons: no part may be a formula.
        return Safe(_BETWEEN.join(_escaped(guarded(_text(read(value)))) for value in values or ())) or None

    return read_each


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell)


def _number(values: Sequence[Any] | None) -> Cell:
    return None if values is None else len(values)


def _plain(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Answers as tables: a page has a row per item, a report a row per window, part of the series and group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_origin

from typing_extensions import get_type_hints

from query.shapes.columns import Column, columns_of
from query.shapes.csv_text import Cell, csv_text

_REPORTED = ("window", "metrics", "previous", "series", "groups")


def is_table(kind: Any) -> bool:
    """Whether an answer of this type is a list or a report. Runs for every route at each cold start, so it must be cheap."""
    return get_origin(kind) is list or "items" in _fields(kind) or {"metrics", "previous"} <= _fields(kind).keys()


def table_of(kind: Any, answer: Any) -> str:
    """An answer of this type as CSV."""
    if get_origin(kind) is list:
        return _listed(get_args(kind)[0], answer)
    if "items" in _fields(kind):
        return _listed(get_args(_hints(kind)["items"])[0], answer["items"])
    return _report(kind, answer)


def _fields(kind: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(kind, "__annotations__", {})
    return found


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


@cache
def _columns(kind: Any) -> tuple[Column, ...]:
    return columns_of(kind)


def _listed(kind: Any, items: list[Any]) -> str:
    columns = _columns(kind)
    return csv_text([column.name for column in columns], ([column.read(item) for column in columns] for item in items))


def _report(kind: Any, answer: Mapping[str, Any]) -> str:
    """The column `row` is window, previous, series or group. What only the window has is in its row, after the metrics."""
    hints = _hints(kind)
    metrics = _columns(hints["metrics"])
    others = [
        Column(column.name, _of(name, column))
        for name in hints
        if name not in _REPORTED
        for column in columns_of(hints[name], name)
    ]
    header = ["row", "group", "from", "to", "timezone", *(column.name for column in (*metrics, *others))]

    def row(name: str, group: str | None, window: Mapping[str, Any], values: Any) -> list[Cell]:
        own = answer if name == "window" else {}
        timezone = answer["window"]["timezone"]
        numbers = [column.read(values) for column in metrics]
        return [
            name,
            group,
            window["from"],
            window["to"],
            timezone,
            *numbers,
            *(column.read(own) for column in others),
        ]

    def rows() -> Iterator[list[Cell]]:
        yield row("window", None, answer["window"], answer["metrics"])
        yield row("previous", None, answer["previous"]["window"], answer["previous"]["metrics"])
        for part in answer.get("series", ()):
            yield row("series", None, part, part["metrics"])
        for group in answer.get("groups", ()):
            yield row("group", group["key"], answer["window"], group["metrics"])

    return csv_text(header, rows())


def _of(name: str, column: Column) -> Any:
    return lambda answer: column.read(answer.get(name))

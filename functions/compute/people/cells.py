"""The cells and marks of names that nothing is stored by any more."""

from collections.abc import Iterable

from leadline.domain.cells import AUTHOR_MARK
from leadline.store.cells import numbers_of, parse_cell_key
from leadline.store.people import People
from leadline.store.points import CELL_PREFIX, cell_of
from leadline.store.table import Add, Check, Delete, Item, Table, Write

MARKS = 100
"""Removed at a time: DynamoDB takes an expression of 4 KB at most."""


def drop_stale(table: Table, item: Item, people: People, unchanged: Check, *, whatever: bool) -> bool:
    """Removes a cell of an old name, and old names' marks from a service's cell, where they count nothing. Whether any still does.

    `whatever`: also what counts. `unchanged` holds while the names that are old are so. Raises Conflict where it does not.
    """
    key = (item["pk"], item["sk"])
    try:
        author = _author_of(item)
    except (ValueError, KeyError, IndexError):
        return False  # no cell: `leadline rebuild` removes it
    if author is None:
        marks = [name for name in item if name.startswith(AUTHOR_MARK)]
        names = people.stored_names(name[len(AUTHOR_MARK) :] for name in marks)
        old = [name for name in marks if names[name[len(AUTHOR_MARK) :]] != name[len(AUTHOR_MARK) :]]
        gone = [name for name in old if whatever or not item[name]]
        _write(table, [Add(key, {}, gone[start : start + MARKS]) for start in range(0, len(gone), MARKS)], unchanged)
        return len(gone) < len(old)
    if people.stored_names([author])[author] == author:
        return False
    if numbers_of(item) and not whatever:
        return True
    _write(table, [Delete(key)], unchanged)
    return False


def _author_of(item: Item) -> str | None:
    if item["pk"].startswith(CELL_PREFIX):
        return cell_of(item)[1].scope.author
    return parse_cell_key((item["pk"], item["sk"])).scope.author


def _write(table: Table, writes: Iterable[Write], unchanged: Check) -> None:
    for write in writes:
        table.write([write, unchanged])

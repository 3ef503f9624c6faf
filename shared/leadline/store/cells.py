"""Cells in the table.

    cell#production#all                     | 20261031            everything
    cell#production#service#checkout        | 20261031            a service
    cell#production#team#payments           | 20261031            a team
    cell#production#team#payments#checkout  | 20261031            a team in a service
    cell#production#author#dev-1            | 20261031#checkout   an author in a service

A window is one range of a partition: a year of a service is at most 365 small items, however many deployments there were.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from leadline.domain.cells import CellKey, CellScope
from leadline.domain.windows import Window
from leadline.store.names import escape, unescape
from leadline.store.table import Item, Key, Table

PREFIX = "cell#"


def partition_of(scope: CellScope) -> str:
    """The partition of a scope; an author's services share one."""
    return _partitions([scope])[scope]


def cell_key(key: CellKey) -> Key:
    return cell_keys([key])[key]


def cell_keys(keys: Collection[CellKey]) -> dict[CellKey, Key]:
    """The keys of several cells, mostly of one deployment, in the table."""
    partitions = _partitions([key.scope for key in keys])
    found = {}
    for key in keys:
        suffix = f"#{key.scope.service}" if key.scope.author is not None else ""
        found[key] = (partitions[key.scope], key.day.strftime("%Y%m%d") + suffix)
    return found


def _partitions(scopes: Collection[CellScope]) -> dict[CellScope, str]:
    names = {
        name
        for scope in scopes
        for name in (scope.environment, scope.service, scope.team, scope.author)
        if name is not None
    }
    escaped = {name: escape(name) for name in names}
    return {scope: _partition(scope, escaped) for scope in scopes}


def _partition(scope: CellScope, escaped: Mapping[str, str]) -> str:
    start = f"{PREFIX}{escaped[scope.environment]}"
    if scope.team is not None:
        share = f"#{escaped[scope.service]}" if scope.service is not None else ""
        return f"{start}#team#{escaped[scope.team]}{share}"
    if scope.author is not None:
        return f"{start}#author#{escaped[scope.author]}"
    return f"{start}#service#{escaped[scope.service]}" if scope.service is not None else f"{start}#all"


def parse_cell_key(key: Key) -> CellKey:
    """The inverse of `cell_key`."""
    _, environment, kind, *names = [unescape(part) for part in key[0].split("#")]
    day, _, service = key[1].partition("#")
    scopes = {
        "all": lambda: CellScope(environment),
        "service": lambda: CellScope(environment, service=names[0]),
        "team": lambda: CellScope(environment, team=names[0], service=names[1] if len(names) > 1 else None),
        "author": lambda: CellScope(environment, author=names[0], service=service),
    }
    return CellKey(scopes[kind](), date(int(day[:4]), int(day[4:6]), int(day[6:])))


def numbers_of(item: Item) -> dict[str, int]:
    """A cell's counters, without zeros."""
    return {name: value for name, value in item.items() if name not in ("pk", "sk") and value}


def read_cells(
    table: Table, scope: CellScope, window: Window, *, consistent: bool = False
) -> Iterator[tuple[CellKey, dict[str, int]]]:
    """A scope's cells in a window, in order of day. One query; each request reads up to 1 MB.

    Eventually consistent, at half the read units, unless `consistent`.
    """
    pk = partition_of(scope)
    first, last = window.start.strftime("%Y%m%d"), window.end.strftime("%Y%m%d")
    for item in table.query(pk, first, last, consistent=consistent):
        key = parse_cell_key((pk, item["sk"]))
        if key.day < window.end and (scope.author is None or scope.service in (None, key.scope.service)):
            yield key, numbers_of(item)

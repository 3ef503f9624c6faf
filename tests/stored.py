"""Reading a table as the laws see it: facts without versions, cells without zeros, and the fold that cells must equal."""

from typing import Any

from leadline.domain.cells import CellKey, fold
from leadline.store.cells import PREFIX, numbers_of, parse_cell_key
from leadline.store.deployments import Record
from leadline.store.table import Table

_OF_REQUESTS = ("access#", "used#", "quota#")
_BOOKKEEPING = {"v", "years", "event_id", "todo"}


def everything(table: Table) -> dict[tuple[str, str], Any]:
    """Every stored item, without what only counts writes, names events or notes who asked."""
    return {
        (item["pk"], item["sk"]): _plain(item)
        for item in table.scan()
        if not item["pk"].startswith(_OF_REQUESTS) and (not item["pk"].startswith(PREFIX) or numbers_of(item))
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items() if name not in _BOOKKEEPING and entry != 0}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value


def records(table: Table) -> list[Record]:
    headers = [item for item in table.scan() if item["pk"].startswith("dep#") and item["sk"] == "dep"]
    return [Record.from_items(header, table.query(header["pk"], "part#", "part$")) for header in headers]


def stored_cells(table: Table) -> dict[CellKey, dict[str, int]]:
    cells = {
        parse_cell_key((item["pk"], item["sk"])): numbers_of(item)
        for item in table.scan()
        if item["pk"].startswith(PREFIX)
    }
    return {key: numbers for key, numbers in cells.items() if numbers}


def folded_cells(table: Table) -> dict[CellKey, dict[str, int]]:
    folded = fold(part for record in records(table) for part in record.parts)
    cells = {key: {name: number for name, number in numbers.items() if number} for key, numbers in folded.items()}
    return {key: numbers for key, numbers in cells.items() if numbers}

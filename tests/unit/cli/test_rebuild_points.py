"""`leadline verify` and `leadline rebuild` on custom metrics: wrong cells are found and put right, points come in meanwhile."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest

from leadline.store.memory import MemoryTable
from leadline.store.points import CELL_PREFIX
from leadline.store.table import Delete, Item, Key, Put
from leadline_cli.progress import Progress
from leadline_cli.rebuild import preview, rebuild
from leadline_cli.verify import read, verify
from tests.builders import at, tell
from tests.points import a_point, folded_points, point_cells, points_drawn


def quiet() -> Progress:
    return Progress(io.StringIO())


@pytest.fixture
def table() -> MemoryTable:
    filled = MemoryTable()
    tell(filled, *points_drawn(3, 60))
    return filled


def cells(table: MemoryTable) -> list[Item]:
    return sorted((item for item in table.scan() if item["pk"].startswith(CELL_PREFIX)), key=lambda item: item["pk"])


def rebuilt(table: MemoryTable) -> int:
    return rebuild(table, read(table, quiet()), quiet())


def test_right_numbers_are_said_to_be_right(table: MemoryTable, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(table, quiet()) == 0
    assert f"points of custom metrics, {len(point_cells(table))} cells." in capsys.readouterr().out


def test_rebuilding_right_numbers_writes_nothing(table: MemoryTable) -> None:
    before = sorted(map(str, table.scan()))
    assert rebuilt(table) == 0
    assert sorted(map(str, table.scan())) == before


SPOILED: dict[str, Callable[[Item], Item | None]] = {
    "gone": lambda item: None,
    "a point too many": lambda item: {**item, "n": item["n"] + 1},
    "another sum": lambda item: {**item, "total": item["total"] + 1},
    "a smaller smallest": lambda item: {**item, "least": item["least"] - 1},
    "a greater greatest": lambda item: {**item, "most": item["most"] + 1},
    "another last": lambda item: {**item, "last": [item["last"][0] + 1, *item["last"][1:]]},
    "another histogram": lambda item: {**item, "buckets": {**item["buckets"], "77": 3}},
    "another author": lambda item: {**item, "authors": {"eve": 1}},
    "something that is none": lambda item: {**item, "buckets": "x"},
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_is_wrong_is_found_named_and_put_right(
    table: MemoryTable, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = cells(table)
    for item in before[::7]:
        spoiled = SPOILED[how](item)
        table.write([Put(spoiled) if spoiled is not None else Delete((item["pk"], item["sk"]))])
    assert verify(table, quiet()) == 1
    assert "cells differ from the facts" in capsys.readouterr().out
    assert preview(table, read(table, quiet()), quiet()) == 0
    assert rebuilt(table) == 0
    assert cells(table) == before
    assert verify(table, quiet()) == 0


def test_cells_of_no_points_and_items_that_are_no_cells_are_deleted(table: MemoryTable) -> None:
    before = cells(table)
    some = before[0]
    table.write(
        [
            Put({**some, "pk": some["pk"].replace("production", "nowhere").replace("staging", "nowhere")}),
            Put({**some, "pk": CELL_PREFIX + "review.comments#production#what"}),
            Put({**some, "sk": "no day"}),
        ]
    )
    assert verify(table, quiet()) == 1
    assert rebuilt(table) == 0
    assert cells(table) == before


class BusyTable(MemoryTable):
    """A point comes in each time after the metric's lock was read, as often as told."""

    left = 0

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        found = super().get(keys)
        if self.left and any(pk.startswith("repo#metric:") for pk, _ in keys):
            left, self.left = self.left - 1, 0
            tell(self, a_point(left, at(10), id=f"busy-{left}"))
            self.left = left
        return found


def test_points_that_come_in_meanwhile_stay_counted(table: MemoryTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline_cli.point_check.time.sleep", lambda _: None)
    busy = BusyTable()
    busy._partitions = table._partitions
    item = cells(table)[0]
    table.write([Put({**item, "n": 1_000})])
    found = read(busy, quiet())
    busy.left = 5
    assert rebuild(busy, found, quiet()) == 0
    assert point_cells(busy) == folded_points(busy)
    table.write([Put({**item, "n": 1_000})])
    busy.left = 1_000
    assert rebuild(busy, read(busy, quiet()), quiet()) == 1

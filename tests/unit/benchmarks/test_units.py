"""The accounting of `make bench` follows DynamoDB's published rules."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.units import item_size, query_units, read_units, transactional_read_units, write_units


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "checkout"}, 8),
        ({"S": "é🚀"}, 6),
        ({"S": ""}, 0),
        ({"N": "7"}, 2),
        ({"N": "12345"}, 4),
        ({"N": "-12345"}, 5),
        ({"N": "1000000"}, 2),
        ({"N": "0"}, 1),
        ({"N": "0.0250"}, 2),
        ({"B": b"abc"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "7"}]}, 3 + (1 + 2) + (1 + 2)),
        ({"M": {"ab": {"S": "cde"}}}, 3 + (1 + 2 + 3)),
    ],
)
def test_a_value_is_as_large_as_the_documentation_says(value: dict[str, Any], size: int) -> None:
    assert item_size({"name": value}) == len("name") + size


def test_an_item_is_its_names_and_its_values() -> None:
    assert item_size({"pk": {"S": "cell#a"}, "sk": {"S": "20261031"}, "d": {"N": "3"}}) == 2 + 6 + 2 + 8 + 1 + 2


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [(0, 1, 1), (0, 1024, 1), (0, 1025, 2), (1025, 10, 2), (10, 0, 1), (0, 0, 1), (5000, 3000, 5)],
)
def test_a_write_takes_a_unit_for_each_kilobyte_of_the_larger_of_before_and_after(
    before: int, after: int, units: int
) -> None:
    assert write_units(before, after, transactional=False) == units
    assert write_units(before, after, transactional=True) == 2 * units


def test_items_read_one_by_one_are_rounded_up_each_and_a_missing_one_is_paid_too() -> None:
    assert read_units([1, 4096, 4097, 0], consistent=True) == 1 + 1 + 2 + 1
    assert read_units([1, 4096, 4097, 0], consistent=False) == 2.5
    assert transactional_read_units([1, 4096, 4097, 0]) == 10


def test_the_items_of_a_query_are_rounded_up_together() -> None:
    assert query_units([200] * 30, consistent=True) == 2
    assert query_units([200] * 30, consistent=False) == 1
    assert query_units([], consistent=False) == 0.5

"""What `make bench` measures is what the product would ask of AWS: answers as DynamoDB's, and every request is counted."""

from __future__ import annotations

import os
from collections.abc import Iterator

import boto3
import pytest

from benchmarks.events import one_change, stack_in_use
from benchmarks.expressions import UnknownExpressionError
from benchmarks.memory_aws import MemoryAws
from benchmarks.product import start_afresh
from compute.apply import fold
from leadline.domain.errors import Conflict
from leadline.store.dynamodb import DynamoTable
from leadline.store.memory import MemoryTable
from leadline.store.table import Add, Check, Delete, Put, at_version
from tests.contract.table_contract import TableContract
from tests.histories import a_history
from tests.stored import everything, folded_cells, stored_cells


@pytest.fixture
def aws() -> MemoryAws:
    return MemoryAws()


@pytest.fixture
def table(aws: MemoryAws) -> DynamoTable:
    client = boto3.client("dynamodb")
    aws.attach(client)
    return DynamoTable(client, "bench", sleep=lambda _: None)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """The stack of a benchmark takes over this process's environment and its functions."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    start_afresh()


class TestTheTableOfTheBenchmarks(TableContract):
    @pytest.fixture
    def table(self, aws: MemoryAws) -> DynamoTable:
        client = boto3.client("dynamodb")
        aws.attach(client)
        return DynamoTable(client, "bench")


def test_a_history_is_stored_as_in_any_other_table(table: DynamoTable) -> None:
    expected = MemoryTable()
    for message in a_history(4, size=8).messages:
        fold(expected, message)
        fold(table, message)
    assert everything(table) == everything(expected)


def test_each_write_is_counted_with_the_units_of_its_item(aws: MemoryAws, table: DynamoTable) -> None:
    table.write(
        [Put({"pk": "dep#1", "sk": "dep", "v": 1, "x": "a" * 1500}), Put({"pk": "repo#r", "sk": "repo", "v": 3})]
    )
    aws.meter.take()

    table.write(
        [
            Put({"pk": "dep#1", "sk": "dep", "v": 2}, at_version(1)),
            Check(("repo#r", "repo"), at_version(3)),
            Add(("cell#production#all", "20261031"), {"d": 1}),
            Delete(("gone", "gone")),
        ]
    )

    bill = aws.meter.take()
    assert bill.operations == {"TransactWriteItems": 1}
    units = {touched.kind: touched.units for touched in bill.written()}
    assert units == {"deployment": 4, "lock": 2, "cell, all": 2, "gone": 2}
    assert (bill.requests, bill.items_written, bill.write_units, bill.read_units) == (1, 4, 10, 0)
    assert bill.sent > 300
    assert bill.received == len("{}")


def test_a_put_alone_is_no_transaction_and_takes_half(aws: MemoryAws, table: DynamoTable) -> None:
    table.write([Put({"pk": "event#1", "sk": "event"})])
    bill = aws.meter.take()
    assert (bill.operations, bill.write_units) == ({"PutItem": 1}, 1)


def test_reads_are_counted_by_the_way_they_are_read(aws: MemoryAws, table: DynamoTable) -> None:
    for number in range(10):
        table.write([Put({"pk": "p", "sk": str(number), "x": "a" * 1000})])
    aws.meter.take()

    def read_units() -> float:
        return aws.meter.take().read_units

    table.get([("p", "1"), ("p", "2"), ("p", "none")])
    assert read_units() == 3
    table.get_together([("p", "1"), ("p", "2"), ("p", "none")])
    assert read_units() == 6
    list(table.query("p", consistent=False))
    assert read_units() == 1.5
    list(table.query("p"))
    assert read_units() == 3


def test_a_query_of_more_than_a_megabyte_takes_several_requests(aws: MemoryAws, table: DynamoTable) -> None:
    for number in range(8):
        table.write([Put({"pk": "p", "sk": str(number), "x": "a" * 300_000})])
    aws.meter.take()
    assert [item["sk"] for item in table.query("p")] == [str(number) for number in range(8)]
    assert aws.meter.take().operations == {"Query": 2}


def test_a_refused_transaction_is_counted_as_a_request_and_writes_nothing(aws: MemoryAws, table: DynamoTable) -> None:
    with pytest.raises(Conflict):
        table.write([Put({"pk": "a", "sk": "a", "v": 2}, at_version(1)), Put({"pk": "b", "sk": "b"})])
    assert aws.meter.take().requests == 1
    assert not list(table.scan())


def test_the_whole_way_of_an_event_is_counted_and_its_numbers_are_right() -> None:
    product, work = stack_in_use(days=2)

    bill = one_change(product, work).bill

    assert bill.of("sqs").operations == {"SendMessageBatch": 1}
    operations = bill.of("dynamodb").operations
    assert operations["TransactWriteItems"] == 1
    assert operations["TransactGetItems"] >= 1
    kinds = {touched.kind for touched in bill.written()}
    assert {"lock", "deployment", "place on the timeline", "shipment", "cell, service", "cell, team"} <= kinds
    assert stored_cells(product.table) == folded_cells(product.table)


def test_a_key_that_is_not_remembered_costs_one_read() -> None:
    product, work = stack_in_use(days=1)
    start_afresh()
    cold = product.post("changes", work.merge()).bill
    warm = product.post("changes", work.merge()).bill
    assert cold.of("dynamodb").operations["BatchGetItem"] == 1
    assert cold.of("secrets-manager").requests == 1
    assert warm.of("dynamodb").operations["BatchGetItem"] == 0
    assert warm.of("secrets-manager").requests == 0


def test_an_expression_that_dynamodb_would_not_take_is_not_taken(table: DynamoTable) -> None:
    with pytest.raises(UnknownExpressionError):
        table.write([Add(("p", "s"), {f"n{number:04d}": 1 for number in range(400)})])

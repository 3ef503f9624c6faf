"""What DynamoDB answers when it does not do what was asked, and what becomes of that."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from leadline.domain.errors import Conflict, Transient
from leadline.store.dynamodb import DynamoTable
from leadline.store.table import Add, Put, at_version

ADD = Add(("p", "s"), {"d": 1})
PUT = Put({"pk": "p", "sk": "lock", "v": 2}, at_version(1))


class AnsweringClient:
    """A DynamoDB client that gives these answers in turn: an exception is raised; then what is left of them stays."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append({"operation": operation, **request})
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def a_table(*answers: Any) -> tuple[DynamoTable, AnsweringClient, list[float]]:
    client, slept = AnsweringClient(*answers), list[float]()
    return DynamoTable(client, "leadline", slept.append), client, slept  # type: ignore[arg-type]


def an_error(code: str, *reasons: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}}
    if reasons:
        answer["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(answer, "TransactWriteItems")


CANCELLED = "TransactionCanceledException"
PASSING = [
    an_error(CANCELLED, "None", "TransactionConflict"),
    an_error(CANCELLED, "TransactionConflict", "TransactionConflict"),
    an_error(CANCELLED, "ThrottlingError", "None"),
    an_error(CANCELLED, "ProvisionedThroughputExceeded", "None"),
    an_error("TransactionInProgressException"),
    an_error("ThrottlingException"),
    an_error("ProvisionedThroughputExceededException"),
    an_error("RequestLimitExceeded"),
    an_error("InternalServerError"),
]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_a_passing_fault_is_tried_again_after_a_pause(error: ClientError) -> None:
    table, client, slept = a_table(error, error, {})
    table.write([PUT, ADD])
    assert len(client.requests) == 3
    assert client.requests[0] == client.requests[2]
    assert len(slept) == 2


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_a_fault_that_does_not_pass_becomes_transient_so_that_the_message_goes_back_to_the_queue(
    error: ClientError,
) -> None:
    table, client, slept = a_table(error)
    with pytest.raises(Transient) as raised:
        table.write([PUT, ADD])
    assert not isinstance(raised.value, Conflict)
    assert 3 < len(client.requests) < 20
    assert sum(slept) < 10  # all pauses together stay well below a function's time


def test_pauses_grow_so_that_transactions_stop_meeting() -> None:
    waits = []
    for _ in range(60):
        table, _, slept = a_table(an_error("ThrottlingException"))
        with pytest.raises(Transient):
            table.write([ADD])
        waits.append(slept)
    averages = [sum(turn) / len(turn) for turn in zip(*waits, strict=True)]
    assert averages[0] < averages[2] < averages[4]


@pytest.mark.parametrize(
    "reasons", [("ConditionalCheckFailed", "None"), ("TransactionConflict", "ConditionalCheckFailed")]
)
def test_a_failed_guard_is_a_conflict_at_once_even_beside_a_passing_fault(reasons: tuple[str, str]) -> None:
    table, client, _ = a_table(an_error(CANCELLED, *reasons))
    with pytest.raises(Conflict):
        table.write([PUT, ADD])
    assert len(client.requests) == 1


def test_a_single_put_is_no_transaction_and_its_failed_guard_the_same_conflict() -> None:
    table, client, _ = a_table({})
    table.write([PUT])
    assert [request["operation"] for request in client.requests] == ["put_item"]
    table, client, _ = a_table(an_error("ConditionalCheckFailedException"))
    with pytest.raises(Conflict):
        table.write([PUT])
    assert len(client.requests) == 1


@pytest.mark.parametrize(
    "error", [an_error(CANCELLED, "ValidationError", "None"), an_error("ValidationException"), an_error("AccessDenied")]
)
def test_what_is_our_fault_surfaces_and_is_not_tried_again(error: ClientError) -> None:
    table, client, _ = a_table(error)
    with pytest.raises(ClientError):
        table.write([PUT, ADD])
    assert len(client.requests) == 1


def test_a_store_that_cannot_be_reached_is_transient() -> None:
    table, _, _ = a_table(EndpointConnectionError(endpoint_url="http://127.0.0.1:1"))
    for ask in (
        lambda: table.write([ADD]),
        lambda: table.get([("p", "s")]),
        lambda: table.get_together([("p", "s")]),
        lambda: list(table.query("p")),
        lambda: list(table.scan()),
    ):
        with pytest.raises(Transient):
            ask()


def test_keys_that_a_throttled_batch_left_out_are_asked_for_again() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "2"}}
    first = {
        "Responses": {"leadline": [{"pk": {"S": "p"}, "sk": {"S": "1"}}]},
        "UnprocessedKeys": {"leadline": {"Keys": [key]}},
    }
    table, client, slept = a_table(first, {"Responses": {"leadline": [key]}})
    assert set(table.get([("p", "1"), ("p", "2")])) == {("p", "1"), ("p", "2")}
    assert client.requests[1]["RequestItems"]["leadline"]["Keys"] == [key]
    assert len(slept) == 1


def test_keys_that_are_always_left_out_are_transient_and_never_taken_for_missing() -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "2"}}
    table, _, _ = a_table({"Responses": {}, "UnprocessedKeys": {"leadline": {"Keys": [key]}}})
    with pytest.raises(Transient):
        table.get([("p", "2")])


def test_an_empty_range_and_nothing_to_write_ask_for_nothing() -> None:
    table, client, _ = a_table({})
    assert list(table.query("p", "b", "a")) == []
    table.write([])
    assert client.requests == []


def test_a_query_reads_no_page_before_it_is_asked_for() -> None:
    page = {"Items": [{"pk": {"S": "p"}, "sk": {"S": "1"}}], "LastEvaluatedKey": {"sk": {"S": "1"}}}
    table, client, _ = a_table(page)
    items = table.query("p")
    assert client.requests == []
    next(items)
    assert len(client.requests) == 1
    next(items)
    assert len(client.requests) == 2

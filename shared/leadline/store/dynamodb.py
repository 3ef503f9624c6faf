"""The table in DynamoDB.

Every write is one TransactWriteItems. If a guard fails, somebody else wrote first: that is a Conflict, and the caller reads again.
Throttling, and two transactions on one item at the same time (TransactionConflict, which botocore does not retry), are retried
here with jitter, and become Transient if that does not help.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from leadline.domain.errors import Conflict, Transient
from leadline.store.table import (
    ABSENT,
    ANY,
    LAST,
    UNVERSIONED,
    Add,
    Check,
    Delete,
    Guard,
    Item,
    Key,
    Put,
    Write,
    check_transaction,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_BATCH_GET = 100
_MAX_ATTEMPTS = 8
_TRANSIENT_CANCELLATIONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_TRANSIENT_ERRORS = frozenset(
    {
        "TransactionInProgressException",
        "TransactionConflictException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
    }
)

# 1. read the item, its version v is 7        2. write it only while v is still 7
STILL_AT_VERSION = "v = :v"
# 1. read: nothing there                      2. write it only while there still is nothing
STILL_ABSENT = "attribute_not_exists(pk)"
# 1. read the item, it has no version         2. write it only while it is there and has none
STILL_UNVERSIONED = "attribute_exists(pk) AND attribute_not_exists(v)"

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class DynamoTable:
    """`client`: a boto3 DynamoDB client. `sleep`: replaced in tests."""

    def __init__(self, client: "DynamoDBClient", name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        found: dict[Key, Item] = {}
        wanted = [_key(key) for key in dict.fromkeys(keys)]
        attempts = 0
        while wanted:
            request: Any = {self._name: {"Keys": wanted[:_BATCH_GET], "ConsistentRead": True}}
            wanted = wanted[_BATCH_GET:]
            answer = self._call(partial(self._client.batch_get_item, RequestItems=request))
            for raw in answer["Responses"].get(self._name, []):
                item = _plain(raw)
                found[item["pk"], item["sk"]] = item
            left = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            if left:
                attempts = self._pause(attempts, "reads were throttled")
                wanted = [*left, *wanted]
        return found

    def get_together(self, keys: Sequence[Key]) -> dict[Key, Item]:
        wanted: list[Any] = [{"Get": {"TableName": self._name, "Key": _key(key)}} for key in dict.fromkeys(keys)]
        answer = self._call(lambda: self._client.transact_get_items(TransactItems=wanted))
        items = [_plain(response["Item"]) for response in answer["Responses"] if response.get("Item")]
        return {(item["pk"], item["sk"]): item for item in items}

    def query(
        self,
        pk: str,
        first: str = "",
        last: str = LAST,
        *,
        reverse: bool = False,
        limit: int | None = None,
        consistent: bool = True,
    ) -> Iterator[Item]:
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":first": {"S": first or "\x00"}, ":last": {"S": last}},
            "ScanIndexForward": not reverse,
            "ConsistentRead": consistent,
        }
        left = limit
        if first > last:  # DynamoDB rejects an empty range
            return
        while True:
            if left is not None:
                request["Limit"] = left
            answer = self._call(lambda: self._client.query(**request))
            for raw in answer["Items"]:
                yield _plain(raw)
            if left is not None:
                left -= len(answer["Items"])
            if "LastEvaluatedKey" not in answer or left == 0:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, writes: Sequence[Write]) -> None:
        check_transaction(writes)
        attempts = 0
        while writes:
            try:
                self._send(writes)
                return
            except ClientError as error:
                self._raise_unless_transient(error)
            except BotoCoreError as error:
                raise Transient(f"cannot reach the table: {type(error).__name__}") from error
            attempts = self._pause(attempts, "transactions kept conflicting")

    def _send(self, writes: Sequence[Write]) -> None:
        """Sends a single put without a transaction, which would cost twice the write units."""
        if len(writes) == 1 and isinstance(writes[0], Put):
            self._client.put_item(**self._action(writes[0])["Put"])
        else:
            self._client.transact_write_items(TransactItems=[self._action(write) for write in writes])

    def count(
        self, key: Key, bounds: Mapping[str, int | None], *, forget: Sequence[str] = (), ttl: int | None = None
    ) -> tuple[bool, dict[str, int]]:
        request = {"TableName": self._name, "Key": _key(key), **_counting(bounds, forget, ttl)}
        try:
            answer = self._call(lambda: self._client.update_item(**request))
        except Conflict as conflict:
            # DynamoDB returns the old item, so a refusal needs no read.
            error: Any = conflict.__cause__
            was = error.response.get("Item")
            item = _plain(was) if was else self.get([key]).get(key, {})
            return False, {name: item.get(name, 0) for name in bounds}
        item = _plain(answer["Attributes"])
        return True, {name: item[name] for name in bounds}

    def scan(self, after: Key | None = None) -> Iterator[Item]:
        request: dict[str, Any] = {"TableName": self._name, "ConsistentRead": True}
        if after is not None:
            request["ExclusiveStartKey"] = _key(after)
        while True:
            answer = self._call(lambda: self._client.scan(**request))
            for raw in answer["Items"]:
                yield _plain(raw)
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _call(self, request: Callable[[], Any]) -> Any:
        attempts = 0
        while True:
            try:
                return request()
            except ClientError as error:
                self._raise_unless_transient(error)
            except BotoCoreError as error:
                raise Transient(f"cannot reach the table: {type(error).__name__}") from error
            attempts = self._pause(attempts, "reads were throttled")

    def _pause(self, attempts: int, why: str) -> int:
        if attempts + 1 >= _MAX_ATTEMPTS:
            raise Transient(why)
        self._sleep(random.uniform(0, min(1.0, 0.02 * 2**attempts)))
        return attempts + 1

    def _raise_unless_transient(self, error: ClientError) -> None:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            raise Conflict("an item changed meanwhile") from error
        if code == "TransactionCanceledException":
            reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
            if "ConditionalCheckFailed" in reasons:
                raise Conflict("an item changed meanwhile") from error
            if reasons and all(reason in _TRANSIENT_CANCELLATIONS or reason == "None" for reason in reasons):
                return
        if code not in _TRANSIENT_ERRORS:
            raise error

    def _action(self, write: Write) -> Any:
        if isinstance(write, Put):
            return {"Put": {"TableName": self._name, "Item": _typed(write.item), **_condition(write.guard)}}
        if isinstance(write, Delete):
            return {"Delete": {"TableName": self._name, "Key": _key(write.key), **_condition(write.guard)}}
        if isinstance(write, Check):
            return {"ConditionCheck": {"TableName": self._name, "Key": _key(write.key), **_condition(write.guard)}}
        return {"Update": {"TableName": self._name, "Key": _key(write.key), **_addition(write)}}


def _addition(write: Add) -> dict[str, Any]:
    marks: dict[str, str] = {}
    values: dict[str, Any] = {}

    def fill(form: str, mark: str, attributes: Mapping[str, Any] | Sequence[str]) -> str:
        """The form once for each attribute, with placeholders for its name and value."""
        written = []
        for number, name in enumerate(attributes):
            marks[f"#{mark}{number}"] = name
            if isinstance(attributes, Mapping):
                values[f":{mark}{number}"] = _serialize(attributes[name])
            written.append(form.format(name=f"#{mark}{number}", value=f":{mark}{number}"))
        return ", ".join(written)

    clauses = {
        "SET": [
            fill("{name} = {value}", "s", write.latest),
            fill("{name} = if_not_exists({name}, {value})", "i", write.first),
        ],
        "ADD": [fill("{name} {value}", "", write.numbers)],
        "REMOVE": [fill("{name}", "f", write.forget)],
    }
    expression = {word: ", ".join(filter(None, parts)) for word, parts in clauses.items()}
    addition: dict[str, Any] = {
        "UpdateExpression": " ".join(f"{word} {text}" for word, text in expression.items() if text),
        "ExpressionAttributeNames": marks,
    }
    return {**addition, "ExpressionAttributeValues": values} if values else addition


def _counting(bounds: Mapping[str, int | None], forget: Sequence[str], ttl: int | None) -> dict[str, Any]:
    names = list(bounds)
    bounded = [(index, name) for index, name in enumerate(names) if bounds[name] is not None]
    parts = ["ADD " + ", ".join(f"#{index} :one" for index in range(len(names)))]
    attributes = {f"#{index}": name for index, name in enumerate(names)}
    values: dict[str, Any] = {":one": {"N": "1"}}
    if forget:
        parts.append("REMOVE " + ", ".join(f"#f{index}" for index in range(len(forget))))
        attributes |= {f"#f{index}": name for index, name in enumerate(forget)}
    if ttl is not None:
        parts.append("SET #ttl = :ttl")
        attributes["#ttl"] = "ttl"
        values[":ttl"] = {"N": str(ttl)}
    request: dict[str, Any] = {
        "UpdateExpression": " ".join(parts),
        "ExpressionAttributeNames": attributes,
        "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_NEW",
    }
    if bounded:
        values |= {f":b{index}": {"N": str(bounds[name])} for index, name in bounded}
        below = [f"(attribute_not_exists(#{index}) OR #{index} < :b{index})" for index, _ in bounded]
        request["ConditionExpression"] = " AND ".join(below)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request


def _condition(guard: Guard) -> dict[str, Any]:
    if guard == ANY:
        return {}
    if guard in (ABSENT, UNVERSIONED):
        return {"ConditionExpression": STILL_ABSENT if guard == ABSENT else STILL_UNVERSIONED}
    return {
        "ConditionExpression": STILL_AT_VERSION,
        "ExpressionAttributeValues": {":v": {"N": str(guard.version)}},
    }


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _typed(item: Item) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def _plain(raw: dict[str, Any]) -> Item:
    return {name: _untyped(_deserialize(value)) for name, value in raw.items()}


def _untyped(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [_untyped(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _untyped(entry) for name, entry in value.items()}
    return value

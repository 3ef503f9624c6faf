"""The other end of the queue: what compute does with a message that it was handed, and with those that were parked.

The port is `Deliveries`; `SqsDeliveries` is the real one, `MemoryDeliveries` the shipped fake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from leadline.contract.messages import without_hops
from leadline.domain.errors import Poison, Transient

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

BATCH_MESSAGES = 10  # ReceiveMessage and DeleteMessageBatch
HIDDEN_SECONDS = 60
"""Parked messages that were read are hidden from other readers for so long, so that one pass sees each of them once."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A parked message, and what SQS wants to see to delete it."""

    body: str
    receipt: str


class Deliveries(Protocol):
    """All of it raises Transient where the queue can't be reached."""

    def delete(self, records: Sequence[SQSRecord]) -> None:
        """Takes finished messages off the queue before the function answers."""

    def retry_in(self, record: SQSRecord, seconds: int) -> None:
        """Makes the message visible again after so many seconds."""

    def park(self, record: SQSRecord, poison: Poison) -> None:
        """Puts the message among the dead letters with its reason. Parked twice, it is there once."""

    def dead_letters(self, most: int) -> Iterator[list[DeadLetter]]:
        """Up to `most` parked messages, each batch hidden from other readers for HIDDEN_SECONDS."""

    def drop(self, letters: Sequence[DeadLetter]) -> None:
        """Deletes parked messages, at most a batch of them."""


class SqsDeliveries:
    def __init__(self, client: SQSClient, queue_url: str, dlq_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._dlq_url = dlq_url

    def delete(self, records: Sequence[SQSRecord]) -> None:
        self._delete(self._queue_url, [record.receipt_handle for record in records])

    def retry_in(self, record: SQSRecord, seconds: int) -> None:
        with _unreachable_is_transient():
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=seconds
            )

    def park(self, record: SQSRecord, poison: Poison) -> None:
        with _unreachable_is_transient():
            self._client.send_message(
                QueueUrl=self._dlq_url,
                MessageBody=without_hops(record.body),
                # A group of its own: SQS hands out no more than ten messages of one group before they are deleted.
                MessageGroupId=record.message_id,
                MessageDeduplicationId=record.message_id,
                MessageAttributes={
                    "reason": {"DataType": "String", "StringValue": poison.reason},
                    "detail": {"DataType": "String", "StringValue": poison.detail[:1000]},
                },
            )

    def dead_letters(self, most: int) -> Iterator[list[DeadLetter]]:
        for _ in range(most // BATCH_MESSAGES):
            with _unreachable_is_transient():
                received = self._client.receive_message(
                    QueueUrl=self._dlq_url,
                    MaxNumberOfMessages=BATCH_MESSAGES,
                    VisibilityTimeout=HIDDEN_SECONDS,
                    WaitTimeSeconds=0,  # may overlook some of them, which the next sweep sees; waiting would cost more
                )
            messages = received.get("Messages", [])
            if not messages:
                return
            yield [DeadLetter(message["Body"], message["ReceiptHandle"]) for message in messages]

    def drop(self, letters: Sequence[DeadLetter]) -> None:
        self._delete(self._dlq_url, [letter.receipt for letter in letters])

    def _delete(self, url: str, receipts: Sequence[str]) -> None:
        with _unreachable_is_transient():
            self._client.delete_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(receipts)],
            )


@contextmanager
def _unreachable_is_transient() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Transient("the queue can't be reached") from error


@dataclass
class MemoryDeliveries:
    """Remembers what was done. `parked`: bodies with the reasons; `pauses`: message ids with the seconds."""

    deleted: list[str] = field(default_factory=list)
    pauses: dict[str, int] = field(default_factory=dict)
    parked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        return [reason for _, reason in self.parked]

    def delete(self, records: Sequence[SQSRecord]) -> None:
        self.deleted += [record.message_id for record in records]

    def retry_in(self, record: SQSRecord, seconds: int) -> None:
        self.pauses[record.message_id] = seconds

    def park(self, record: SQSRecord, poison: Poison) -> None:
        self.parked.append((record.body, poison.reason))

    def dead_letters(self, most: int) -> Iterator[list[DeadLetter]]:
        letters = iter([DeadLetter(body, body) for body, _ in self.parked[:most]])
        while batch := list(islice(letters, BATCH_MESSAGES)):
            yield batch

    def drop(self, letters: Sequence[DeadLetter]) -> None:
        gone = {letter.receipt for letter in letters}
        self.parked = [(body, reason) for body, reason in self.parked if body not in gone]

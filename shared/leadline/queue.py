"""The queue to compute: its port, sending in batches, and which messages SQS has taken.

What a message says is in `leadline.contract.messages`. Its group is the lock under which compute writes, mostly a repository, so
that messages about one repository are worked on in turn.

The port is one method; `SqsQueue` is the real one, `MemoryQueue` the shipped fake, and one contract suite runs on both.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from leadline.domain.errors import Transient

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from leadline.contract.messages import QueueMessage

MAX_RECEIVES = 1_000
"""After so many receives SQS itself moves a message to the dead letters: the most it allows. Compute parks failing messages long
before (`compute.batch`). This covers hours and days in which the function does not start or the table can't be reached."""
BATCH_MESSAGES = 10  # SendMessageBatch, on a FIFO queue
BATCH_BYTES = 1024 * 1024  # of all messages of a batch
BUDGET_SECONDS = 20.0
"""No batch is begun later than this: API Gateway gives up after 30 seconds, and our answer would be lost."""


# What SQS accepts as a message group id or deduplication id.
_SQS_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Message:
    event_id: str
    body: str
    group: str
    deduplication: str
    """SQS drops a second message with the same value within five minutes."""

    @property
    def size(self) -> int:
        """Bytes, as SQS counts them."""
        return len(self.body.encode())


def group_of(lock: str) -> str:
    """The group of messages written under this lock: its name, or a digest where SQS would not accept that."""
    return lock if _SQS_ID.fullmatch(lock) else "hash:" + hashlib.sha256(lock.encode()).hexdigest()


def addressed(message: QueueMessage, lock: str) -> Message:
    """The message, to be worked on in turn with all that is written under this lock."""
    return Message(message.event_id, message.to_json(), group_of(lock), message.event_id)


class Queue(Protocol):
    def send(self, messages: Sequence[Message]) -> set[int]:
        """Sends one batch in order. The positions of those *not* taken; Transient when the call itself failed."""


class SqsQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Sequence[Message]) -> set[int]:
        from botocore.exceptions import BotoCoreError, ClientError

        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(position),
                "MessageBody": message.body,
                "MessageGroupId": message.group,
                "MessageDeduplicationId": message.deduplication,
            }
            for position, message in enumerate(messages)
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise Transient("the queue can't be reached") from error
        # What SQS does not name as taken was not taken, whatever else the answer says.
        return set(range(len(messages))) - {int(taken["Id"]) for taken in answer.get("Successful", [])}


class MemoryQueue:
    """A queue in memory that drops repeats as SQS does (for ever, not for five minutes)."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._seen: set[str] = set()

    def send(self, messages: Sequence[Message]) -> set[int]:
        for message in messages:
            if message.deduplication not in self._seen:
                self._seen.add(message.deduplication)
                self.messages.append(message)
        return set()


def deliver(
    queue: Queue, messages: Sequence[Message], *, elapsed: Callable[[], float] = time.monotonic
) -> tuple[list[bool], Transient | None]:
    """For each message whether it is safely on the queue, and what stopped the sending if anything did.

    Messages of a group keep their order: what was not taken is tried once more before anything later goes, and if it
    fails again, nothing later of its group is sent. (Within one batch SQS itself may take a later one and not an
    earlier one.) `elapsed` in seconds, from any start.
    """
    taken = [False] * len(messages)
    broken: set[str] = set()  # groups with a message that would not go
    began = elapsed()
    for batch in _batches(messages):
        sendable = [index for index in batch if messages[index].group not in broken]
        if not sendable:
            continue
        if elapsed() - began > BUDGET_SECONDS:
            return taken, Transient("the queue is too slow")
        try:
            left = _send(queue, messages, sendable, taken)
            if left:
                left = _send(queue, messages, left, taken)
        except Transient as transient:
            return taken, transient
        broken.update(messages[index].group for index in left)
    return taken, None


def _send(queue: Queue, messages: Sequence[Message], indices: Sequence[int], taken: list[bool]) -> list[int]:
    failed = queue.send([messages[index] for index in indices])
    for position, index in enumerate(indices):
        taken[index] = position not in failed
    return [indices[position] for position in sorted(failed)]


def _batches(messages: Sequence[Message]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for index, message in enumerate(messages):
        if batch and (len(batch) == BATCH_MESSAGES or size + message.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(index)
        size += message.size
    if batch:
        yield batch

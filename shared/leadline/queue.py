"""The queue to compute: messages, their groups, what SQS said yes to and what it did not.

    {"v": 1, "kind": "deployment", "event_id": "dep_…", "received_at": epoch ms, "data": {…}, "hops": 3}

`hops`, absent for 0: how many messages led to this one, each sent by the one before.

The group is the lock under which compute writes (a repository mostly), so that what concerns one is folded in turn.

The port is one method; `SqsQueue` is the real one, `MemoryQueue` the shipped fake, and one contract suite runs on both.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from leadline.domain.errors import Transient

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

VERSION = 1
"""Of the form of messages. Compute understands no other; it waits for a newer version of itself to come or to come back."""
MAX_RECEIVES = 1_000
"""How often SQS hands out a message before it moves it to the dead letters by itself: the most it allows. Compute parks what fails
long before (`compute.batch`). This is for a function that does not start, or a table that can't be reached: hours and days."""
BATCH_MESSAGES = 10  # SendMessageBatch, on a FIFO queue
BATCH_BYTES = 1024 * 1024  # of all messages of a batch
BUDGET_SECONDS = 20.0
"""No batch is begun later than this: API Gateway gives up on us after 30 seconds, and then nobody hears our answer."""


# What SQS takes in a message group id or deduplication id.
_SQS_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Message:
    event_id: str
    body: str
    group: str
    deduplication: str
    """SQS takes a second message with this within five minutes for the same, and drops it."""

    @property
    def size(self) -> int:
        """Bytes, as SQS counts them."""
        return len(self.body.encode())


def compose(kind: str, event_id: str, received_at: int, data: Mapping[str, Any], **more: Any) -> str:
    """A message's body. `received_at` in epoch ms."""
    return canonical(
        {"v": VERSION, "kind": kind, "event_id": event_id, "received_at": received_at, "data": data, **more}
    )


def without_hops(body: str) -> str:
    """The message as if no other had led to it, so that it may go on as long as the first when it is retried."""
    try:
        message = json.loads(body)
    except ValueError:
        return body
    if not isinstance(message, dict) or "hops" not in message:
        return body
    return canonical({name: value for name, value in message.items() if name != "hops"})


def group_of(lock: str) -> str:
    """The group of what is written under this lock: its name, or where SQS would not take that, a digest."""
    return lock if _SQS_ID.fullmatch(lock) else "hash:" + hashlib.sha256(lock.encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in one spelling only, so that equal values have equal digests."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


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

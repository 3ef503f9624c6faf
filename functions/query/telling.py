"""Telling compute that a team changed: one message for each repository's lock and each hundred authors.

    {"v": 1, "kind": "roster", "event_id": "ros_…", "received_at": epoch ms,
     "data": {"lock": "github.com/acme/api", "services": ["api"], "authors": ["dev-1"], "from": "2026-01-01", "to": …}}

The port is one method; `SqsQueue` is the real one, `MemoryQueue` the shipped fake.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from leadline.domain.errors import Transient
from leadline.store.services import Service
from query.untold import Untold

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_MESSAGES = 10  # SendMessageBatch, on a FIFO queue
AUTHORS = 100
"""In one message, so that folding it stays well within compute's time."""

# What SQS takes in a message group id.
_SQS_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Message:
    body: str
    group: str
    deduplication: str


class Queue(Protocol):
    def send(self, messages: Sequence[Message]) -> None:
        """Sends them all. Raises Transient unless the queue has said yes to every one."""


class SqsQueue:
    """`client` gives a boto3 SQS client, when it is needed."""

    def __init__(self, client: Callable[[], SQSClient], url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), BATCH_MESSAGES):
            left = self._send(messages[start : start + BATCH_MESSAGES])
            if left and self._send(left):
                raise Transient("the queue did not take all messages")

    def _send(self, messages: Sequence[Message]) -> Sequence[Message]:
        """One batch. Answers what was not taken."""
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
            answer = self._client().send_message_batch(QueueUrl=self._url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise Transient("the queue can't be reached") from error
        taken = {int(entry["Id"]) for entry in answer.get("Successful", [])}
        return [message for position, message in enumerate(messages) if position not in taken]


class MemoryQueue:
    """A queue in memory. `down`: it takes nothing."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.down = False

    def send(self, messages: Sequence[Message]) -> None:
        if self.down:
            raise Transient("the queue can't be reached")
        self.messages.extend(messages)


def roster_messages(services: Iterable[Service], untold: Untold, version: int, received_at: int) -> Iterator[Message]:
    """What compute must be told. `version` is the roster's that holds the change."""
    locks: dict[str, list[str]] = {}
    for service in services:
        if any(service.years.values()):  # else nothing of it was ever counted
            locks.setdefault(service.lock, []).append(service.name)
    authors = sorted(untold.authors)
    for lock, names in sorted(locks.items()):
        for start in range(0, len(authors), AUTHORS):
            data: dict[str, Any] = {
                "lock": lock,
                "services": sorted(names),
                "authors": authors[start : start + AUTHORS],
                **untold.days(),
            }
            yield _message(data, version, received_at)


def _message(data: dict[str, Any], version: int, received_at: int) -> Message:
    # Told twice is told on purpose: whoever repeats a PUT wants it counted again. So the time is part of the id.
    identity = _json([version, received_at, data])
    event_id = f"ros_{hashlib.sha256(identity.encode()).hexdigest()[:24]}"
    body = {"v": 1, "kind": "roster", "event_id": event_id, "received_at": received_at, "data": data}
    return Message(_json(body), group_of(data["lock"]), event_id)


def group_of(lock: str) -> str:
    """The group in which ingest, too, queues what concerns this lock."""
    return lock if _SQS_ID.fullmatch(lock) else "hash:" + hashlib.sha256(lock.encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

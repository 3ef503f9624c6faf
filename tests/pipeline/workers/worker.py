"""A worker process: receives from the queue, invokes the real compute handler, deletes what succeeded. It can be told when to die.

It does what Lambda's event source does (`leadline_local.poller`), in a process of its own, so that SIGKILL can end it between any
two requests. Started from a fork server, so that a new one takes a moment and not a second.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import boto3

from compute import handler as compute
from leadline import aws
from leadline.store import dynamodb
from leadline_local.lambda_events import LambdaContext, queue_event
from leadline_local.poller import failed_ids
from tests.pipeline.workers.naive import NaiveTable

BATCH = 5


class Where(StrEnum):
    BEFORE_DELETE = "after the handler's answer, before its messages are deleted"
    AFTER_WRITE = "after a write to the table"


@dataclass(frozen=True, slots=True)
class Death:
    """SIGKILL by its own hand the `nth` time that it comes to this point."""

    where: Where
    nth: int


@dataclass(frozen=True, slots=True)
class Job:
    """`environment`: what the functions read. `naive`: writes as one must not."""

    environment: dict[str, str]
    queue_url: str
    log: Path
    naive: bool


def work(job: Job, death: Death | None) -> None:
    """The process's life; it ends by a signal."""
    os.environ.update(job.environment)
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    aws.forget_clients()
    countdown = _countdown(death)
    # After the table has done what it was asked to, and before the handler hears of it.
    for operation in ("TransactWriteItems", "PutItem"):
        aws.client("dynamodb").meta.events.register(
            f"after-call.dynamodb.{operation}", lambda **_: countdown(Where.AFTER_WRITE)
        )
    if job.naive:
        dynamodb.DynamoTable = NaiveTable  # type: ignore[misc]
    sqs = boto3.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=job.queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    while True:
        received = sqs.receive_message(
            QueueUrl=job.queue_url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = received.get("Messages", [])
        if not messages:
            continue
        answer = compute.handler(queue_event(messages, arn), LambdaContext("leadline-compute", 60))
        countdown(Where.BEFORE_DELETE)
        failed = failed_ids(answer, {message["MessageId"] for message in messages})
        done = [message["ReceiptHandle"] for message in messages if message["MessageId"] not in failed]
        if done:
            # As a batch, because its answer names what could not be deleted, where another worker has it by now.
            entries = [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(done)]
            sqs.delete_message_batch(QueueUrl=job.queue_url, Entries=entries)


def _countdown(death: Death | None) -> Callable[[Where], None]:
    left = death.nth if death is not None else 0

    def come_to(where: Where) -> None:
        nonlocal left
        if death is not None and where == death.where:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return come_to

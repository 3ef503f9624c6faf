"""The queue poller: does on this machine what Lambda's SQS event source mapping does on AWS.

Each worker receives up to ten messages, invokes the function with them, and deletes those that the function did not name
in `batchItemFailures`. The others become visible again when the function said, else after the queue's visibility timeout; as
on AWS, the poller has no influence on it. SQS FIFO gives a group's messages to one worker at a time, so groups run in parallel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from leadline_local.front import print_place_of_failure
from leadline_local.functions import Function
from leadline_local.lambda_events import queue_event

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef, MessageTypeDef

WORKERS = 4
BATCH = 10
WAIT_SECONDS = 1
"""Long polling; also how long stopping may take."""


class BadAnswerError(Exception):
    """The function's answer is malformed; Lambda then treats the whole batch as failed."""


class Poller:
    """Feeds `function` from the queue with `workers` threads. `report` gets a line when something fails."""

    def __init__(
        self,
        sqs: SQSClient,
        queue_url: str,
        function: Function,
        report: Callable[[str], None],
        *,
        workers: int = WORKERS,
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._function = function
        self._report = report
        self._stopping = threading.Event()
        self._queue_arn = ""
        self._threads = [
            threading.Thread(target=self._work, name=f"poller-{number}", daemon=True) for number in range(workers)
        ]

    def start(self) -> None:
        """Errors are botocore's, if the queue can't be reached."""
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        self._queue_arn = attributes["Attributes"]["QueueArn"]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Lets the batches under way finish."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll_once()
            except Exception as error:  # a dead worker would go unnoticed until the queue is full
                if not isinstance(error, (BotoCoreError, ClientError)):
                    print_place_of_failure()
                if not self._stopping.is_set():
                    self._report(f"the queue can't be read: {error}")
                    self._stopping.wait(1)

    def poll_once(self) -> int:
        """Receives one batch and sees it through; returns how many messages it had. Errors are botocore's."""
        received = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = received.get("Messages", [])
        if messages:
            failed = self._failures(messages)
            self._delete([message for message in messages if message["MessageId"] not in failed])
        return len(messages)

    def _failures(self, messages: Sequence[MessageTypeDef]) -> set[str]:
        ids = {message["MessageId"] for message in messages}
        try:
            return failed_ids(self._function.invoke(queue_event(messages, self._queue_arn)), ids)
        except Exception:  # a function may fail in any way; Lambda then takes the whole batch as failed
            print_place_of_failure()
            self._report(f"{self._function.name} failed on {len(ids)} messages: see the log")
            return ids

    def _delete(self, messages: Sequence[MessageTypeDef]) -> None:
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)
        ]
        if entries:
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)


def failed_ids(answer: Any, ids: set[str]) -> set[str]:
    """The ids in a partial batch answer. Raises BadAnswerError where Lambda would retry the whole batch.

    Rules: docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html. Nothing, or an empty list, is success.
    """
    if answer is None:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    if failures is None and answer in ({}, {"batchItemFailures": None}):
        return set()
    if not isinstance(failures, list):
        raise BadAnswerError("batchItemFailures is not a list")
    named = {str(failure.get("itemIdentifier")) if isinstance(failure, Mapping) else "" for failure in failures}
    if not named <= ids:
        raise BadAnswerError("batchItemFailures names a message that is not in the batch")
    return named

"""One batch from the queue: each message is finished, tried again soon, or parked, and none affects its neighbours.

    success                             deleted
    a passing fault (Transient)         tried again after 1, 2, 4 … at most 30 seconds, for half an hour; then parked
    it can never work (Poison)          parked at once
    anything else: a bug                tried once more, then parked with UNEXPECTED_ERROR
    it kills the process                SQS hands the batch out again; its neighbours are finished first, as below

Order does not matter, so a group goes on behind a message that failed, unlike in AWS's own example for FIFO queues.

A batch that holds a retried message may have killed the process before; Lambda then deletes none of its messages, however many were
finished. So new messages come first and are deleted before any retried one begins, and retried ones are deleted one by one,
forwards on one try and backwards on the next. Whichever message kills the process, two tries finish all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from compute.apply import failed_repeatedly, is_parked, note_parked
from compute.deliveries import Deliveries
from leadline.contract import reasons
from leadline.contract.messages import KINDS, Envelope
from leadline.domain.errors import LeadlineError, NotUnderstood, Poison, Transient
from leadline.store.table import Table
from leadline.telemetry import describe, logger

TRY_FOR = 30 * 60 * 1000
"""How long a message with a passing fault is tried (milliseconds since SQS first handed it out)."""
UNEXPECTED_TRIES = 2
LONGEST_PAUSE = 30
"""Seconds. A group waits while one of its messages does, so this is also how long a recovered repository may wait."""
RESERVED = 20_000
"""No message is begun with less time left (milliseconds): a large one takes some seconds, and Lambda then kills the process."""


class Batches:
    """`work` applies one message. `now` gives epoch milliseconds."""

    def __init__(
        self, table: Table, deliveries: Deliveries, work: Callable[[SQSRecord], None], now: Callable[[], int]
    ) -> None:
        self._table = table
        self._deliveries = deliveries
        self._work = work
        self._now = now
        self._log = logger("compute")

    def run(self, records: Sequence[SQSRecord], context: Any) -> list[str]:
        """The ids of the messages that stay on the queue. `context` is Lambda's, None where there is no time limit."""
        finished: list[SQSRecord] = []
        staying: list[str] = []
        for record in in_turn(records):
            if context is not None and context.get_remaining_time_in_millis() < RESERVED:
                self._retry_in(record, 0)
                staying.append(record.message_id)
                continue
            if tries(record) > 1 and finished:
                self._delete(finished)
                finished = []
            if self._is_finished(record):
                finished.append(record)
            else:
                staying.append(record.message_id)
        return staying

    def _is_finished(self, record: SQSRecord) -> bool:
        """Works on one message; False where it stays on the queue."""
        last = self._is_last_try(record)
        try:
            if last:
                self._list_before_last_try(record)
            self._work(record)
        except Poison as poison:
            return self._park(record, poison)
        except Transient as transient:
            self._log.error("failed in passing", extra={"message_id": record.message_id, **describe(transient)})
            if last:
                return self._give_up(record, transient)
        except Exception as error:
            self._log.error("unexpected error", extra={"message_id": record.message_id, **describe(error)})
            if tries(record) >= UNEXPECTED_TRIES:
                return self._park(record, _unexpected(error))
        else:
            return True
        self._retry_in(record, min(LONGEST_PAUSE, 2 ** (tries(record) - 1)))
        return False

    def _is_last_try(self, record: SQSRecord) -> bool:
        if tries(record) == 1:
            return False
        return self._now() - int(record.attributes.approximate_first_receive_timestamp) >= TRY_FOR

    def _list_before_last_try(self, record: SQSRecord) -> None:
        """Lists the message as parked, so that it is listed even if its last try kills the process; success takes it off the list.

        Raises Poison where it is listed already: its last try has killed the process.
        """
        envelope = _envelope(record.body)
        if envelope is None or _is_resent(envelope):
            return
        if is_parked(self._table, envelope):
            raise failed_repeatedly()
        note_parked(self._table, record.body, failed_repeatedly(), self._now(), record.attributes.message_group_id)

    def _give_up(self, record: SQSRecord, transient: Transient) -> bool:
        envelope = _envelope(record.body)
        if envelope is not None and _is_resent(envelope):
            return True
        if isinstance(transient, NotUnderstood):
            return self._park(record, Poison(transient.reason, transient.detail))
        return self._park(record, failed_repeatedly())

    def _park(self, record: SQSRecord, poison: Poison) -> bool:
        """False where the table or the queue can't be reached: then the message is safest where it is."""
        try:
            note_parked(self._table, record.body, poison, self._now(), record.attributes.message_group_id)
            self._deliveries.park(record, poison)
        except LeadlineError as error:
            self._log.error("not parked", extra={"message_id": record.message_id, **describe(error)})
            self._retry_in(record, LONGEST_PAUSE)
            return False
        self._log.warning("parked", extra={"reason": poison.reason, "message_id": record.message_id})
        return True

    def _retry_in(self, record: SQSRecord, seconds: int) -> None:
        try:
            self._deliveries.retry_in(record, seconds)
        except Transient as error:  # then it comes back when the queue's visibility timeout ends
            self._log.warning("retried late", extra={"message_id": record.message_id, **describe(error)})

    def _delete(self, records: Sequence[SQSRecord]) -> None:
        try:
            self._deliveries.delete(records)
        except Transient as error:  # then Lambda does it at the end
            self._log.warning("deleted late", extra={"messages": len(records), **describe(error)})


def in_turn(records: Sequence[SQSRecord]) -> Iterator[SQSRecord]:
    """New messages, then retried ones: forwards, or backwards every other time."""
    yield from (record for record in records if tries(record) == 1)
    retried = [record for record in records if tries(record) > 1]
    yield from retried if max(map(tries, retried), default=0) % 2 else reversed(retried)


def tries(record: SQSRecord) -> int:
    """How often SQS has handed it out, this time included."""
    return int(record.attributes.approximate_receive_count)


def _envelope(body: str) -> Envelope | None:
    try:
        return Envelope.from_json(body)
    except Poison:
        return None


def _is_resent(envelope: Envelope) -> bool:
    """Whether the sweep sends it again by itself, so that nothing is lost when it is given up."""
    kind = KINDS.get(envelope.kind)
    return kind is not None and kind.resent_by_sweep


def _unexpected(error: Exception) -> Poison:
    """Names the class and the place; an exception's message may repeat what was sent."""
    described = describe(error)
    return Poison(reasons.UNEXPECTED_ERROR, f"{described['error']} at {described['at'][-1]}")

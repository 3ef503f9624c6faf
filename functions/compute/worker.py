"""The compute function: works on batches of messages and runs the scheduled jobs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from compute.apply import apply_message, apply_point_run
from compute.batch import Batches, tries
from compute.deliveries import Deliveries
from compute.jobs import renaming
from compute.jobs.dead_letters import clear
from compute.jobs.loading import load_page, reconciliations, stuck
from compute.jobs.lookup import look_up
from compute.jobs.outbox import relay_left
from compute.jobs.sweep import due, send
from compute.point_runs import PointRun, runs_among
from compute.vcs.port import VcsError
from leadline.contract import reasons
from leadline.contract.messages import (
    DeploymentMessage,
    LoadingMessage,
    LookupMessage,
    QueueMessage,
    RenamingMessage,
    parse,
)
from leadline.domain.errors import LeadlineError, Poison, Transient
from leadline.queue import Queue, addressed
from leadline.store.table import Table
from leadline.telemetry import describe, logger

if TYPE_CHECKING:
    from compute.vcs.connection import Connections

MAX_HOPS = 50_000
"""The longest chain of messages in which each message sends the next. Backfilling 600,000 changes takes about 6,000 messages, and
removing a person from ten million items about 20,000, so a longer chain is a loop. Lambda's own loop detection stops after 16 and
is therefore off for compute."""


def clock() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Compute:
    """`deliveries` deletes, delays or parks messages. `connections`: None without code hosts. `now` returns epoch milliseconds."""

    def __init__(
        self,
        table: Table,
        queue: Queue,
        deliveries: Deliveries,
        connections: "Connections | None",
        now: Callable[[], int],
    ) -> None:
        self._table = table
        self._queue = queue
        self._deliveries = deliveries
        self._connections = connections
        self._now = now

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Handles a batch from the queue or a scheduled event: {"leadline": "sweep"} or {"leadline": "reconcile"}."""
        match event.get("leadline"):
            case "sweep":
                return {"sent": self._sweep()}
            case "reconcile":
                return {"sent": self._reconcile()}
        records = [SQSRecord(record) for record in event["Records"]]
        runs = _point_runs(records) if len(records) > 1 else {}
        batches = Batches(self._table, self._deliveries, partial(self._work, runs), self._now)
        return {"batchItemFailures": [{"itemIdentifier": name} for name in batches.run(records, context)]}

    def _sweep(self) -> int:
        now, connected = self._now(), self._connections is not None
        messages = [*due(self._table, now, lookups=connected), *(stuck(self._table, now) if connected else ())]
        messages += renaming.stuck(self._table, now)
        sent = relay_left(self._table, self._queue, now) + send(self._queue, messages)
        clear(self._table, self._deliveries)
        return sent

    def _reconcile(self) -> int:
        return send(self._queue, reconciliations(self._table, self._now())) if self._connections is not None else 0

    def _work(self, runs: Mapping[str, PointRun], record: SQSRecord) -> None:
        run = runs.get(record.message_id)
        if run is None or not self._is_counted(run):
            self._apply(parse(record.body))

    def _is_counted(self, run: PointRun) -> bool:
        """Whether the run's points are counted. Its first message counts all of them. Raises Transient if a retry may succeed.

        If the run fails permanently, its points are applied one by one, so that an invalid point does not block the others.
        """
        if run.fault is not None:
            raise run.fault
        if run.counted is None:
            try:
                apply_point_run(self._table, run.messages, self._now())
                run.counted = True
            except Transient as fault:
                run.fault = fault
                raise
            except Exception as error:
                logger("compute").warning(
                    "applying points one by one", extra={"points": len(run.messages), **describe(error)}
                )
                run.counted = False
        return run.counted

    def _apply(self, message: QueueMessage) -> None:
        if message.hops > MAX_HOPS:
            raise Poison(
                reasons.TOO_MANY_HOPS,
                f"message {message.hops} of a chain of follow-up messages; the limit is {MAX_HOPS}",
            )
        match message:
            case LookupMessage():
                self._look_up(message.deployment)
            case LoadingMessage():
                self._send_next(self._load(message), message.repository, message.hops)
            case RenamingMessage():
                self._send_next(renaming.go_on(self._table, self._now()), renaming.LOCK, message.hops)
            case _:
                applied = apply_message(self._table, message, self._now())
                # Each look-up costs a read of the deployment: skip it without connections to code hosts.
                if isinstance(message, DeploymentMessage) and self._connections is not None:
                    repository = message.data.get("repository")
                    if repository is None or _is_connected(self._connections, repository):
                        self._look_up(applied["deployment"])

    def _look_up(self, key: str) -> None:
        if self._connections is not None:
            look_up(self._table, self._connections, key, self._now())

    def _load(self, message: LoadingMessage) -> LoadingMessage | None:
        if self._connections is None:
            return None
        return load_page(self._table, self._connections, message, self._now())

    def _send_next(self, next_message: QueueMessage | None, lock: str, hops: int) -> None:
        if next_message is not None:
            send(self._queue, [addressed(replace(next_message, hops=hops + 1), lock)])


def _is_connected(connections: "Connections", repository: str) -> bool:
    try:
        return connections.of(repository) is not None
    except VcsError:
        return True  # the look-up records this error on the deployment


def _point_runs(records: Sequence[SQSRecord]) -> dict[str, PointRun]:
    """The runs among the new messages. Retried messages are never part of a run."""
    return runs_among((record, _readable(record.body)) for record in records if tries(record) == 1)


def _readable(body: str) -> QueueMessage | None:
    try:
        return parse(body)
    except LeadlineError:
        return None

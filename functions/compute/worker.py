"""Compute's work, put together: batches of messages, and what the schedule asks for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from compute.application import apply_message, apply_points
from compute.batch import Batches, tries
from compute.deliveries import Deliveries
from compute.fold import parse_current
from compute.jobs.dead_letters import clear
from compute.jobs.loading import load_page, reconciliations, stuck
from compute.jobs.outbox import relay_left
from compute.jobs.schedule import send
from compute.jobs.sweep import Errand, errands
from compute.kinds.lookup import look_up
from compute.people import renaming
from compute.points.runs import PointRun, runs_among
from compute.vcs.port import VcsError
from leadline.contract import reasons
from leadline.domain.errors import Poison, Transient
from leadline.queue import Queue
from leadline.store.table import Table
from leadline.telemetry import describe, logger

if TYPE_CHECKING:
    from compute.vcs.connection import Connections

MAX_HOPS = 50_000
"""Messages of one chain, each sent by the one before. Backfilling 600,000 changes takes some 6,000, removing a person from ten
million items some 20,000; a chain beyond that goes in a circle. Lambda's own guard, which stops after 16, is off for compute."""


class Compute:
    """`deliveries`: the other end of the queue; `connections` lead to code hosts; `now` gives epoch milliseconds."""

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
        """Works on a batch from the queue, or what the schedule asks: {"leadline": "sweep"} or {"leadline": "reconcile"}."""
        match event.get("leadline"):
            case "sweep":
                return {"sent": self._sweep()}
            case "reconcile":
                return {"sent": self._reconcile()}
        records = [SQSRecord(record) for record in event["Records"]]
        runs = runs_among(record for record in records if tries(record) == 1)  # what is retried stands alone
        batches = Batches(self._table, self._deliveries, partial(self._work, runs), self._now)
        return {"batchItemFailures": [{"itemIdentifier": name} for name in batches.run(records, context)]}

    def _sweep(self) -> int:
        now, asks = self._now(), self._connections is not None
        due = [*errands(self._table, now, lookups=asks), *(stuck(self._table, now) if asks else ())]
        due += renaming.stuck(self._table, now)
        sent = relay_left(self._table, self._queue, now) + send(self._queue, due, now)
        clear(self._table, self._deliveries)
        return sent

    def _reconcile(self) -> int:
        now = self._now()
        return send(self._queue, reconciliations(self._table, now), now) if self._connections is not None else 0

    def _work(self, runs: Mapping[str, PointRun], record: SQSRecord) -> None:
        run = runs.get(record.message_id)
        if run is None or not self._is_counted(run):
            self._apply(record.body)

    def _is_counted(self, run: PointRun) -> bool:
        """Whether the run's points are counted; the first of them counts all. Raises Transient where trying later may help.

        What fails together for good is then tried one by one, so that a point that can't be counted takes no other with it.
        """
        if run.fault is not None:
            raise run.fault
        if run.counted is None:
            try:
                apply_points(self._table, run.bodies, self._now())
                run.counted = True
            except Transient as fault:
                run.fault = fault
                raise
            except Exception as error:
                logger("compute").warning("one by one", extra={"points": len(run.bodies), **describe(error)})
                run.counted = False
        return run.counted

    def _apply(self, body: str) -> None:
        message = parse_current(body)
        data, hops = message["data"], message.get("hops", 0)
        if hops > MAX_HOPS:
            raise Poison(
                reasons.TOO_MANY_HOPS, f"it is message {hops} of a chain in which each message sends the next one"
            )
        match message["kind"]:
            case "lookup":
                self._look_up(data["deployment"])
            case "loading":
                self._go_on(self._load(data), hops)
            case "renaming":
                self._go_on(renaming.go_on(self._table, self._now()), hops)
            case kind:
                about = apply_message(self._table, body, self._now())
                if kind == "deployment" and self._may_ask(data.get("repository")):
                    self._look_up(about["deployment"])

    def _may_ask(self, repository: str | None) -> bool:
        """Whether asking may help. The usual stack that asks nobody must not pay for it with each deployment."""
        if self._connections is None or repository is None:
            return self._connections is not None
        try:
            return self._connections.of(repository) is not None
        except VcsError:
            return True  # which the look-up then says of the deployment

    def _look_up(self, key: str) -> None:
        if self._connections is not None:
            look_up(self._table, self._connections, key, self._now())

    def _load(self, data: dict[str, Any]) -> Errand | None:
        if self._connections is None:
            return None
        return load_page(self._table, self._connections, data, self._now())

    def _go_on(self, following: Errand | None, hops: int) -> None:
        if following is not None:
            send(self._queue, [following], self._now(), hops=hops + 1)

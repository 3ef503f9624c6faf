"""Compute's work, put together: batches of messages, and what the schedule asks for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from compute.application import LAST_TRY, apply_message, apply_points, note_parked
from compute.fold import parse_envelope
from compute.loading import load_page, reconciliations, stuck
from compute.lookup import look_up
from compute.people import renaming
from compute.points.runs import Run, runs_among
from compute.schedule import send
from compute.sweep import errands
from compute.vcs.port import VcsError
from leadline.domain.errors import LeadlineError, Poison, Transient
from leadline.queue import MAX_RECEIVES, Queue
from leadline.store.table import Table
from leadline.telemetry import describe, logger

if TYPE_CHECKING:
    from compute.vcs.connection import Connections

Park = Callable[[SQSRecord, Poison], None]


class Compute:
    """`park` puts a record into the dead-letter queue; `connections` lead to code hosts; `now` gives epoch milliseconds."""

    def __init__(
        self, table: Table, queue: Queue, park: Park, connections: "Connections | None", now: Callable[[], int]
    ) -> None:
        self._table = table
        self._queue = queue
        self._park = park
        self._connections = connections
        self._now = now
        self._processor = SqsFifoPartialProcessor(skip_group_on_error=True)
        # An answer with every message of the batch in it says the same as an exception, and logs less.
        self._processor.raise_on_entire_batch_failure = False

    def handle(self, event: dict[str, Any], context: Any) -> Mapping[str, Any]:
        """A batch from the queue, or what the schedule asks: {"leadline": "sweep"} or {"leadline": "reconcile"}."""
        match event.get("leadline"):
            case "sweep":
                return {"sent": self._sweep()}
            case "reconcile":
                return {"sent": self._reconcile()}
        self._note_last_tries(event)
        work = partial(self._work, runs_among(map(SQSRecord, event["Records"])))
        return process_partial_response(event, work, self._processor, context)

    def _sweep(self) -> int:
        now, asks = self._now(), self._connections is not None
        due = [*errands(self._table, now, lookups=asks), *(stuck(self._table, now) if asks else ())]
        due += renaming.stuck(self._table, now)
        return send(self._queue, due, now)

    def _reconcile(self) -> int:
        now = self._now()
        return send(self._queue, reconciliations(self._table, now), now) if self._connections is not None else 0

    def _note_last_tries(self, event: dict[str, Any]) -> None:
        """Puts what the queue hands out for the last time on the list of the parked before it is tried; success takes it off.

        So it is listed, and can be retried, whatever the last try dies of, and also where it only waits behind one that fails.
        """
        for record in map(SQSRecord, event["Records"]):
            if int(record.attributes.approximate_receive_count) >= MAX_RECEIVES and not _is_errand(record.body):
                try:
                    note_parked(self._table, record.body, LAST_TRY, self._now(), record.attributes.message_group_id)
                except LeadlineError as error:
                    logger("compute").error("not noted", extra={"message_id": record.message_id, **describe(error)})

    def _work(self, runs: Mapping[str, Run], record: SQSRecord) -> None:
        try:
            run = runs.get(record.message_id)
            if run is None or not self._is_counted(run):
                self._apply(record.body)
        except Poison as poison:
            self._park(record, poison)
            note_parked(self._table, record.body, poison, self._now(), record.attributes.message_group_id)
            logger("compute").warning("parked", extra={"reason": poison.reason, "message_id": record.message_id})
        except Exception as error:
            logger("compute").error("back to the queue", extra={"message_id": record.message_id, **describe(error)})
            raise

    def _is_counted(self, run: Run) -> bool:
        """Whether the run's points are counted, to which the first of them sees. Raises Transient where trying later may help.

        What fails together for good is then tried one by one, so that a point that can't be counted takes no other with it.
        """
        if run.counted is None:
            try:
                apply_points(self._table, run.bodies, self._now())
                run.counted = True
            except Transient:
                raise
            except Exception as error:
                logger("compute").warning("one by one", extra={"points": len(run.bodies), **describe(error)})
                run.counted = False
        return run.counted

    def _apply(self, body: str) -> None:
        message = parse_envelope(body)
        data = message["data"]
        match message["kind"]:
            case "lookup":
                self._look_up(data["deployment"])
            case "loading":
                self._load(data)
            case "renaming":
                self._rename()
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

    def _rename(self) -> None:
        following = renaming.go_on(self._table, self._now())
        if following is not None:
            send(self._queue, [following], self._now())

    def _load(self, data: dict[str, Any]) -> None:
        if self._connections is None:
            return
        following = load_page(self._table, self._connections, data, self._now())
        if following is not None:
            send(self._queue, [following], self._now())


def _is_errand(body: str) -> bool:
    """Whether the schedule sent it, and sends it again by itself."""
    try:
        return parse_envelope(body)["kind"] in ("lookup", "loading", "renaming")
    except Poison:
        return False

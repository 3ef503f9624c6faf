"""The compute function: queued events in, facts and cells out.

Batches are answered in part: what failed in passing goes back to the queue, with what follows it in its group, and nothing else is
held up. What can never work is parked in the dead-letter queue at once, with its reason.
"""

import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from compute.application import LAST_TRY, apply_message, note_parked
from compute.parking import park
from compute.schedule import send
from compute.sweep import errands
from leadline.aws import client
from leadline.domain.errors import LeadlineError, Poison
from leadline.queue import MAX_RECEIVES, SqsQueue
from leadline.settings import Settings
from leadline.store.dynamodb import DynamoTable
from leadline.telemetry import describe, logger

_processor = SqsFifoPartialProcessor(skip_group_on_error=True)
_processor.raise_on_entire_batch_failure = False  # an answer with every message in it says the same, and logs less


@cache
def _settings() -> Settings:
    return Settings.from_env(os.environ)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if event.get("leadline") == "sweep":
        return {"sent": _sweep(_now())}
    _note_last_tries(event)
    return dict(process_partial_response(event, _fold_record, _processor, context))


def _note_last_tries(event: dict[str, Any]) -> None:
    """Puts what the queue hands out for the last time on the list of the parked, before it is tried; success takes it off again.

    So it is listed, and can be retried, whatever the last try dies of, and also where it only waits behind one that fails.
    """
    table = DynamoTable(client("dynamodb"), _settings().table)
    for record in map(SQSRecord, event["Records"]):
        if int(record.attributes.approximate_receive_count) >= MAX_RECEIVES:
            try:
                note_parked(table, record.body, LAST_TRY, _now(), record.attributes.message_group_id)
            except LeadlineError as error:
                logger("compute").error("not noted", extra={"message_id": record.message_id, **describe(error)})


def _fold_record(record: SQSRecord) -> None:
    settings = _settings()
    table = DynamoTable(client("dynamodb"), settings.table)
    try:
        apply_message(table, record.body, _now())
    except Poison as poison:
        park(client("sqs"), settings.dlq_url, record, poison)
        note_parked(table, record.body, poison, _now(), record.attributes.message_group_id)
        logger("compute").warning("parked", extra={"reason": poison.reason, "message_id": record.message_id})
    except Exception as error:
        logger("compute").error("back to the queue", extra={"message_id": record.message_id, **describe(error)})
        raise


def _sweep(now: int) -> int:
    settings = _settings()
    table = DynamoTable(client("dynamodb"), settings.table)
    return send(SqsQueue(client("sqs"), settings.queue_url), errands(table, now, lookups=False), now)


def _now() -> int:
    return time.time_ns() // 1_000_000

"""The compute function: queued events in, facts and cells out.

Batches are answered in part: what failed in passing is tried again soon, what can never work is parked with its reason, and neither
holds up anything else (`compute.batch`).
"""

import os
import time
from functools import cache, partial
from typing import Any

from compute.deliveries import SqsDeliveries
from compute.worker import Compute
from leadline.aws import client
from leadline.queue import SqsQueue
from leadline.settings import Settings
from leadline.store.dynamodb import DynamoTable
from leadline.telemetry import redact_exceptions


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    with redact_exceptions("compute"):
        return build_app().handle(event, context)


@cache
def build_app() -> Compute:
    """The one wiring place, on first use: clients cost more than all our imports together."""
    settings = Settings.from_env(os.environ)
    table, sqs = DynamoTable(client("dynamodb"), settings.table), client("sqs")
    connections = None
    if settings.vcs_secret_id is not None:
        from compute.vcs.connection import Connections, read_secret

        read = partial(read_secret, client("secretsmanager"), settings.vcs_secret_id)
        connections = Connections(read, table, _now)
    deliveries = SqsDeliveries(sqs, settings.queue_url, settings.dlq_url)
    return Compute(table, SqsQueue(sqs, settings.queue_url), deliveries, connections, _now)


def _now() -> int:
    return time.time_ns() // 1_000_000

"""The compute function: queued events in, facts and cells out.

A batch is answered message by message: passing faults are tried again soon, what can never work is parked with its reason, and
neither holds up anything else (`compute.batch`).
"""

import os
from functools import cache, partial
from typing import Any

from compute.deliveries import SqsDeliveries
from compute.worker import Compute, clock
from leadline.aws import client
from leadline.queue import SqsQueue
from leadline.settings import Settings
from leadline.telemetry import redact_exceptions


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    with redact_exceptions("compute"):
        return build_app().handle(event, context)


@cache
def build_app() -> Compute:
    """Wires everything on first use, as the other functions do: boto3 and its clients cost more than all our imports together."""
    from leadline.store.dynamodb import DynamoTable

    settings = Settings.from_env(os.environ)
    table, sqs = DynamoTable(client("dynamodb"), settings.table), client("sqs")
    connections = None
    if settings.vcs_secret_id is not None:
        from compute.vcs.connection import Connections, read_secret

        read = partial(read_secret, client("secretsmanager"), settings.vcs_secret_id)
        connections = Connections(read, table, clock)
    deliveries = SqsDeliveries(sqs, settings.queue_url, settings.dlq_url)
    return Compute(table, SqsQueue(sqs, settings.queue_url), deliveries, connections, clock)

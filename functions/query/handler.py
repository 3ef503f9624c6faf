"""The Lambda function of the Product API."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from leadline import aws
from leadline.access.keys import read_pepper
from leadline.queue import SqsQueue
from leadline.settings import Settings
from leadline.telemetry import redact_exceptions
from query.product_api import Query, wire


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda's signature
    with redact_exceptions("query"):
        return build_app().handle(event)


@cache
def build_app() -> Query:
    """Wired on first use, once: clients cost more than all our imports together."""
    from leadline.store.dynamodb import DynamoTable

    settings = Settings.from_env(os.environ)
    return wire(
        DynamoTable(aws.client("dynamodb"), settings.table),
        cache(lambda: SqsQueue(aws.client("sqs"), settings.queue_url)),  # only changes need it
        cache(lambda: read_pepper(aws.client("secretsmanager"), settings.key_secret_id)),
        lambda: time.time_ns() // 1_000_000,
    )

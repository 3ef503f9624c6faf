"""The Lambda function behind POST /v1/events/* and /v1/webhooks/*."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from ingest.app import Ingest
from ingest.queue import SqsQueue
from leadline import aws
from leadline.auth import Authenticator, read_pepper
from leadline.settings import Settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda's signature
    return wired().handle(event)


@cache
def wired() -> Ingest:
    """The one wiring place, on first use: clients cost more than all our imports together."""
    from leadline.store.dynamodb import DynamoTable

    settings = Settings.from_env(os.environ)
    authenticator = Authenticator(
        DynamoTable(aws.client("dynamodb"), settings.table),
        lambda: read_pepper(aws.client("secretsmanager"), settings.key_secret_id),
    )
    return Ingest(authenticator, SqsQueue(aws.client("sqs"), settings.queue_url), lambda: time.time_ns() // 1_000_000)

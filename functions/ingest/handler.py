"""The Lambda function for POST /v1/events, /v1/events/* and /v1/webhooks/*, and for EventBridge's rules."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from ingest.events_api import Ingest
from ingest.webhooks.receiver import WebhookReceiver, stored_sources
from ingest.webhooks.secrets import Secrets, read_secret
from leadline import aws
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.access.keys import read_pepper
from leadline.queue import SqsQueue
from leadline.settings import Settings
from leadline.telemetry import redact_exceptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.cloudevents.receiver import CDEventReceiver
    from ingest.eventbridge import EventBridgeReceiver


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda's signature
    with redact_exceptions("ingest"):
        if event.get("leadline") == "aws":  # no HTTP request can set this: API Gateway makes the event
            return build_eventbridge_receiver().receive(event)
        return build_app().handle(event)


@cache
def build_app() -> Ingest:
    """Wires everything on first use: clients cost more than all our imports together."""
    from leadline.store.dynamodb import DynamoTable

    settings = Settings.from_env(os.environ)
    table = DynamoTable(aws.client("dynamodb"), settings.table)
    queue = SqsQueue(aws.client("sqs"), settings.queue_url)
    access = AccessControl.on(table, _now, "ingest")
    authenticator = Authenticator(
        access.settings, lambda: read_pepper(aws.client("secretsmanager"), settings.key_secret_id)
    )
    secrets = Secrets(lambda: read_secret(aws.client("secretsmanager"), settings.webhook_secret_id))
    sources = stored_sources(table)
    webhooks = WebhookReceiver(secrets, sources, queue)

    @cache
    def cdevents() -> CDEventReceiver:
        from ingest.cloudevents.receiver import CDEventReceiver
        from leadline.store.artifacts import Artifacts

        return CDEventReceiver(Artifacts(table), sources, queue)

    return Ingest(authenticator, queue, _now, webhooks, cdevents, access=access)


@cache
def build_eventbridge_receiver() -> EventBridgeReceiver:
    from ingest.eventbridge import EventBridgeReceiver

    settings = Settings.from_env(os.environ)
    queue = SqsQueue(aws.client("sqs"), settings.queue_url)
    return EventBridgeReceiver(cast("Callable[[str], Any]", aws.client), queue, _now)


def _now() -> int:
    return time.time_ns() // 1_000_000

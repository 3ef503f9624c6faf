"""The Lambda function behind POST /v1/events, /v1/events/* and /v1/webhooks/*, and behind EventBridge's rules."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from ingest.events_api import Ingest
from ingest.webhooks.reception import Webhooks, stored_sources
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

    from ingest.cdevents.reception import CDEvents
    from ingest.eventbridge import AwsDeployments


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda's signature
    with redact_exceptions("ingest"):
        if event.get("leadline") == "aws":  # no request over HTTP has a field of its own choosing here
            return aws_deployments().receive(event)
        return build_app().handle(event)


@cache
def build_app() -> Ingest:
    """The one wiring place, on first use: clients cost more than all our imports together."""
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
    webhooks = Webhooks(secrets, sources, queue)

    @cache
    def cdevents() -> CDEvents:
        from ingest.cdevents.reception import CDEvents
        from leadline.store.artifacts import Artifacts

        return CDEvents(Artifacts(table), sources, queue)

    return Ingest(authenticator, queue, _now, webhooks, cdevents, access=access)


@cache
def aws_deployments() -> AwsDeployments:
    from ingest.eventbridge import AwsDeployments

    settings = Settings.from_env(os.environ)
    queue = SqsQueue(aws.client("sqs"), settings.queue_url)
    return AwsDeployments(cast("Callable[[str], Any]", aws.client), queue, _now)


def _now() -> int:
    return time.time_ns() // 1_000_000

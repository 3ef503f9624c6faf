"""Prometheus' Alertmanager: `webhook_configs` with the secret as bearer token or as password. It can't sign."""

from __future__ import annotations

from typing import Any

from ingest.webhooks.alerts import translate_alerts
from ingest.webhooks.authorization import verify_authorization
from ingest.webhooks.delivery import Delivery, Source, Translation
from leadline.store.sources import Sources


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    return translate_alerts(payload, sources, "alertmanager", ignored=frozenset())


SOURCE = Source(verify_authorization, translate)

"""Grafana Alerting: a contact point of the kind webhook. Its payload is Alertmanager's with more fields.

It can sign (HMAC-SHA256 over the body in bare hex, or over "<timestamp>:<body>" where a header for the timestamp is set),
or send the secret as bearer token or password. The header's name can be chosen in Grafana: the two that Grafana itself
uses are checked. Source: Grafana's documentation of the webhook notifier, read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.webhooks.alertmanager import translate_alerts
from ingest.webhooks.delivery import Delivery, Source, Translation, Unsigned
from ingest.webhooks.signatures import any_same, hex_digests, is_recent, verify_authorization
from leadline.store.sources import Sources

SIGNATURES = ("x-grafana-alerting-signature", "x-grafana-alert-signature")
TIMESTAMP = "x-grafana-alerting-timestamp"

# Grafana's own alerts: a test of the contact point, and a query without data or with an error, which are faults of the
# monitoring and not of what it watches.
_IGNORED = frozenset({"TestAlert", "DatasourceNoData", "DatasourceError"})


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    sent = next(filter(None, map(delivery.header, SIGNATURES)), "")
    if not sent:
        verify_authorization(delivery, secrets)
        return
    sent_at = delivery.header(TIMESTAMP)
    signed = sent_at.encode("utf-8", "surrogatepass") + b":" + delivery.body if sent_at else delivery.body
    if not any_same([sent.lower()], hex_digests(secrets, signed)):
        raise Unsigned("The signature was not made with the secret set here.")
    if sent_at and not is_recent(sent_at, delivery.now):
        raise Unsigned("The signature's timestamp is more than five minutes off.")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    return translate_alerts(payload, sources, "grafana", ignored=_IGNORED)


SOURCE = Source(verify, translate)

"""Grafana Alerting: a contact point of the kind webhook. Its payload is Alertmanager's, with some fields more.

It can sign (HMAC-SHA256 over the body in bare hex, or over "<timestamp>:<body>" where a header for the timestamp is set),
or send the secret as bearer token or password. The header's name can be chosen in Grafana: the two that Grafana itself
uses are looked at. Source: Grafana's documentation of the webhook notifier, read in November 2026.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any

from ingest.webhooks.alerts import translate_alerts
from ingest.webhooks.authorization import verify_authorization
from ingest.webhooks.delivery import Delivery, Source, Translation, Unsigned
from ingest.webhooks.signatures import any_same
from leadline.store.sources import Sources

SIGNATURES = ("x-grafana-alerting-signature", "x-grafana-alert-signature")
TIMESTAMP = "x-grafana-alerting-timestamp"
TOLERANCE_SECONDS = 300

# Grafana's own: a contact point being tested, and that a query found nothing or failed, which tells of the monitoring
# and not of what it watches.
_IGNORED = frozenset({"TestAlert", "DatasourceNoData", "DatasourceError"})
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    sent = next(filter(None, map(delivery.header, SIGNATURES)), "")
    if not sent:
        verify_authorization(delivery, secrets)
        return
    sent_at = delivery.header(TIMESTAMP)
    signed = sent_at.encode("utf-8", "surrogatepass") + b":" + delivery.body if sent_at else delivery.body
    made = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    if not any_same([sent.lower()], made):
        raise Unsigned("The signature was not made with the secret set here.")
    if sent_at and not (_SECONDS.fullmatch(sent_at) and _is_near(int(sent_at), delivery.now)):
        raise Unsigned("The signature's timestamp is more than five minutes off.")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    return translate_alerts(payload, sources, "grafana", ignored=_IGNORED)


def _is_near(seconds: int, now: int) -> bool:
    return abs(now / 1000 - seconds) <= TOLERANCE_SECONDS


SOURCE = Source(verify, translate)

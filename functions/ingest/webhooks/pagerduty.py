"""PagerDuty, generic webhooks (version 3): an incident triggered, acknowledged, resolved, reopened.

While a secret is rotated, PagerDuty signs with both and sends both: `X-PagerDuty-Signature: v1=<hex>,v1=<hex>`. Each is
HMAC-SHA256 over the raw body. It waits 5 seconds for an answer, retries after a 5xx, and gives up after a 4xx.
Source: PagerDuty's developer documentation, "Webhooks", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.incident_service import no_service, service_of
from ingest.messages import Malformed, ReportedEvent
from ingest.payload import at, instant, need_text, safe_word, text
from ingest.webhooks.delivery import Delivery, Source, Translation, Unsigned
from ingest.webhooks.signatures import any_same, hex_digests
from leadline.contract.events import INCIDENT
from leadline.store.sources import Sources

RESOLVED = "incident.resolved"
OPEN = frozenset(
    {
        "incident.triggered",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.reopened",
        "incident.priority_updated",
    }
)


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    sent = delivery.header("x-pagerduty-signature")
    if not sent:
        raise Unsigned("The header X-PagerDuty-Signature is missing: is this a version 3 webhook?")
    digests = [part.strip().removeprefix("v1=") for part in sent.split(",") if part.strip().startswith("v1=")]
    if not any_same(digests, hex_digests(secrets, delivery.body)):
        raise Unsigned("No signature in X-PagerDuty-Signature was made with the secret set here.")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    kind = need_text(payload, "event", "event_type")
    if kind == "pagey.ping":
        return Translation(ignored="a test of the connection")
    if kind != RESOLVED and kind not in OPEN:
        return Translation(ignored=f"{safe_word(kind)} does not change when an incident starts or ends")
    data = at(payload, "event", "data")
    if text(data, "type") != "incident":
        raise Malformed("event.data.type is not incident")
    service = service_of(sources, "pagerduty", text(data, "service", "summary"), text(data, "service", "id"))
    if service is None:
        return Translation(ignored=no_service("pagerduty", "the id of PagerDuty's service"))
    fields = {
        "id": need_text(data, "id"),
        "service": service,
        "started_at": need_text(data, "created_at"),
        "severity": text(data, "priority", "summary") or text(data, "urgency"),
        "url": text(data, "html_url"),
    }
    if kind == RESOLVED:
        fields["resolved_at"] = need_text(payload, "event", "occurred_at")
    return Translation([ReportedEvent(INCIDENT, fields, instant(payload, "event", "occurred_at"))])


SOURCE = Source(verify, translate, delivery_header="x-webhook-id")

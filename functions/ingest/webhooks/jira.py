"""Jira: issues that are incidents, by their type (Jira Service Management's "[System] Incident") or the label `incident`.

An administrator's webhook with a secret is signed: `X-Hub-Signature: sha256=<hex>` over the raw body. Jira retries, with
the same `X-Atlassian-Webhook-Identifier`, when the answer is late or a 5xx.
Source: Atlassian's developer documentation, "Webhooks", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ingest.incident_service import no_service, service_of
from ingest.messages import Malformed, ReportedEvent
from ingest.payload import at, instant, integer, need_text, objects, safe_word, text, texts
from ingest.webhooks.delivery import Delivery, Source, Translation
from ingest.webhooks.signatures import verify_hub_signature
from leadline.contract.events import INCIDENT
from leadline.store.sources import Sources

EVENTS = frozenset({"jira:issue_created", "jira:issue_updated"})


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    verify_hub_signature(delivery, secrets, "x-hub-signature")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    kind = need_text(payload, "webhookEvent")
    if kind == "jira:issue_deleted":
        return Translation(ignored="an issue deleted in Jira keeps counting as last reported")
    if kind not in EVENTS:
        return Translation(ignored=f"{safe_word(kind)} is not an update of an issue")
    issue = at(payload, "issue")
    details = at(issue, "fields")
    if not _is_incident(details):
        return Translation(
            ignored="the issue is not an incident: it has neither the type Incident nor the label incident"
        )
    components = [name for component in objects(details, "components") if (name := text(component, "name"))]
    project = text(details, "project", "key")
    own = components[0] if components else None
    service = service_of(sources, "jira", own, *components, project, text(details, "project", "name"))
    if service is None:
        return Translation(ignored=no_service("jira", "the project's key or a component"))
    key = need_text(issue, "key")
    updated_at = instant(payload, "timestamp") or instant(details, "updated")
    fields = {
        "id": key,
        "service": service,
        "started_at": need_text(details, "created"),
        "resolved_at": _resolved_at(payload, details),
        "severity": text(details, "priority", "name"),
        "url": _page(text(issue, "self"), key),
    }
    return Translation([ReportedEvent(INCIDENT, fields, updated_at)])


def _is_incident(details: Any) -> bool:
    kind = (text(details, "issuetype", "name") or "").removeprefix("[System] ").strip().lower()
    return kind == "incident" or "incident" in (label.lower() for label in texts(details, "labels"))


def _resolved_at(payload: Any, details: Any) -> str | int | None:
    if text(details, "status", "statusCategory", "key") != "done":
        return None
    if resolved_at := text(details, "resolutiondate"):
        return resolved_at
    # A workflow that sets no resolution: when the status changed to done, taken only from the event of that change, since
    # any later edit of the closed issue would move it.
    changed = any(text(item, "field") == "status" for item in objects(payload, "changelog", "items"))
    moment = integer(payload, "timestamp")
    if changed and moment is None:
        raise Malformed("timestamp is missing")
    return moment if changed else None


def _page(self: str | None, key: str) -> str | None:
    try:
        address = urlsplit(self or "")
    except ValueError:
        return None
    return f"{address.scheme}://{address.netloc}/browse/{key}" if address.netloc else None


SOURCE = Source(verify, translate, delivery_header="x-atlassian-webhook-identifier")

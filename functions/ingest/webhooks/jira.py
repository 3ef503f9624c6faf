"""Jira: issues that are incidents, by their type (Jira Service Management's "[System] Incident") or a label `incident`.

An administrator's webhook with a secret is signed: `X-Hub-Signature: sha256=<hex>` over the raw body. Jira tries again,
with the same `X-Atlassian-Webhook-Identifier`, when the answer is late or a 5xx.
Source: Atlassian's developer documentation, "Webhooks", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ingest.webhooks.delivery import Delivery, Malformed, ReportedEvent, Source, Translation
from ingest.webhooks.incidents import no_service, service_of
from ingest.webhooks.payload import at, need_text, objects, shown, text, texts, whole
from ingest.webhooks.signatures import verify_hub_signature
from leadline.contract.events import INCIDENT
from leadline.store.sources import Sources

EVENTS = frozenset({"jira:issue_created", "jira:issue_updated"})


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    verify_hub_signature(delivery, secrets, "x-hub-signature")


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    kind = need_text(payload, "webhookEvent")
    if kind == "jira:issue_deleted":
        return Translation(ignored="an issue deleted in Jira stays counted as it was told")
    if kind not in EVENTS:
        return Translation(ignored=f"{shown(kind)} is no news of an issue")
    issue = at(payload, "issue")
    fields = at(issue, "fields")
    if not _is_incident(fields):
        return Translation(ignored="the issue is no incident: neither its type nor a label says so")
    components = [name for component in objects(fields, "components") if (name := text(component, "name"))]
    project = text(fields, "project", "key")
    own = components[0] if components else None
    service = service_of(sources, "jira", own, *components, project, text(fields, "project", "name"))
    if service is None:
        return no_service("jira", "the project's key or a component")
    key = need_text(issue, "key")
    told = {
        "id": key,
        "service": service,
        "started_at": need_text(fields, "created"),
        "resolved_at": _resolved_at(payload, fields),
        "severity": text(fields, "priority", "name"),
        "url": _page(text(issue, "self"), key),
    }
    return Translation([ReportedEvent(INCIDENT, told)])


def _is_incident(fields: Any) -> bool:
    kind = (text(fields, "issuetype", "name") or "").removeprefix("[System] ").strip().lower()
    return kind == "incident" or "incident" in (label.lower() for label in texts(fields, "labels"))


def _resolved_at(payload: Any, fields: Any) -> str | int | None:
    if text(fields, "status", "statusCategory", "key") != "done":
        return None
    if resolved_at := text(fields, "resolutiondate"):
        return resolved_at
    # A workflow that sets no resolution: the moment of the change to a status that is done, told by that change alone.
    # Any later edit of the closed issue would move it.
    changed = any(text(item, "field") == "status" for item in objects(payload, "changelog", "items"))
    moment = whole(payload, "timestamp")
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

"""Which service an incident of another system belongs to.

In this order: what the configuration (`incident_services`) maps one of the sender's names to; the sender's own name of
the service, normalised ("API Service" becomes `api-service`); the configured `default_service`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from leadline.store.sources import Sources

_NOT_PLAIN = re.compile(r"[^a-z0-9._-]+")


def plain_name(name: str | None) -> str | None:
    """The sender's name as a service name: its last segment in lower case, with dashes for everything unusual."""
    text = _NOT_PLAIN.sub("-", (name or "").strip().rstrip("/").rpartition("/")[2].lower()).strip("-")
    return text or None


def service_of(sources: Sources, source: str, own: str | None, *names: str | None) -> str | None:
    """The service of an incident. `own`: the sender's name of the service; `names`: other names that may be mapped."""
    mapped = replace(sources, default_service=None).service_of(source, own, *names)
    return mapped or plain_name(own) or sources.default_service


def no_service(source: str, what: str) -> str:
    """Why an incident is ignored: without a service it could not be linked to any deployment."""
    return f"no service: map {what} in incident_services ('{source}:...') or set default_service"

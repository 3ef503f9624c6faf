"""What the sources of incidents have in common: which service an incident belongs to.

In this order: what the configuration (`incident_services`) says for one of the sender's names of it; the sender's own
name of the service, made plain ("API Service" is `api-service`); the configured `default_service`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.webhooks.delivery import Translation
from leadline.store.sources import Sources

_NOT_PLAIN = re.compile(r"[^a-z0-9._-]+")


def plain(name: str | None) -> str | None:
    """The sender's name as one would call a service: the last segment, lower case, dashes for all else."""
    text = _NOT_PLAIN.sub("-", (name or "").strip().rstrip("/").rpartition("/")[2].lower()).strip("-")
    return text or None


def service_of(sources: Sources, source: str, own: str | None, *names: str | None) -> str | None:
    """The service of an incident. `own`: what the sender calls the service; `names`: what else may be mapped."""
    mapped = replace(sources, default_service=None).service_of(source, own, *names)
    return mapped or plain(own) or sources.default_service


def no_service(source: str, what: str) -> Translation:
    """Nothing is told where no service can be named: an incident of nowhere would fail nobody's deployment."""
    return Translation(ignored=f"no service: name {what} in incident_services ('{source}:...') or set default_service")

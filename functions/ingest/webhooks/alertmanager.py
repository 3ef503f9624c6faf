"""Prometheus' Alertmanager (webhook version 4): each alert is an incident. Grafana posts the same form.

It can't sign: `webhook_configs` sends the secret as bearer token or as password. An alert is identified by the
fingerprint of its labels and by when it began to fire: firing again is another incident. While it fires, `endsAt` means
nothing (the year 1, or a guess of when it will end by itself).
"""

from __future__ import annotations

from typing import Any

from ingest.incident_service import no_service, service_of
from ingest.messages import Malformed, ReportedEvent
from ingest.payload import entries, instant, need_text, objects, text
from ingest.webhooks.delivery import Delivery, Source, Translation
from ingest.webhooks.signatures import verify_authorization
from leadline.contract.events import INCIDENT
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.times import read_time
from leadline.store.sources import Sources

# Alerts that always fire, to prove that alerting works: kube-prometheus ships the first two.
_ALWAYS_FIRING = frozenset({"Watchdog", "InfoInhibitor", "DeadMansSwitch"})


def translate(delivery: Delivery, payload: Any, sources: Sources) -> Translation:  # noqa: ARG001  every source has it
    return translate_alerts(payload, sources, "alertmanager", ignored=frozenset())


def translate_alerts(payload: Any, sources: Sources, source: str, *, ignored: frozenset[str]) -> Translation:
    """An incident for each alert except those named in `ignored`. Raises Malformed where there are no alerts."""
    alerts = objects(payload, "alerts")
    if not alerts:
        raise Malformed("alerts is missing" if not entries(payload, "alerts") else "alerts holds no objects")
    real = [alert for alert in alerts if not _is_noise(alert, ignored)]
    if not real:
        return Translation(ignored="a test, or an alert that always fires")
    placed = [(alert, _service(alert, sources, source)) for alert in real]
    incidents = [_incident(alert, service) for alert, service in placed if service is not None]
    if not incidents:
        return Translation(ignored=no_service(source, "the alert's label `service` or `job`, or its name,"))
    return Translation(incidents)


def _is_noise(alert: dict[str, Any], ignored: frozenset[str]) -> bool:
    name = text(alert, "labels", "alertname") or ""
    return name in ignored or name in _ALWAYS_FIRING or text(alert, "labels", "severity") == "none"


def _service(alert: dict[str, Any], sources: Sources, source: str) -> str | None:
    service, job, name = (text(alert, "labels", label) for label in ("service", "job", "alertname"))
    return service_of(sources, source, service or job, job, name)


def _incident(alert: dict[str, Any], service: str) -> ReportedEvent:
    labels = alert.get("labels")
    started_at = need_text(alert, "startsAt")
    resolved = text(alert, "status") == "resolved"
    fields = {
        "id": f"{need_text(alert, 'fingerprint')}-{_milliseconds(started_at)}",
        "service": service,
        "environment": text(labels, "environment") or text(labels, "env"),
        "started_at": started_at,
        "resolved_at": need_text(alert, "endsAt") if resolved else None,
        "severity": text(labels, "severity"),
        "url": text(alert, "panelURL") or text(alert, "generatorURL"),
    }
    return ReportedEvent(INCIDENT, fields, instant(alert, "endsAt" if resolved else "startsAt"))


def _milliseconds(time: str) -> int:
    try:
        return read_time(time)
    except InvalidValue as invalid:
        raise Malformed(f"alerts.startsAt {invalid.detail}") from None


SOURCE = Source(verify_authorization, translate)

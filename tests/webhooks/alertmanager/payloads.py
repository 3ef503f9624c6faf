"""Payloads of Alertmanager's webhook (version 4), and of Grafana's like it."""

from __future__ import annotations

from typing import Any

NEVER = "0001-01-01T00:00:00Z"


def an_alert(*, grafana: bool = False, labels: dict[str, str] | None = None, **changed: Any) -> dict[str, Any]:
    every = {"alertname": "OrdersFail", "service": "shop", "severity": "critical", "environment": "production"}
    alert: dict[str, Any] = {
        "status": "firing",
        "labels": every if labels is None else labels,
        "annotations": {"summary": "Orders fail", "runbook_url": "https://acme.dev/runbooks/orders"},
        "startsAt": "2026-09-21T12:00:00.123Z",
        "endsAt": NEVER,
        "generatorURL": "https://prometheus.acme.dev/graph?g0.expr=up",
        "fingerprint": "b6b0c1e4a7f2d9c3",
    }
    if grafana:
        page = "https://grafana.acme.dev/d/abc"
        alert |= {"dashboardURL": page, "panelURL": page + "?viewPanel=2", "silenceURL": page, "imageURL": ""}
        alert |= {"values": {"B": 17.5, "C": 1}, "valueString": "[ var='B' value=17.5 ]"}
    return {**alert, **changed}


def a_notification(*sent: dict[str, Any], grafana: bool = False, **changed: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "version": "1" if grafana else "4",
        "groupKey": '{}:{alertname="OrdersFail"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "leadline",
        "groupLabels": {"alertname": "OrdersFail"},
        "commonLabels": {"alertname": "OrdersFail"},
        "commonAnnotations": {},
        "externalURL": "https://alertmanager.acme.dev",
        "alerts": list(sent),
    }
    if grafana:
        payload |= {"orgId": 1, "state": "alerting", "title": "[FIRING:1] OrdersFail", "message": "Orders fail"}
    return {**payload, **changed}


def alerts(*, grafana: bool = False) -> dict[str, Any]:
    firing = an_alert(grafana=grafana)
    resolved = an_alert(grafana=grafana, status="resolved", endsAt="2026-09-21T12:45:00Z")
    other = an_alert(grafana=grafana, fingerprint="1111", labels={"alertname": "Slow", "job": "default/api"})
    nameless = an_alert(grafana=grafana, labels={"alertname": "DiskFull", "instance": "db-1"})
    return {
        "firing": a_notification(firing, grafana=grafana),
        "resolved": a_notification(resolved, grafana=grafana, status="resolved"),
        "several": a_notification(firing, resolved, other, nameless, grafana=grafana),
        "nameless": a_notification(nameless, grafana=grafana),
        "watchdog": a_notification(an_alert(labels={"alertname": "Watchdog", "severity": "none"}), grafana=grafana),
        "test": a_notification(an_alert(labels={"alertname": "TestAlert", "instance": "Grafana"}), grafana=grafana),
        "empty": a_notification(grafana=grafana),
    }

"""The senders beside the code hosts: how each signs, and payloads of every kind that it sends. The payloads are made up
after each sender's documentation; names and numbers in them mean nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.webhooks.alertmanager.payloads import alerts
from tests.webhooks.argocd.payloads import syncs
from tests.webhooks.hooks import NOW, SECRET, WebhooksApi, hub_signature
from tests.webhooks.incident_io.payloads import incident_io_events
from tests.webhooks.jira.payloads import jira_events
from tests.webhooks.pagerduty.payloads import pagerduty_events

STANDARD_SECRET = "whsec_" + base64.b64encode(SECRET.encode()).decode()

Sign = Callable[[bytes, str], dict[str, str]]
"""The headers for a body, signed with a secret."""


def as_pagerduty(body: bytes, secret: str) -> dict[str, str]:
    digest = hub_signature(body, secret).removeprefix("sha256=")
    return {"x-pagerduty-signature": f"v1={digest}", "x-webhook-id": "0c5d9a48"}


def as_bearer(body: bytes, secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def as_basic(body: bytes, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"leadline:{secret}".encode()).decode()}


def as_grafana(body: bytes, secret: str) -> dict[str, str]:
    return {"x-grafana-alerting-signature": hub_signature(body, secret).removeprefix("sha256=")}


def as_grafana_at(body: bytes, secret: str, at: int = NOW // 1000) -> dict[str, str]:
    digest = hub_signature(f"{at}:".encode() + body, secret).removeprefix("sha256=")
    return {"x-grafana-alerting-signature": digest, "x-grafana-alerting-timestamp": str(at)}


def as_jira(body: bytes, secret: str) -> dict[str, str]:
    return {"x-hub-signature": hub_signature(body, secret), "x-atlassian-webhook-identifier": "7f3a2b"}


def as_standard(body: bytes, secret: str, *, name: str = "msg_1", at: int = NOW // 1000) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": signature}


@dataclass(frozen=True)
class Sender:
    source: str
    sign: Sign
    payloads: dict[str, Any]
    secret: str = SECRET

    def post(self, api: WebhooksApi, payload: Any, **headers: str) -> Any:
        body = json.dumps(payload).encode()
        return api.post(self.source, body, {**self.sign(body, self.secret), **headers})


SENDERS = {
    "pagerduty": Sender("pagerduty", as_pagerduty, pagerduty_events()),
    "alertmanager": Sender("alertmanager", as_bearer, alerts()),
    "alertmanager, basic": Sender("alertmanager", as_basic, alerts()),
    "grafana": Sender("grafana", as_grafana, alerts(grafana=True)),
    "grafana, with time": Sender("grafana", as_grafana_at, alerts(grafana=True)),
    "grafana, bearer": Sender("grafana", as_bearer, alerts(grafana=True)),
    "jira": Sender("jira", as_jira, jira_events()),
    "incident_io": Sender("incident_io", as_standard, incident_io_events(), STANDARD_SECRET),
    "argocd": Sender("argocd", as_bearer, syncs()),
}


def an_api(**sources: Any) -> WebhooksApi:
    """Webhooks with the secrets that the senders sign with."""
    return WebhooksApi({sender.source: [sender.secret] for sender in SENDERS.values()}, **sources)


def queued_by(name: str, payload: Any, **sources: Any) -> list[dict[str, Any]]:
    """What one payload puts on the queue: the data of each message."""
    api = an_api(**sources)
    answer = SENDERS[name].post(api, payload)
    assert answer.status == 202, answer.json
    return [message["data"] for message in api.queued]


def reason_of(name: str, payload: Any, **sources: Any) -> str:
    """Why nothing was queued."""
    api = an_api(**sources)
    answer = SENDERS[name].post(api, payload)
    assert (answer.status, answer.json["status"], api.queued) == (202, "ignored", [])
    return str(answer.json["reason"])

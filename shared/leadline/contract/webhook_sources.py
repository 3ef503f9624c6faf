"""The systems that may send webhooks, each declared once: POST /v1/webhooks/{name}.

The address, the secret's entry, the commands of `leadline webhooks`, OpenAPI and the table in docs/connect follow from
this table. To add a source: an entry here, its module `ingest.webhooks.NAME`, and its page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebhookSource:
    """`name` is stable: it is in the address, in the webhook secret and in `incident_services`.

    `page`: its page in docs/connect. `sends`: what Leadline learns from it. `standard_secret`: whether its secrets have
    the form of Standard Webhooks, `whsec_` and base64.
    """

    name: str
    title: str
    page: str
    sends: str
    standard_secret: bool = False


_CODE_HOST = "changes, commit graph, deployments, incidents"

_ALL = (
    WebhookSource("github", "GitHub, including Enterprise Server", "github.md", _CODE_HOST),
    WebhookSource("gitlab", "GitLab, including self-managed", "gitlab.md", _CODE_HOST, standard_secret=True),
    WebhookSource("bitbucket", "Bitbucket Cloud", "bitbucket.md", "changes, commit graph, tags as deployments"),
    WebhookSource("pagerduty", "PagerDuty", "pagerduty.md", "incidents"),
    WebhookSource("alertmanager", "Prometheus Alertmanager", "alertmanager.md", "incidents"),
    WebhookSource("grafana", "Grafana Alerting", "grafana.md", "incidents"),
    WebhookSource("jira", "Jira", "jira.md", "incidents"),
    WebhookSource("incident_io", "incident.io", "incident-io.md", "incidents", standard_secret=True),
    WebhookSource("argocd", "Argo CD", "argocd.md", "deployments"),
)

WEBHOOK_SOURCES = {source.name: source for source in _ALL}

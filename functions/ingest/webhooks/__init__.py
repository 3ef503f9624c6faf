"""Events that other systems send by themselves: POST /v1/webhooks/{source}.

A source is a module of this package with a `SOURCE` (`delivery.Source`), made of two functions and a header's name:

    verify(delivery, secrets)                  raises Unsigned unless one of our secrets signed exactly these bytes
    translate(delivery, payload, sources)      -> Translation: what the payload tells, in the words of the Events API
    delivery_header                            the sender's own id of this delivery; "" where it has none

Both are pure. `delivery` has the headers (lower case), the raw body and the time of receipt; `secrets` are one or, while
they are being rotated, several; `payload` is the parsed JSON, of any shape; `sources` is the configuration. A translation
holds `ReportedEvent(Deployment, {...})` and the like with the fields as one would post them to the Events API: the same models
check and normalise them (`telling`), so everything behind the queue is shared. Or it holds why there is nothing to tell:

    Translation([ReportedEvent(Incident, {"id": "P1", "service": "checkout", "started_at": "2026-10-01T12:00:00Z"})])
    Translation(ignored="the alert is a test")

What stands around them (`reception`): 404 for a source not listed here, 413 over the limit, 503 while the source's secret
can't be read, 401 where none is set and for a signature that is not ours, before anything is parsed; 400 for a body that is no
JSON; 202 with `accepted` or `ignored` and a reason for all else; 503 when the queue would not take it. A payload that is
signed but makes no sense is `ignored` with "malformed: ...", not invalid: senders switch a hook off that keeps answering
with errors, and no repetition would mend it. `payload` has small accessors that never raise on a strange shape.

To add a source: its module, a line below, a page in docs/connect/. Its secret is the entry of the same name in the
webhook secret: `leadline webhooks secret NAME`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.webhooks.delivery import Source

SOURCES: dict[str, str] = {
    "github": "ingest.webhooks.github",
    "gitlab": "ingest.webhooks.gitlab",
    "bitbucket": "ingest.webhooks.bitbucket",
    "pagerduty": "ingest.webhooks.pagerduty",
    "alertmanager": "ingest.webhooks.alertmanager",
    "grafana": "ingest.webhooks.grafana",
    "jira": "ingest.webhooks.jira",
    "incident_io": "ingest.webhooks.incident_io",
    "argocd": "ingest.webhooks.argocd",
}


def find(name: str) -> "Source | None":
    """The source of this name. Its module is imported on first use: a function serves few of them."""
    module = SOURCES.get(name)
    if module is None:
        return None
    source: Source = import_module(module).SOURCE
    return source

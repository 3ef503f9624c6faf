"""Events that other systems send by themselves: POST /v1/webhooks/{source}.

Each source in `leadline.contract.webhook_sources` has a module of the same name here with a `SOURCE` (`delivery.Source`):

    verify(delivery, secrets)                  raises Unsigned unless one of our secrets signed exactly these bytes
    translate(delivery, payload, sources)      -> Translation: the events in the payload, as fields of the Events API
    delivery_header                            the header with the sender's own id of the delivery; "" where there is none

Both functions are pure. `secrets` are one or, during rotation, two; `payload` is parsed JSON of any shape; `sources` is
the configuration (PUT /v1/sources). The fields are validated as if posted to the Events API (`messages.to_message`), so
everything behind the queue is shared:

    Translation([ReportedEvent(INCIDENT, {"id": "P1", "service": "checkout", "started_at": "2026-10-01T12:00:00Z"})])
    Translation(ignored="the alert is a test")

`receiver` does the rest: 404 for an unknown source, 413 over the size limit, 503 while the secret can't be read, 401 for
a missing secret or a wrong signature (before anything is parsed), 400 for a body that is not JSON, 503 when the queue
refuses, otherwise 202 with `accepted`, or `ignored` and a reason. A signed payload that can't be understood is `ignored`
with "malformed: ...", not an error: senders disable a webhook that keeps failing, and a retry would not help.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from leadline.contract.webhook_sources import WEBHOOK_SOURCES

if TYPE_CHECKING:
    from ingest.webhooks.delivery import Source


def find(name: str) -> "Source | None":
    """The source of this name. Its module is imported on first use: a function serves few of them."""
    if name not in WEBHOOK_SOURCES:
        return None
    source: Source = import_module(f"{__name__}.{name}").SOURCE
    return source

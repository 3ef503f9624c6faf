"""POST /v1/events in memory, and the three ways of carrying a CloudEvent."""

from __future__ import annotations

import json
from typing import Any

from ingest.cloudevents.receiver import CDEventReceiver
from ingest.events_api import Ingest
from ingest.webhooks.receiver import stored_sources
from leadline.access.access_control import AccessControl
from leadline.access.authentication import Authenticator
from leadline.store.artifacts import Artifacts
from leadline.store.sources import SOURCES_KEY
from leadline.store.table import Put
from tests.contract.events_api import PEPPER, Answer, EventsApi, a_request

MODES = ("binary", "structured", "batch")


class CDEventsApi(EventsApi):
    """Ingest as the handler wires it for CDEvents, on the shipped fakes; `artifacts` are kept in a table of their own if given."""

    def __init__(self, queue: Any = None, *, artifacts: Any = None, **sources: Any) -> None:
        super().__init__(queue)
        if sources:
            pk, sk = SOURCES_KEY
            self.table.write([Put({"pk": pk, "sk": sk, "v": 1, **sources})])
        receiver = CDEventReceiver(Artifacts(artifacts or self.table), stored_sources(self.table), self.queue)
        log = self.log
        access = AccessControl.on(self.table, lambda: self.now, "ingest")
        self.app = Ingest(
            Authenticator(access.settings, PEPPER), self.queue, lambda: self.now, None, lambda: receiver, access=access
        )
        self.app._log.registered_handler.setStream(log)  # type: ignore[attr-defined]

    def carry(self, document: Any, mode: str = "binary", **headers: str) -> Answer:
        carried, body = envelope(document, mode)
        every = {"authorization": f"Bearer {self.key}", **carried, **headers}
        return self.send(a_request("/v1/events", body, every))

    def post_documents(self, *documents: Any) -> list[dict[str, Any]]:
        """What these events put on the queue, in turn: the data of each message."""
        before = len(self.queued)
        for document in documents:
            answer = self.carry(document)
            assert answer.status == 202, answer.json
        return [message["data"] for message in self.queued[before:]]

    def result(self, document: Any) -> dict[str, Any]:
        """The one result of posting one event."""
        answer = self.carry(document)
        results: list[dict[str, Any]] = answer.json["events"]
        assert len(results) == 1
        return results[0]


def envelope(document: Any, mode: str) -> tuple[dict[str, str], str]:
    """Headers and body of a request that carries the document; "bare" is without any envelope."""
    if mode == "bare":
        return {"content-type": "application/json"}, json.dumps(document)
    if mode == "binary":
        headers = {f"ce-{name}": str(value) for name, value in _attributes(document).items()}
        return {**headers, "content-type": "application/json"}, json.dumps(document)
    event = {**_attributes(document), "datacontenttype": "application/json", "data": document}
    if mode == "structured":
        return {"content-type": "application/cloudevents+json; charset=utf-8"}, json.dumps(event)
    return {"content-type": "application/cloudevents-batch+json"}, json.dumps([event])


def _attributes(document: Any) -> dict[str, Any]:
    context = document.get("context") if isinstance(document, dict) else None
    context = context if isinstance(context, dict) else {}
    sent = {name: context.get(name) for name in ("id", "source", "type")}
    return {"specversion": "1.0", **{name: value if isinstance(value, str) else "x" for name, value in sent.items()}}

"""Compute and query on one table: what is told is folded and traced as the compute function does it, what query asks for too."""

from __future__ import annotations

import json
from typing import Any

from compute.apply import apply_message, note_parked
from compute.jobs import renaming
from leadline.contract.messages import RenamingMessage, parse
from leadline.domain.errors import Poison
from tests.builders import Event
from tests.unit.query.product_api import Answer, ProductApi

AFTER = 500
"""Milliseconds from an event's receipt until it is applied."""


class Pipeline(ProductApi):
    def tell(self, *events: Event) -> None:
        for told in events:
            self._apply(json.dumps(told), told["received_at"] + AFTER)

    def settle(self) -> None:
        """Folds all that query has put onto the queue."""
        waiting, self.queue.messages = self.queue.messages, []
        for message in waiting:
            self._apply(message.body, self.now + AFTER)

    def _apply(self, body: str, now: int) -> None:
        try:
            message = parse(body)
            if isinstance(message, RenamingMessage):
                while renaming.go_on(self.table, now, sleep=lambda _: None):
                    pass
                return
            apply_message(self.table, message, now)
        except Poison as poison:
            note_parked(self.table, body, poison, now, "group")

    def send(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> Answer:
        """A request at a time of its own, its body as JSON."""
        self.now += 1
        if body is not None:
            headers = {"content_type": "application/json", **headers}
        return self.request(method, path, query, body=None if body is None else json.dumps(body), **headers)

    def ask(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> Any:
        """The body of a good answer, once what it asked for is folded."""
        answer = self.send(method, path, body, query, **headers)
        assert answer.status in (200, 202), answer.text
        self.settle()
        return answer.json

    def trace(self, told: Event) -> Any:
        return self.get(f"/v1/events/{told['event_id']}")

    def why(self, told: Event) -> tuple[str, str | None]:
        trace = self.trace(told)
        return (trace["status"], trace["reason"])

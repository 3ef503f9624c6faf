"""The functions of the stack: which handler, how long it may take, which routes lead to it.

Handlers are named as strings, as in the CDK stack, and imported when the stack starts: nothing here depends on them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leadline_local.lambda_events import LambdaContext, Route

Handler = Callable[[dict[str, Any], Any], Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be invoked."""

    name: str
    handler: Handler
    timeout_seconds: int = 29

    @classmethod
    def load(cls, name: str, target: str, timeout_seconds: int = 29) -> Function:
        """`target` is "module:attribute". Errors are those of importing it."""
        module, attribute = target.split(":")
        return cls(name, getattr(importlib.import_module(module), attribute), timeout_seconds)

    def invoke(self, event: dict[str, Any]) -> Any:
        """The handler's answer; whatever it raises goes through."""
        return self.handler(event, LambdaContext(self.name, self.timeout_seconds))


TARGETS = {"ingest": "ingest.handler:handler", "compute": "compute.handler:handler", "query": "query.handler:handler"}

RETRY_ROUTE = Route("POST /v1/events/{event_id}/retry", "POST", "/v1/events/", "/retry", "event_id")
EVENT_ROUTES = (
    Route("POST /v1/events", "POST", "/v1/events"),
    Route("POST /v1/events/{proxy+}", "POST", "/v1/events/"),
    Route("POST /v1/webhooks/{proxy+}", "POST", "/v1/webhooks/"),
)
DEFAULT_ROUTE = Route("$default")

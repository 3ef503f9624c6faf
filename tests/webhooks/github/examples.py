"""GitHub's own example payloads (`@octokit/webhooks-examples`, MIT), which `make` installs with the other Node tools."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.contract.events_api import Answer
from tests.webhooks.hooks import SECRET, WebhooksApi, hub_signature

_PACKAGE = Path(__file__).resolve().parents[3] / "node_modules" / "@octokit" / "webhooks-examples"


class Example(NamedTuple):
    name: str
    event: str
    payload: dict[str, Any]


@cache
def examples() -> tuple[Example, ...]:
    """All of them: github.com's and those of five versions of Enterprise Server."""
    found = []
    for file in sorted(_PACKAGE.glob("*/index.json")):
        for event in json.loads(file.read_text()):
            for number, payload in enumerate(event["examples"]):
                found.append(Example(f"{file.parent.name}/{event['name']}/{number}", event["name"], payload))
    assert len(found) > 500, "run `make setup`: GitHub's examples are not installed"
    return tuple(found)


def an_example(event: str, action: str | None = None) -> dict[str, Any]:
    """A copy of the first of github.com's examples of this event and action."""
    found: dict[str, Any] = next(
        deepcopy(example.payload)
        for example in examples()
        if example.name.startswith("api.github.com/")
        and example.event == event
        and example.payload.get("action") == action
    )
    return found


def post(
    api: WebhooksApi, event: str, payload: Any, *, delivery: str = "d-1", secret: str = SECRET, **headers: str
) -> Answer:
    """Posts the payload as GitHub does: compact JSON, signed."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    return post_raw(api, event, body, delivery=delivery, signature=hub_signature(body, secret), **headers)


def post_raw(
    api: WebhooksApi, event: str, body: bytes, *, signature: str, delivery: str = "d-1", **headers: str
) -> Answer:
    return api.post(
        "github",
        body,
        {"x-github-event": event, "x-github-delivery": delivery, "x-hub-signature-256": signature, **headers},
    )

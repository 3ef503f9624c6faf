"""One queued message, folded into facts and cells.

A Conflict means that somebody else wrote first: everything is read and planned again. What can never work is Poison.
"""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from compute.corrections import apply_correction, apply_settlement, delete_deployment
from compute.deployments import apply_deployment
from compute.incidents import apply_incident, delete_incident
from compute.ledgers import apply_change, apply_commits, delete_change
from compute.reconfiguration import apply_roster, apply_service
from leadline.domain.errors import Conflict, Poison, Transient
from leadline.store.table import Table

_TRIES = 10

_REQUIRED: dict[str, dict[str, type]] = {
    "deployment": {"environment": str, "status": str},
    "change": {"repository": str, "number": int},
    "commits": {"repository": str, "commits": list},
    "incident": {"id": str, "started_at": int},
    "roster": {"lock": str, "services": list, "authors": list},
    "service": {"service": str, "locks": list},
    "correction": {"deployment": str, "correction": dict},
    "settlement": {"deployment": str},
    "deletion of deployment": {"deployment": str},
    "deletion of change": {"repository": str, "number": int},
    "deletion of incident": {"service": str, "incident": str},
}


def fold(table: Table, body: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Applies a message. Raises Poison where it can never work, Transient where trying later may."""
    message = parse(body)
    for attempt in range(_TRIES):
        try:
            _apply(table, message)
        except Conflict:
            sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))
        else:
            return
    raise Transient("others kept writing to the same repository")


def parse(body: str) -> dict[str, Any]:
    """The message as JSON, with the fields every message has."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise Poison("NOT_JSON", "the message is not JSON") from error
    if not isinstance(message, dict) or message.get("v") != 1:
        raise Poison("UNKNOWN_VERSION", "the message is not of a version that is understood here")
    _require(message, {"kind": str, "event_id": str, "received_at": int, "data": dict}, "the message")
    required = _REQUIRED.get(message["kind"])
    if required is None:
        raise Poison("UNKNOWN_KIND", f"no event is of the kind {message['kind'][:40]!r}")
    _require(message["data"], required, f"the {message['kind']}")
    return message


def _require(values: dict[str, Any], required: dict[str, type], what: str) -> None:
    wrong = [name for name, kind in required.items() if not isinstance(values.get(name), kind)]
    if wrong:
        raise Poison("MALFORMED", f"{what} lacks {', '.join(wrong)} or has it in another form")


def _apply(table: Table, message: dict[str, Any]) -> None:
    data = message["data"]
    match message["kind"]:
        case "deployment":
            apply_deployment(table, data, message["received_at"], message["event_id"])
        case "change":
            apply_change(table, data, message["received_at"])
        case "commits":
            apply_commits(table, data)
        case "incident":
            apply_incident(table, data, message["received_at"], message["event_id"])
        case "roster":
            apply_roster(table, data, message["received_at"])
        case "service":
            apply_service(table, data)
        case "correction":
            apply_correction(table, data)
        case "settlement":
            apply_settlement(table, data)
        case "deletion of deployment":
            delete_deployment(table, data, message["received_at"])
        case "deletion of change":
            delete_change(table, data, message["received_at"])
        case "deletion of incident":
            delete_incident(table, data, message["received_at"])

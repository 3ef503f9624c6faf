"""One queued message, folded into facts and cells.

A Conflict means that somebody else wrote first: everything is read and planned again. What can never work is Poison.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from compute.kinds.changes import apply_change, apply_commits, delete_change
from compute.kinds.configuration import apply_roster, apply_service
from compute.kinds.correction import apply_correction, apply_settlement, delete_deployment
from compute.kinds.deployment import apply_deployment
from compute.kinds.incident import apply_incident, delete_incident
from compute.points.changes import apply_points, delete_points
from compute.points.count_points import count_points
from compute.trace import About
from leadline.contract import reasons
from leadline.domain.errors import Conflict, NotUnderstood, Poison, Transient
from leadline.queue import VERSION
from leadline.store.table import Table

_TRIES = 10
_Answer = TypeVar("_Answer")

_REQUIRED: dict[str, dict[str, type]] = {
    "deployment": {"environment": str, "status": str},
    "change": {"repository": str, "number": int},
    "commits": {"repository": str, "commits": list},
    "incident": {"id": str, "started_at": int},
    "point": {"name": str, "value": int},
    "points": {"metric": str},
    "roster": {"lock": str, "services": list, "authors": list},
    "service": {"service": str, "locks": list},
    "correction": {"deployment": str, "correction": dict},
    "settlement": {"deployment": str},
    "deletion of deployment": {"deployment": str},
    "deletion of change": {"repository": str, "number": int},
    "deletion of incident": {"service": str, "incident": str},
    "deletion of points": {"metric": str},
}


def fold(table: Table, body: str, sleep: Callable[[float], None] = time.sleep) -> About:
    """Applies a message and returns what it was about. Raises Poison where it can never work, Transient where it may later."""
    return _until_it_holds(partial(_apply, table, parse(body)), sleep)


def fold_points(
    table: Table, messages: Sequence[dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> list[About]:
    """Applies parsed messages of the kind `point`, all of one metric, together: the same as each by itself. Raises Transient."""
    return _until_it_holds(partial(count_points, table, messages), sleep)


def _until_it_holds(apply: Callable[[], _Answer], sleep: Callable[[float], None]) -> _Answer:
    for attempt in range(_TRIES):
        try:
            return apply()
        except Conflict:
            sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))
    raise Transient("others kept writing to the same repository")


def parse(body: str) -> dict[str, Any]:
    """The message as JSON, of the form of its kind. Raises Poison where it is not, NotUnderstood where it is of a newer version."""
    message = parse_current(body)
    required = _REQUIRED.get(message["kind"])
    if required is None:
        raise NotUnderstood(
            reasons.UNKNOWN_KIND, f"this version of Leadline knows no events of the kind {message['kind'][:40]!r}"
        )
    _require(message["data"], required, f"the {message['kind']}")
    return message


def parse_current(body: str) -> dict[str, Any]:
    """The message as JSON, of any kind. Raises Poison where it is none, NotUnderstood where it is of another version."""
    version = _load(body).get("v")
    if isinstance(version, int) and version != VERSION:
        raise NotUnderstood(
            reasons.UNKNOWN_VERSION, f"this version of Leadline does not understand messages of version {version}"
        )
    return parse_envelope(body)


def parse_envelope(body: str) -> dict[str, Any]:
    """The message as JSON, with what every message of any version has. Raises Poison where it is not."""
    message = _load(body)
    _require(message, {"v": int, "kind": str, "event_id": str, "received_at": int, "data": dict}, "the message")
    return message


def _load(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError as error:
        raise Poison(reasons.NOT_JSON, "the message is not JSON") from error
    if not isinstance(message, dict):
        raise Poison(reasons.MALFORMED, "the message is not a JSON object")
    return message


def _require(values: dict[str, Any], required: dict[str, type], what: str) -> None:
    wrong = [name for name, kind in required.items() if not isinstance(values.get(name), kind)]
    if wrong:
        raise Poison(reasons.MALFORMED, f"{what} lacks {', '.join(wrong)} or has it in another form")


def _apply(table: Table, message: dict[str, Any]) -> About:
    data, received_at = message["data"], message["received_at"]
    match message["kind"]:
        case "deployment":
            return apply_deployment(table, data, received_at, message["event_id"])
        case "change":
            apply_change(table, data, received_at)
            return {"change": data["number"]}
        case "incident":
            return apply_incident(table, data, received_at, message["event_id"])
        case "point":
            return count_points(table, [message])[0]
        case kind:
            _OTHERS[kind](table, data, received_at)
            return {}


_OTHERS: dict[str, Callable[[Table, dict[str, Any], int], None]] = {
    "commits": lambda table, data, _: apply_commits(table, data),
    "roster": apply_roster,
    "service": lambda table, data, _: apply_service(table, data),
    "correction": lambda table, data, _: apply_correction(table, data),
    "settlement": lambda table, data, _: apply_settlement(table, data),
    "deletion of deployment": delete_deployment,
    "deletion of change": delete_change,
    "deletion of incident": delete_incident,
    "points": apply_points,
    "deletion of points": delete_points,
}

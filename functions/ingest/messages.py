"""From an event to its message on the FIFO queue.

    {"v": 1, "kind": "deployment", "event_id": "dep_…", "received_at": epoch ms, "data": {…}}

The group is the repository, so that the events of one repository are folded in turn and those of others meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from ingest.models import Event

MAX_BYTES = 256 * 1024
"""Of one event's message: an event becomes facts of one table item each, and those end at 400 KB."""

# What SQS takes in a message group id or deduplication id.
_SQS_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Message:
    event_id: str
    body: str
    group: str
    deduplication: str
    """SQS takes a second message with this within five minutes for the same, and drops it."""

    @property
    def size(self) -> int:
        """Bytes, as SQS counts them."""
        return len(self.body.encode())


def message(event: Event, *, received_at: int) -> Message:
    """`received_at` in epoch ms. The same event always gets the same id, whenever it comes."""
    data = event.data()
    event_id = f"{event.prefix}_{_digest(event.kind, data)}"
    body = {"v": 1, "kind": event.kind, "event_id": event_id, "received_at": received_at, "data": data}
    return Message(event_id, _json(body), _group(data), _deduplication(event, event_id, received_at))


def _deduplication(event: Event, event_id: str, received_at: int) -> str:
    # A deployment with neither id nor time of its own gets its time from its receipt. Deploying the same SHA again is
    # then a message that looks the same, and whether it is a repeat is compute's to decide, not SQS's.
    if event.kind == "deployment" and not event.model_fields_set & {"deployment_id", "started_at", "finished_at"}:
        return f"{event_id}-{received_at}"
    return event_id


def _group(data: dict[str, Any]) -> str:
    group = str(data["repository"]) if "repository" in data else f"service:{data['service']}"
    return group if _SQS_ID.fullmatch(group) else "hash:" + hashlib.sha256(group.encode()).hexdigest()


def _digest(kind: str, data: dict[str, Any]) -> str:
    return hashlib.sha256(f"{kind}\n{_json(data)}".encode()).hexdigest()[:24]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

"""Corrections by people: PATCH and DELETE of a deployment, DELETE of a change or an incident.

Query writes none of it: compute applies it in order with everything else of the repository, and derives the numbers again. The
history names the author of the correction before the queue has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import MAX_NUMBER, read_flag, read_number
from leadline.contract.objects import Reader, read_fields
from leadline.contract.text import name_of, read_note
from leadline.queue import Message
from leadline.store.deployments import Record
from leadline.store.history import AuditEntry
from leadline.store.incidents import incident_key
from leadline.store.ledger import change_key
from leadline.store.services import Service, service_key
from leadline.store.table import Key, Put
from query.changes.record import entry
from query.changes.sending import message_of, send
from query.http.body import read_json
from query.http.faults import Faults, not_found
from query.http.parameters import Parameter
from query.http.request import Request
from query.http.schemas import REPOSITORY
from query.http.values import read_repository
from query.records.deployments import deployments_by_key
from query.schemas import QueuedEvent
from query.visibility.key_scope import reaches, reaches_repository

_KEY = re.compile(r"[0-9a-f]{24}", re.ASCII)
_FIELDS: dict[str, Reader] = {
    "failed": read_flag,
    "excluded": read_flag,
    "remediates": name_of(200),
    "note": read_note,
}


CHANGE = (
    Parameter("repository", read_repository, "The change's repository.", REPOSITORY, required=True),
    Parameter(
        "number",
        read_number,
        "The number of the pull or merge request.",
        {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
        required=True,
    ),
)
INCIDENT = (
    Parameter("service", name_of(200), "The incident's service.", required=True),
    Parameter("id", name_of(200), "The incident's id, as it was sent.", required=True),
)


def patch_deployment(request: Request) -> QueuedEvent:
    """Overrides the given fields of a deployment; null clears an override. Raises Problem: 400, 404, 413, 415, 422, 503."""
    request.sent.faults.check_query()
    faults = Faults()
    sent = read_fields(read_json(request.event, request.headers), _FIELDS, faults, never_null=("excluded",))
    if not faults and not sent:
        faults.add("", InvalidValue("missing", f"needs at least one of {', '.join(_FIELDS)}"))
    faults.check_body()
    record, lock = _read_deployment(request)
    before = record.correction.to_data()
    merged = {name: value for name, value in {**before, **sent}.items() if value not in (None, "")}
    service = record.deployment.service
    data = {"deployment": record.key, "service": service, "correction": sent, "merge": True}
    return _send(
        request, message_of(request, "correction", "cor", lock, data), "deployment", record.key, before, merged
    )


def delete_deployment(request: Request) -> QueuedEvent:
    """Deletes a deployment from its timeline. Raises Problem: 404, 503."""
    request.sent.faults.check_query()
    record, lock = _read_deployment(request)
    data = {"deployment": record.key, "service": record.deployment.service}
    message = message_of(request, "deletion of deployment", "del", lock, data)
    return _send(request, message, "deployment", record.key)


def delete_change(request: Request) -> QueuedEvent:
    """Deletes a change everywhere. Raises Problem: 400, 404, 503."""
    request.sent.faults.check_query()
    repository, number = request.sent.one("repository"), request.sent.one("number")
    _check_stored(request, change_key(repository, number), "change", own=reaches_repository(request, repository))
    data = {"repository": repository, "number": number}
    message = message_of(request, "deletion of change", "del", repository, data)
    return _send(request, message, "change", f"{repository}#{number}")


def delete_incident(request: Request) -> QueuedEvent:
    """Deletes an incident everywhere. Raises Problem: 400, 404, 503."""
    request.sent.faults.check_query()
    service, name = request.sent.one("service"), request.sent.one("id")
    _check_stored(request, incident_key(service, name), "incident", own=reaches(request, service))
    lock = _lock_of(request, service)
    message = message_of(request, "deletion of incident", "del", lock, {"service": service, "incident": name})
    return _send(request, message, "incident", f"{service}#{name}")


def _send(
    request: Request,
    message: Message,
    kind: str,
    name: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> QueuedEvent:
    action = "deleted" if after is None else "corrected"
    change: AuditEntry = entry(request, kind, name, action, message.event_id, message.event_id, before, after)
    request.table.write([Put(change.to_item())])
    return send(request, message)


def _read_deployment(request: Request) -> tuple[Record, str]:
    """The deployment, and the lock under which it is written."""
    key = request.name
    found = deployments_by_key(request.table, [key]) if _KEY.fullmatch(key) else {}
    if key not in found or not reaches(request, found[key].deployment.service):
        raise not_found("No deployment has this key.")
    return found[key], _lock_of(request, found[key].deployment.service)


def _lock_of(request: Request, service: str) -> str:
    item = request.table.get([service_key(service)]).get(service_key(service))
    return (Service.from_item(item) if item else Service(service)).lock


def _check_stored(request: Request, key: Key, what: str, *, own: bool) -> None:
    item = request.table.get([key]).get(key)
    if item is None or "deleted" in item or not own:
        raise not_found(f"There is no such {what}.")

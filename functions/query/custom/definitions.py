"""/v1/metrics/custom: custom metrics and their definitions.

A definition only says how numbers are read, so a change of it takes effect at once and recounts nothing. Deleting a metric deletes
its points and numbers too, which compute does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.numbers import is_metric_name, read_flag
from leadline.contract.objects import Reader, read_fields
from leadline.contract.text import name_of, one_of, read_note
from leadline.domain.custom_metrics import AGGREGATIONS, DIRECTIONS, UNDEFINED, CustomMetricDefinition
from leadline.domain.errors import Conflict
from leadline.store.metrics import (
    Metric,
    defined_key,
    definition_item,
    definition_key,
    names_after,
    read_metric,
)
from leadline.store.outbox import OutboxMessage, message_event_id
from leadline.store.points import point_lock
from leadline.store.table import Delete, Put, Write, at_version
from query.changes.outbox import TRIES, crowded, new_job, publish
from query.changes.record import entry
from query.custom.report import definition_answer
from query.custom.schemas import CustomMetricConfiguration, CustomMetricPage, CustomMetricSummary
from query.http.body import read_json
from query.http.etags import check_if_match, etag, with_etag
from query.http.faults import Faults, not_found
from query.http.parameters import CURSOR, LIMIT
from query.http.request import Reply, Request
from query.http.values import DEFAULT_LIMIT, same_as
from query.reports.custom_metrics import no_metric, reached_metric, reaches_metric
from query.schemas import QueuedEvent

PARAMETERS = (LIMIT, CURSOR)

_EVERY = tuple(dict.fromkeys(name for names in AGGREGATIONS.values() for name in names))
_FIELDS: dict[str, Reader] = {
    "kind": one_of(*AGGREGATIONS),
    "unit": name_of(50),
    "aggregation": one_of(*_EVERY),
    "direction": one_of(*DIRECTIONS),
    "description": read_note,
}


def metric_page(request: Request) -> CustomMetricPage:
    """Metrics that are defined or have points, in order of name; for a limited key, those with points that it reaches."""
    after = request.position()
    request.sent.faults.check_query()
    limit = request.sent.one("limit", DEFAULT_LIMIT)
    page = list(islice(_list_reached(request, after or "", limit + 1), limit + 1))
    return {
        "items": [_to_entry(metric) for metric in page[:limit]],
        "next_cursor": request.next_cursor(page[limit - 1].name) if len(page) > limit else None,
    }


def _list_reached(request: Request, after: str, at_once: int) -> Iterator[Metric]:
    """The metrics after this name. Those beyond a limited key are skipped: a short page or its cursor would reveal them."""
    while names := names_after(request.table, after, at_once):
        for name in names:
            metric = read_metric(request.table, name)
            if metric and reaches_metric(request, metric):
                yield metric
        after = names[-1]


def get_definition(request: Request) -> Reply | CustomMetricConfiguration:
    """A metric's definition, with its ETag where it is defined. Raises Problem (404)."""
    request.sent.faults.check_query()
    metric = reached_metric(request, request.name)
    return with_etag(definition_answer(metric)) if metric.defined else definition_answer(metric)


def put_definition(request: Request) -> Reply:
    """Defines a metric; omitted fields get their default. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    return _change(request, UNDEFINED)


def patch_definition(request: Request) -> Reply:
    """Changes the given fields of a metric's definition. Raises Problem: 400, 404, 412, 413, 415, 422, 428, 503."""
    return _change(request, None)


def delete_metric(request: Request) -> Reply:
    """Deletes a metric's definition at once; compute deletes its points and numbers. Raises Problem: 404, 412, 428, 503."""
    request.sent.faults.check_query()
    name = _read_name(request)
    for _ in range(TRIES):
        old = read_metric(request.table, name, consistent=True)
        if not old:
            raise no_metric()
        check_if_match(request, definition_answer(old) if old.defined else None)
        message = OutboxMessage("deletion of points", point_lock(name), {"metric": name})
        job = new_job(request, "metric", name, old.version, [message])
        event_id = message_event_id(job.job.id, message.kind)
        made = entry(request, "metric", name, "deleted", event_id, event_id, definition_answer(old))
        gone: list[Write] = [Delete(definition_key(name), at_version(old.version)), Delete(defined_key(name))]
        try:
            request.table.write([Put(made.to_item()), *(gone if old.defined else []), *job.writes()])
        except Conflict:
            continue
        accepted: QueuedEvent = {"event_id": event_id, "status": "queued"}
        return Reply(accepted, publish(request, job))
    raise crowded()


def _change(request: Request, base: CustomMetricDefinition | None) -> Reply:
    """`base`: the definition to change, None for the stored one."""
    request.sent.faults.check_query()
    name = _read_name(request)
    faults = Faults()
    sent = read_json(request.event, request.headers)
    fields = read_fields(sent, _FIELDS, faults, shown={"name": same_as(name), "defined": read_flag})
    faults.check_body()
    for _ in range(TRIES):
        old = read_metric(request.table, name, consistent=True)
        if base is None and not old.defined:
            raise not_found("This metric has no definition; PUT creates one.")
        before = definition_answer(old) if old.defined else None
        check_if_match(request, before)
        new = replace(old, definition=_apply(base or old.definition, fields), version=old.version + 1)
        after = definition_answer(new)
        if old.defined and new.definition == old.definition:
            return with_etag(after)
        action = "changed" if old.defined else "created"
        mark = f"metric.{name}.v{new.version}.{request.now}"
        made = entry(request, "metric", name, action, mark, None, before, after)
        pk, sk = defined_key(name)
        item = definition_item(name, new.definition, new.version)
        try:
            request.table.write([Put(item, at_version(old.version)), Put({"pk": pk, "sk": sk}), Put(made.to_item())])
        except Conflict:
            continue
        return with_etag(after)
    raise crowded()


def _apply(base: CustomMetricDefinition, fields: Mapping[str, Any]) -> CustomMetricDefinition:
    """Raises Problem (422) where the aggregation does not fit the kind."""
    default = CustomMetricDefinition()
    new = replace(
        base, **{field: value if value is not None else getattr(default, field) for field, value in fields.items()}
    )
    if new.aggregation is not None and new.aggregation not in AGGREGATIONS[new.kind]:
        faults = Faults()
        known = ", ".join(AGGREGATIONS[new.kind])
        faults.add(
            "/aggregation",
            InvalidValue("choice", f"must be one of {known} for a {new.kind}"),
        )
        faults.check_body()
    return new.without_defaults()


def _to_entry(metric: Metric) -> CustomMetricSummary:
    answer = definition_answer(metric)
    return {**answer, "etag": etag(answer) if metric.defined else None}


def _read_name(request: Request) -> str:
    if not is_metric_name(request.name):
        raise not_found(
            "Not a valid metric name: use 1 to 100 characters from a-z, 0-9, '.', '_' and '-', starting with a letter."
        )
    return request.name

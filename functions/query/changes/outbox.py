"""Changes that start work in compute: stored together with the work, then published.

    1. the change, its history entry, its job and the outbox are stored in one transaction
    2. what is in the outbox is sent to the queue

Where the process dies between the two, or the queue can't be reached, compute's sweep does the second step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline import telemetry
from leadline.domain.errors import Transient
from leadline.http.problems import Problem, unavailable
from leadline.relay import relay
from leadline.store.outbox import FanOut, Job, NewJob, OutboxMessage, job_id
from leadline.store.table import Item, Put, Write, at_version
from query.changes.record import entry
from query.http.request import Request

TRIES = 5
AT_ONCE = 1_000
"""Messages that a request sends at most: some seconds. The sweep sends the rest."""
JOB_HEADER = "leadline-job"


def new_job(
    request: Request,
    kind: str,
    name: str | None,
    version: int | str,
    messages: Sequence[OutboxMessage] = (),
    fan_out: FanOut | None = None,
) -> NewJob:
    """The job that a change starts. `version`: what sets the change apart from others of this name, at this moment too."""
    who = request.principal.key_id if request.principal is not None else None
    made = job_id(request.now, kind, name or "", version)
    return NewJob.of(Job(made, kind, request.now, request.now, name=name, who=who), messages, fan_out)


def publish(request: Request, job: NewJob | None) -> dict[str, str]:
    """Sends the messages of a job that was stored, and returns the header that names it."""
    if job is None:
        return {}
    left = AT_ONCE
    try:
        for record in job.records:
            if left:
                left -= relay(request.table, request.reach.queue(), record, request.now, left)
    except Transient as transient:
        telemetry.logger("query").warning("published later", extra=telemetry.describe(transient))
    return {JOB_HEADER: job.job.id}


def store(
    request: Request,
    item: Item,
    kind: str,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    event_id: str | None = None,
    also: Sequence[Write] = (),
) -> None:
    """Stores the item's next version with its history entry, and what else is written `also`, in one transaction.

    Raises Conflict where the item has changed since it was read.
    """
    action = "changed" if before is not None else "created"
    made = entry(request, kind, name, action, f"{kind}.{name}.v{item['v']}", event_id, before, after)
    request.table.write([Put(item, at_version(item["v"] - 1)), Put(made.to_item()), *also])


def crowded() -> Problem:
    return unavailable("Other requests kept changing this; try again.", retry_after=1)

"""Deleting dead letters whose events were counted since, so that those that are left still need somebody.

A parked message is kept twice: with its event's trace, from which it is retried, and among the dead letters, where the alarm and
`aws sqs` see it. SQS deletes only by receipt, so a retry can't delete it: the sweep looks through them.
"""

from __future__ import annotations

from compute.deliveries import DeadLetter, Deliveries
from leadline.contract.messages import Envelope
from leadline.domain.errors import Poison
from leadline.store.events import Trace, event_key
from leadline.store.table import Table

MOST = 1_000
"""Dead letters read in one sweep, which takes some two seconds. The next sweeps read the others as these are deleted."""


def clear(table: Table, deliveries: Deliveries) -> int:
    """Deletes the dead letters of counted events and returns how many. Costs one read a dead letter. Raises Transient."""
    deleted = 0
    for letters in deliveries.dead_letters(MOST):
        events = {letter: event_id for letter in letters if (event_id := _event_of(letter)) is not None}
        traces = table.get([event_key(event_id) for event_id in set(events.values())])
        counted = [letter for letter, event_id in events.items() if _is_counted(traces.get(event_key(event_id)))]
        if counted:
            deliveries.drop(counted)
            deleted += len(counted)
    return deleted


def _event_of(letter: DeadLetter) -> str | None:
    try:
        return Envelope.from_json(letter.body).event_id
    except Poison:
        return None


def _is_counted(item: dict[str, object] | None) -> bool:
    trace = Trace.from_item(item) if item is not None else None
    return trace is not None and trace.applied_at is not None and trace.parked_at is None

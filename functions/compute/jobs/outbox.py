"""Sends what is left in the outbox: the request that stored it died, could not reach the queue, or had too much to send."""

from leadline.queue import Queue
from leadline.relay import relay
from leadline.store.outbox import OUTBOX, OutboxRecord, job_prefix
from leadline.store.table import Table

LEFT_AFTER = 60 * 1000
"""Requests end within 30 seconds; what has been in the outbox for so long (milliseconds) nobody else sends."""
MOST_MESSAGES = 5_000
MOST_RECORDS = 200
"""In one run of the sweep: some ten seconds. The next runs send the rest, the oldest first."""


def relay_left(table: Table, queue: Queue, now: int) -> int:
    """Sends what is left and returns how many messages. `now` in epoch milliseconds. Raises Transient."""
    sent = 0
    for item in table.query(OUTBOX, last=job_prefix(now - LEFT_AFTER), limit=MOST_RECORDS):
        if sent >= MOST_MESSAGES:
            break
        sent += relay(table, queue, OutboxRecord.from_item(item), now, MOST_MESSAGES - sent)
    return sent

"""The sweep: takes care of deployments whose SHA is not known yet, on a schedule.

A push or a change completes them without it. For SHAs that never arrive by themselves the sweep queues look-ups at
growing intervals, and gives up after GIVE_UP: the deployment is then `unmatched`, visible, and still completed should its SHA turn
up. It only sends messages, so that all that is written for a repository is written in turn.
"""

from collections.abc import Iterable, Iterator

from leadline.contract.messages import LookupMessage, QueueMessage, SettlementMessage
from leadline.domain.errors import Transient
from leadline.queue import Message, Queue, addressed, deliver
from leadline.store.attention import PENDING, attention_partition
from leadline.store.table import Item, Table

SOURCE = "sweep"
MINUTE = 60 * 1000
HOUR = 60 * MINUTE
PERIOD = 5 * MINUTE
"""How often the sweep runs: an interval that ended since the last run is due now."""

LOOK_AFTER = (5 * MINUTE, 15 * MINUTE, 45 * MINUTE, 2 * HOUR, 5 * HOUR, 11 * HOUR, 23 * HOUR, 36 * HOUR, 47 * HOUR)
GIVE_UP = 48 * HOUR


def due(table: Table, now: int, *, lookups: bool) -> Iterator[Message]:
    """The messages due at `now` (epoch milliseconds). `lookups`: whether any code host is connected. Costs one query a page.

    The newest first: what is found for it mostly completes those before it, too.
    """
    for item in table.query(attention_partition(PENDING), reverse=True):
        age = now - item["since"]
        if age >= GIVE_UP:
            yield _message(SettlementMessage, item, now)
        elif lookups and any(now - PERIOD < item["since"] + after <= now for after in LOOK_AFTER):
            yield _message(LookupMessage, item, now)


def send(queue: Queue, messages: Iterable[Message]) -> int:
    """Queues the messages and returns how many. Raises Transient unless the queue took them all: the next run sends them again."""
    sent = list(messages)
    taken, stopped = deliver(queue, sent)
    if stopped is not None or not all(taken):
        raise Transient("the queue did not take all messages")
    return len(sent)


def _message(kind: type[SettlementMessage] | type[LookupMessage], item: Item, now: int) -> Message:
    deployment = item["sk"].partition("#")[2]
    event_id = f"swp_{kind.kind}_{deployment}_{now // PERIOD}"
    message: QueueMessage = kind(event_id=event_id, received_at=now, source=SOURCE, deployment=deployment)
    return addressed(message, item.get("repository", "service:" + item["service"]))

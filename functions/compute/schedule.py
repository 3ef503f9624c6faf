"""What the schedule asks of compute: {"leadline": "sweep"}, every few minutes."""

from collections.abc import Iterable

from compute.sweep import Errand
from leadline.domain.errors import Transient
from leadline.queue import Message, Queue, compose, deliver, group_of


def send(queue: Queue, errands: Iterable[Errand], now: int) -> int:
    """Queues the errands and says how many. Raises Transient unless the queue took them all: the next run sends them again."""
    messages = [_message(errand, now) for errand in errands]
    taken, stopped = deliver(queue, messages)
    if stopped is not None or not all(taken):
        raise Transient("the queue did not take all errands")
    return len(messages)


def _message(errand: Errand, now: int) -> Message:
    body = compose(errand.kind, errand.event_id, now, errand.data)
    return Message(errand.event_id, body, group_of(errand.lock), errand.event_id)

"""What the schedule asks of compute: {"leadline": "sweep"}, every few minutes."""

from collections.abc import Iterable

from compute.jobs.sweep import Errand
from leadline.domain.errors import Transient
from leadline.queue import Message, Queue, compose, deliver, group_of


def send(queue: Queue, errands: Iterable[Errand], now: int, *, hops: int = 0) -> int:
    """Queues the errands and returns how many. `hops`: messages that led to them, each sent by the one before.

    Raises Transient unless the queue took them all: the next run sends them again.
    """
    messages = [_message(errand, now, hops) for errand in errands]
    taken, stopped = deliver(queue, messages)
    if stopped is not None or not all(taken):
        raise Transient("the queue did not take all errands")
    return len(messages)


def _message(errand: Errand, now: int, hops: int) -> Message:
    body = compose(errand.kind, errand.event_id, now, errand.data, **({"hops": hops} if hops else {}))
    return Message(errand.event_id, body, group_of(errand.lock), errand.event_id)

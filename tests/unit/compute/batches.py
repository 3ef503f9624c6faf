"""A batch as Lambda hands it to compute, and compute on the shipped fakes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from compute.deliveries import MemoryDeliveries
from compute.worker import Compute
from leadline.contract.messages import QueueMessage
from leadline.store.memory import MemoryTable
from tests.builders import MINUTE, REPOSITORY, Event, at
from tests.unit.query.product_api import ProductApi


def a_record(
    body: Event | str, message_id: str, *, receives: int = 1, first_received: int = 0, group: str = REPOSITORY
) -> dict[str, Any]:
    """`first_received` in epoch milliseconds."""
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt-{message_id}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "ApproximateFirstReceiveTimestamp": str(first_received),
            "MessageGroupId": group,
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:events.fifo",
        "awsRegion": "eu-west-1",
    }


class LittleTime:
    """Lambda's context, with so many milliseconds left each time it is asked."""

    def __init__(self, left: Sequence[int]) -> None:
        self._left = list(left)

    def get_remaining_time_in_millis(self) -> int:
        return self._left.pop(0)


class Worker:
    """Compute beside query. Messages have the ids m0, m1, ..."""

    def __init__(self, table: MemoryTable | None = None) -> None:
        self.api = ProductApi(table if table is not None else MemoryTable())
        self.deliveries = MemoryDeliveries()
        self.now = at(12)
        self.compute = Compute(self.api.table, self.api.queue, self.deliveries, None, lambda: self.now)

    def work(
        self,
        *events: Event | str,
        receives: int | Sequence[int] = 1,
        tried_for: int = 0,
        context: Any = None,
        group: str = REPOSITORY,
    ) -> list[int]:
        """One batch; the positions of what stays on the queue. `tried_for`: minutes since it was first received."""
        counts = [receives] * len(events) if isinstance(receives, int) else receives
        first = self.now - tried_for * MINUTE
        records = [
            a_record(body, f"m{position}", receives=counts[position], first_received=first, group=group)
            for position, body in enumerate(events)
        ]
        answer = self.compute.handle({"Records": records}, context)
        return sorted(int(failure["itemIdentifier"][1:]) for failure in answer["batchItemFailures"])

    def listed(self, **query: str) -> list[tuple[str, str]]:
        """The event ids and reasons on the list of the parked."""
        items = self.api.get("/v1/events", status="parked", **query)["items"]
        return [(item["event_id"], item["reason"]) for item in items]

    def why(self, sent: Event) -> tuple[str, str | None]:
        trace = self.api.get(f"/v1/events/{sent['event_id']}")
        return trace["status"], trace["reason"]


def failing_on(sent: Event, error: BaseException, apply: Callable[..., Any]) -> Callable[..., Any]:
    """`apply_message` that raises `error` for this one event."""

    def apply_message(table: Any, message: QueueMessage, now: int) -> Any:
        if message.event_id == sent["event_id"]:
            raise error
        return apply(table, message, now)

    return apply_message

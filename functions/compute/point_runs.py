"""Runs: points of one metric that follow each other on the queue, so that they can be counted together.

A point takes four requests in turn (two reads, itself with its cells, its trace), and ten together take no more. Each stays
a message of its own, so it is sent, traced, parked and retried as if it had come alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from leadline.contract.messages import PointMessage, QueueMessage
from leadline.domain.errors import Transient


@dataclass(slots=True)
class PointRun:
    """Messages of one group and one metric, in order.

    `counted`: None until it was tried to count them together, then whether; `fault`: the passing fault that stopped it.
    """

    metric: str
    messages: list[PointMessage] = field(default_factory=list)
    counted: bool | None = None
    fault: Transient | None = None


def runs_among(batch: Iterable[tuple[SQSRecord, QueueMessage | None]]) -> dict[str, PointRun]:
    """The runs of two or more points in a batch, by the ids of their messages. Any other message ends its group's run."""
    runs: dict[str, PointRun] = {}
    latest: dict[str | None, PointRun] = {}
    for record, message in batch:
        group = record.attributes.message_group_id
        if not isinstance(message, PointMessage):
            latest.pop(group, None)
            continue
        metric = message.data["name"]
        if group not in latest or latest[group].metric != metric:
            latest[group] = PointRun(metric)
        latest[group].messages.append(message)
        runs[record.message_id] = latest[group]
    return {message_id: run for message_id, run in runs.items() if len(run.messages) > 1}

"""Runs: points of one metric that follow each other on the queue, so that they can be counted together.

A point takes four requests in turn (two reads, itself with its cells, its trace), and ten together take no more. Each stays
a message of its own, so it is sent, traced, parked and retried as if nobody had come with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from compute.fold import parse
from leadline.domain.errors import LeadlineError, Transient


@dataclass(slots=True)
class PointRun:
    """Messages of one group and one metric, in order.

    `counted`: None until it was tried to count them together, then whether; `fault`: the passing fault that stopped it.
    """

    metric: str
    bodies: list[str] = field(default_factory=list)
    counted: bool | None = None
    fault: Transient | None = None


def runs_among(records: Iterable[SQSRecord]) -> dict[str, PointRun]:
    """The runs of two or more points in a batch, by the ids of their messages. What tells no point in the right form ends one."""
    runs: dict[str, PointRun] = {}
    latest: dict[str | None, PointRun] = {}
    for record in records:
        group, metric = record.attributes.message_group_id, _metric_of(record.body)
        if metric is None:
            latest.pop(group, None)
            continue
        if group not in latest or latest[group].metric != metric:
            latest[group] = PointRun(metric)
        latest[group].bodies.append(record.body)
        runs[record.message_id] = latest[group]
    return {message_id: run for message_id, run in runs.items() if len(run.bodies) > 1}


def _metric_of(body: str) -> str | None:
    """Of a message that tells a point."""
    try:
        message = parse(body)
    except LeadlineError:
        return None
    name: str | None = message["data"]["name"] if message["kind"] == "point" else None
    return name

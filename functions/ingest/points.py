"""Points of custom metrics: POST /v1/events/metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.fields import Author, Environment, EventTime, Id, Labels, MetricName, Name, Repository, Value
from ingest.models import Complaint, Event
from ingest.refusal import Refused


class Point(Event):
    """One value of a metric."""

    kind = "point"
    prefix = "pnt"

    name: MetricName
    value: Value
    time: EventTime | None = None
    service: Name | None = None
    repository: Repository | None = None
    environment: Environment = "production"
    team: Name | None = None
    author: Author | None = None
    labels: Labels | None = None
    id: Id | None = None

    @classmethod
    def across(cls, sent: Mapping[str, Any]) -> Iterator[Complaint]:
        if "id" not in sent and "time" not in sent:
            detail = "is required where id is not sent: without both, a point sent again would look like a second one"
            yield "time", Refused("missing", detail)

    def data(self) -> dict[str, Any]:
        """As it goes on the queue. A repository says where a point belongs only where no service does."""
        told = super().data()
        if "service" in told:
            told.pop("repository", None)
        return told

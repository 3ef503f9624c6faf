"""A service that is no more than a name is the one of the repository that is named after it: what came first does not matter."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from leadline.store.services import Service
from leadline.store.table import Put
from tests.builders import REPOSITORY, Event, a_change, a_deployment, a_line, at, commits, event
from tests.contract.pipeline import Pipeline

HISTORY: list[Event] = [
    commits(*a_line("c1", "c2")),
    a_change(2, "c2", at(1)),
    a_deployment("c1", at(2)),
    a_deployment("c2", at(3)),
    event("incident", {"id": "INC-1", "service": "shop", "started_at": at(3, 13)}, at(3, 14)),
]


def told(*events: Event) -> tuple[Any, Any]:
    """The services, and October's report."""
    pipeline = Pipeline()
    pipeline.tell(*events)
    report = pipeline.request("GET", "/v1/metrics/dora", "from=2026-10-01&to=2026-11-01&group_by=service").json
    return pipeline.get("/v1/services")["items"], report


def test_the_history_names_the_service_in_its_incident_only() -> None:
    assert [("service" in event["data"], "repository" in event["data"]) for event in HISTORY[2:]] == [
        (False, True),
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize("order", list(permutations(range(2, 5))), ids=str)
def test_an_incident_may_name_a_service_before_its_first_deployment(order: tuple[int, ...]) -> None:
    services, report = told(*HISTORY[:2], *(HISTORY[index] for index in order))
    assert (services, report) == told(*HISTORY)
    assert [service["service"] for service in services] == ["shop"]
    assert report["metrics"]["change_fail_rate"]["failed"] == 1


def test_a_service_that_was_deployed_without_a_repository_is_not_taken_by_one() -> None:
    pipeline = Pipeline()
    pipeline.table.write([Put(Service("shop", None, {"production": [2026]}).to_item())])
    pipeline.tell(*HISTORY[:3])
    tied = {service["service"]: service["repository"] for service in pipeline.get("/v1/services")["items"]}
    assert tied == {REPOSITORY: REPOSITORY, "shop": None}

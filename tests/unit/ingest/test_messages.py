"""An event's message: its id, its group, and what SQS may take for a repeat."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.messages import message
from leadline.contract.event_ids import event_id
from leadline.contract.events import CHANGE, DEPLOYMENT, INCIDENT
from leadline.queue import MemoryQueue, Message
from tests.contract.events_api import NOW, a_change, a_deployment, an_incident


def a_message(received_at: int = NOW, **fields: Any) -> Message:
    return message(DEPLOYMENT.read(a_deployment(**fields), NOW), received_at=received_at)


def test_the_id_depends_on_what_was_said_and_not_on_when_it_came() -> None:
    assert a_message(NOW).event_id == a_message(NOW + 1).event_id
    said = '{"baseline":false,"environment":"production","id":"abcdef0","repository":"acme/api","status":"success"}'
    assert a_message(id="ABCDEF0").event_id == event_id("dep", f"deployment\n{said}")


@pytest.mark.parametrize(
    "other",
    [
        {"id": "b" * 40},
        {"repository": "acme/web"},
        {"service": "checkout"},
        {"environment": "staging"},
        {"status": "failed"},
        {"finished_at": NOW},
        {"deployment_id": "run-7"},
        {"baseline": True},
        {"labels": {"a": "b"}},
    ],
)
def test_saying_anything_else_is_another_event(other: dict[str, Any]) -> None:
    assert a_message(**other).event_id != a_message().event_id


@pytest.mark.parametrize("own", [{"deployment_id": "run-7"}, {"finished_at": NOW}, {"started_at": NOW}])
def test_sqs_may_drop_a_repeat_of_a_deployment_with_an_id_or_time_of_its_own(own: dict[str, Any]) -> None:
    queue = MemoryQueue()
    queue.send([a_message(NOW, **own), a_message(NOW + 5, **own)])
    assert len(queue.messages) == 1


@pytest.mark.parametrize("own", [{}, {"version": "1.2.3"}, {"deployment_id": None, "finished_at": None}])
def test_a_repeat_of_a_deployment_with_neither_reaches_compute(own: dict[str, Any]) -> None:
    queue = MemoryQueue()
    queue.send([a_message(NOW, **own), a_message(NOW + 5, **own)])
    first, second = queue.messages
    assert first.event_id == second.event_id
    assert first.deduplication != second.deduplication


def test_the_group_is_the_repository_else_the_service() -> None:
    assert a_message(service="checkout").group == "acme/api"
    assert message(CHANGE.read(a_change(), NOW), received_at=NOW).group == "acme/api"
    assert message(INCIDENT.read(an_incident(), NOW), received_at=NOW).group == "service:checkout"


@pytest.mark.parametrize("service", ["über", "two words", "x" * 200, "\u202e"])
def test_a_name_that_sqs_refuses_is_hashed(service: str) -> None:
    group = message(INCIDENT.read(an_incident(service=service), NOW), received_at=NOW).group
    assert re.fullmatch(r"hash:[0-9a-f]{64}", group)


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text.isprintable()))
def test_every_group_is_one_that_sqs_takes(service: str) -> None:
    event = INCIDENT.read(an_incident(service=service), NOW)
    assert re.fullmatch(r"[!-~]{1,128}", message(event, received_at=NOW).group)


def test_a_message_counts_bytes_not_characters() -> None:
    assert a_message(version="ü").size == a_message(version="uu").size

"""Messages on the queue: one dataclass per kind, one way to JSON and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compute import apply
from ingest.messages import message
from leadline.contract.events import DEPLOYMENT
from leadline.contract.messages import (
    KINDS,
    EventMessage,
    LoadingMessage,
    LookupMessage,
    QueueMessage,
    RenamingMessage,
    RosterMessage,
    parse,
)
from leadline.domain.errors import NotUnderstood, Poison
from tests.builders import REPOSITORY, at, sha

DATA: dict[str, dict[str, Any]] = {
    "deployment": {"environment": "production", "status": "success", "id": sha("a")},
    "change": {"repository": REPOSITORY, "number": 7},
    "commits": {"repository": REPOSITORY, "commits": []},
    "incident": {"id": "INC-1", "started_at": at(1), "service": "shop"},
    "point": {"name": "reviews", "value": 3},
    "points": {"metric": "reviews", "authors": ["ann"], "from": "2026-01-01", "to": "2026-02-01"},
    "roster": {"lock": REPOSITORY, "services": ["shop"], "authors": ["ann"], "from": "2026-01-01"},
    "service": {"service": "shop", "locks": [REPOSITORY]},
    "correction": {"deployment": "9f3c", "service": "shop", "correction": {"failed": None}, "merge": True},
    "settlement": {"deployment": "9f3c"},
    "deletion of deployment": {"deployment": "9f3c", "service": "shop"},
    "deletion of change": {"repository": REPOSITORY, "number": 7},
    "deletion of incident": {"service": "shop", "incident": "INC-1"},
    "deletion of points": {"metric": "reviews"},
    "lookup": {"deployment": "9f3c"},
    "loading": {"purpose": "backfill", "repository": REPOSITORY, "since": 1, "started_at": 2},
    "renaming": {"number": 1},
}
ENVELOPE = {"v": 1, "event_id": "evt_1", "received_at": at(1)}


def test_every_kind_of_message_has_its_logic_and_an_example_here() -> None:
    jobs: set[type[QueueMessage]] = {LookupMessage, LoadingMessage, RenamingMessage}
    assert apply._LOGIC.keys() | jobs == set(KINDS.values())
    assert DATA.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_comes_back_from_json_as_it_was_sent(kind: str) -> None:
    sent = {**ENVELOPE, "kind": kind, "data": DATA[kind], "source": "api", "source_time": at(0), "hops": 2}
    read = parse(json.dumps(sent))
    assert type(read) is KINDS[kind]
    assert (read.source, read.source_time, read.received_at, read.hops) == ("api", at(0), at(1), 2)
    assert json.loads(read.to_json()) == sent
    assert parse(read.to_json()) == read


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_known_of_a_message_is_not_written(kind: str) -> None:
    sent = {**ENVELOPE, "kind": kind, "data": DATA[kind]}
    assert json.loads(parse(json.dumps(sent)).to_json()) == sent


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_without_what_its_kind_needs_is_malformed(kind: str) -> None:
    with pytest.raises(Poison, match=f"in the {kind}") as caught:
        parse(json.dumps({**ENVELOPE, "kind": kind, "data": {}}))
    assert caught.value.reason == "MALFORMED"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"received_at": "today"}, "MALFORMED"),
        ({"source": 5}, "MALFORMED"),
        ({"source_time": "today"}, "MALFORMED"),
        ({"hops": "many"}, "MALFORMED"),
        ({"data": []}, "MALFORMED"),
        ({"data": {**DATA["roster"], "to": 5}}, "MALFORMED"),
        ({"v": 2, "data": None}, "UNKNOWN_VERSION"),
        ({"kind": "weather"}, "UNKNOWN_KIND"),
    ],
)
def test_a_message_of_another_form_says_why_it_is_not_understood(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises((Poison, NotUnderstood)) as caught:
        parse(json.dumps({**ENVELOPE, "kind": "roster", "data": DATA["roster"], **changed}))
    assert caught.value.reason == reason


def test_the_same_event_has_the_same_id_whichever_way_it_comes() -> None:
    fields = {"id": sha("a"), "repository": REPOSITORY, "deployment_id": "run-1"}
    event = DEPLOYMENT.read(fields, at(1))
    plain = message(event, received_at=at(1))
    by_webhook = message(event, received_at=at(2), source="webhook:github", source_time=at(0))
    assert (plain.event_id, plain.deduplication) == (by_webhook.event_id, by_webhook.deduplication)
    read = parse(by_webhook.body)
    assert isinstance(read, EventMessage)
    assert (read.source, read.source_time, read.received_at) == ("webhook:github", at(0), at(2))


def test_a_day_of_the_roster_has_a_name_of_its_own_in_python() -> None:
    read = parse(json.dumps({**ENVELOPE, "kind": "roster", "data": DATA["roster"]}))
    assert isinstance(read, RosterMessage)
    assert (read.first_day, read.end_day) == ("2026-01-01", None)

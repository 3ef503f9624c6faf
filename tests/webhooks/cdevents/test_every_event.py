"""Every event of CDEvents, in every release, however it is carried: answered, guarded by the key, survived when broken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.cloudevents.vocabulary import EVENTS, RELEASES
from leadline.access.keys import METRICS_READ, create_key
from tests.contract.events_api import NOW, PEPPER, Answer, a_request
from tests.webhooks.cdevents.api import MODES, CDEventsApi, envelope
from tests.webhooks.cdevents.documents import CONTENTS, a_document, conformance_files, every_document
from tests.webhooks.cdevents.documents import RELEASES as TRIED
from tests.webhooks.hooks import mutations

DOCUMENTS = [*every_document(), *conformance_files()]


def is_answered(answer: Answer) -> bool:
    """Whether each event got a 202's result: queued, stored, or ignored and why."""
    if answer.status != 202:
        return False
    return all(result["status"] != "rejected" and _has_reason(result) for result in answer.json["events"])


def _has_reason(result: dict[str, Any]) -> bool:
    return result["status"] in ("queued", "stored") or bool(result["reason"])


def test_the_tests_know_every_event_and_every_release() -> None:
    assert (CONTENTS.keys(), TRIED) == (EVENTS.keys(), RELEASES)


@pytest.mark.parametrize("mode", MODES)
def test_every_event_of_every_release_is_accepted_or_ignored_with_a_reason(mode: str) -> None:
    for name, document in DOCUMENTS:
        answer = CDEventsApi().carry(document, mode)
        assert is_answered(answer), (name, answer.json)


@pytest.mark.parametrize("mode", MODES)
def test_without_a_good_key_none_is_read(mode: str) -> None:
    api = CDEventsApi()
    for _, document in DOCUMENTS:
        headers, body = envelope(document, mode)
        for key in ({}, {"authorization": "Bearer " + api.key[:-1] + "x"}, {"x-api-key": "ll_0"}):
            assert api.send(a_request("/v1/events", body, {**headers, **key})).status == 401
    assert api.queued == []


def test_a_key_that_may_only_read_metrics_may_not_post_events() -> None:
    api = CDEventsApi()
    api.key, _ = create_key(api.table, PEPPER, name="dashboard", scopes=[METRICS_READ], now=NOW)
    assert api.carry(a_document("service.deployed")).status == 403


@pytest.mark.parametrize("mode", MODES)
def test_an_event_broken_in_fifty_ways_is_never_a_fault_of_ours(mode: str) -> None:
    api = CDEventsApi()
    # Each event in each mode, and each release in one of them: what breaks does not depend on both.
    for name, document in DOCUMENTS if mode == "binary" else every_document("0.4.1" if mode == "batch" else "0.5.1"):
        for broken in mutations(document, 50, name):
            answer = api.carry(broken, mode)
            assert answer.status == 202 or 400 <= answer.status < 500, (name, broken)
    assert "bug" not in api.log.getvalue()


@pytest.mark.parametrize("mode", MODES)
def test_a_whole_request_broken_in_fifty_ways_is_never_a_fault_of_ours(mode: str) -> None:
    api = CDEventsApi()
    for name in ("service.deployed", "artifact.packaged", "incident.reported", "change.merged"):
        headers, body = envelope(a_document(name), mode)
        for broken in mutations({"headers": headers, "body": json.loads(body)}, 50, name):
            if isinstance(broken, dict) and isinstance(broken.get("headers"), dict):
                sent = {key: value for key, value in broken["headers"].items() if isinstance(value, str)}
                every = {"authorization": f"Bearer {api.key}", **sent}
                answer = api.send(a_request("/v1/events", json.dumps(broken.get("body")), every))
                assert answer.status == 202 or 400 <= answer.status < 500, broken
    assert "bug" not in api.log.getvalue()

"""The Accept header of who tells events: whoever can't read the answer is told before anything is taken."""

from __future__ import annotations

import json

import pytest

from apidoc.document import committed_document
from tests.contract.events_api import GOOD, EventsApi
from tests.webhooks.cdevents.api import CDEventsApi
from tests.webhooks.cdevents.documents import SHA, a_document
from tests.webhooks.senders import SENDERS, an_api

TAKING_NONE = ["image/png", "*/*;q=0", "text/*, application/xml", "application/json;q=0"]
TAKING_ONE = ["application/json", "application/problem+json", "application/*", "*/*", "", "text/html, */*;q=0.1"]
DEPLOYED = a_document("service.deployed", custom={"commit": SHA})


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("accept", TAKING_NONE)
def test_events_whose_answer_could_not_be_read_are_a_406_and_not_taken(kind: str, accept: str) -> None:
    api = EventsApi()
    answer = api.post(kind, GOOD[kind](), {"accept": accept})
    assert (answer.status, answer.headers["content-type"]) == (406, "application/problem+json")
    assert answer.json["title"] == "Not acceptable"
    assert api.queued == []


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("accept", TAKING_ONE)
def test_who_takes_json_or_problems_in_it_is_answered(kind: str, accept: str) -> None:
    assert EventsApi().post(kind, GOOD[kind](), {"accept": accept}).status == 202


def test_so_it_is_with_cdevents() -> None:
    api = CDEventsApi()
    assert [api.carry(DEPLOYED, accept=accept).status for accept in TAKING_NONE] == [406] * len(TAKING_NONE)
    assert api.queued == []
    assert {api.carry(DEPLOYED, accept=accept).status for accept in TAKING_ONE} == {202}


@pytest.mark.parametrize("name", SENDERS)
def test_a_webhook_is_taken_whatever_its_sender_accepts(name: str) -> None:
    api, sender = an_api(), SENDERS[name]
    body = json.dumps(next(iter(sender.payloads.values()))).encode()
    signed = sender.sign(body, sender.secret)
    statuses = {api.post(sender.source, body, {**signed, "accept": accept}).status for accept in TAKING_NONE}
    assert statuses == {202}


def test_the_document_says_which_of_them_answer_so() -> None:
    posts = {
        path: methods["post"]["responses"]
        for path, methods in committed_document()["paths"].items()
        if path.startswith(("/v1/events", "/v1/webhooks")) and "post" in methods
    }
    assert {path for path, responses in posts.items() if "406" not in responses} == {"/v1/webhooks/{source}"}

"""CloudEvents over HTTP: the three modes, and what each refusal says."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.contract.events_api import Answer, FlakyQueue, a_request
from tests.webhooks.cdevents.api import MODES, CDEventsApi, envelope
from tests.webhooks.cdevents.documents import SHA, a_document

DEPLOYED = a_document("service.deployed", custom={"commit": SHA})


def post(api: CDEventsApi, body: Any, **headers: str) -> Answer:
    every = {"authorization": f"Bearer {api.key}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return api.send(a_request("/v1/events", body if isinstance(body, str | bytes) else json.dumps(body), every))


def test_an_event_reports_the_same_however_it_is_carried() -> None:
    queued = []
    for mode in MODES:
        api = CDEventsApi()
        assert api.carry(DEPLOYED, mode).status == 202
        queued.append(api.queued)
    assert queued[0] == queued[1] == queued[2] != []


def test_a_document_without_any_envelope_is_read_as_what_it_is() -> None:
    api = CDEventsApi()
    assert post(api, DEPLOYED, content_type="application/json").status == 202
    assert len(api.queued) == 1


def test_a_structured_event_may_carry_its_document_in_base64() -> None:
    api = CDEventsApi()
    _, body = envelope(DEPLOYED, "structured")
    event = json.loads(body)
    event["data_base64"] = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    assert post(api, event, content_type="application/cloudevents+json").status == 202
    assert len(api.queued) == 1


def test_attributes_in_headers_are_percent_encoded() -> None:
    document = a_document("service.deployed", custom={"commit": SHA}, id="größer")
    headers, body = envelope(document, "binary")
    assert post(CDEventsApi(), body, **{**headers, "ce-id": "gr%C3%B6%C3%9Fer"}).status == 202


def test_in_a_batch_each_event_has_its_own_result_and_none_sinks_its_neighbours() -> None:
    api = CDEventsApi()
    broken = a_document("service.deployed", content={})
    batch = [
        json.loads(envelope(document, "structured")[1]) for document in (DEPLOYED, broken, a_document("build.queued"))
    ]
    answer = post(api, [*batch, "no event"], content_type="application/cloudevents-batch+json")
    assert (answer.status, [result["status"] for result in answer.json["events"]]) == (
        202,
        ["queued", "rejected", "ignored", "rejected"],
    )
    assert [answer.json[name] for name in ("accepted", "ignored", "rejected")] == [1, 1, 2]
    pointers = {fault["pointer"] for fault in answer.json["events"][1]["errors"]}
    assert pointers == {f"/1/data/subject/content/{name}" for name in ("environment", "artifactId")}


def test_an_empty_batch_is_a_batch() -> None:
    answer = post(CDEventsApi(), [], content_type="application/cloudevents-batch+json")
    assert (answer.status, answer.json["events"]) == (202, [])


@pytest.mark.parametrize(
    ("body", "code"), [({}, "type"), ([{}] * 501, "too_many"), ("{", "not_json"), ("[NaN]", "not_a_number")]
)
def test_what_is_no_batch_is_refused_as_a_whole(body: Any, code: str) -> None:
    answer = post(CDEventsApi(), body, content_type="application/cloudevents-batch+json")
    assert answer.status in (400, 422)
    assert {found for _, found in answer.faults} == {code}


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/cloudevents+avro", "application/json; charset=latin-1"]
)
def test_another_content_type_is_a_415(kind: str) -> None:
    assert post(CDEventsApi(), DEPLOYED, content_type=kind).status == 415


def test_a_compressed_body_and_one_beyond_a_mebibyte_are_refused() -> None:
    headers, body = envelope(DEPLOYED, "binary")
    assert post(CDEventsApi(), body, **headers, content_encoding="gzip").status == 415
    assert post(CDEventsApi(), body + " " * 1024 * 1024, **headers).status == 413


@pytest.mark.parametrize("name", ["id", "source", "type"])
def test_what_the_envelope_says_otherwise_than_the_document_is_refused(name: str) -> None:
    headers, body = envelope(DEPLOYED, "binary")
    answer = post(CDEventsApi(), body, **{**headers, f"ce-{name}": "another"})
    assert (answer.status, answer.faults) == (422, {(f"/context/{name}", "mismatch")})


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"specversion": None},
        {"id": ""},
        {"type": 7},
        {"datacontenttype": "application/xml"},
        {"data": None},
        {"data": [1]},
    ],
)
def test_what_is_no_cloud_event_is_a_422(change: dict[str, Any]) -> None:
    event = {**json.loads(envelope(DEPLOYED, "structured")[1]), **change}
    assert post(CDEventsApi(), event, content_type="application/cloudevents+json").status == 422


def test_an_event_of_another_kind_is_ignored_and_says_why() -> None:
    for kind in (
        "com.github.push",
        "dev.cdeventsx.mytool-process.finished.0.1.0",
        "dev.cdevents.approval.created.0.1.0",
    ):
        document = a_document("build.queued")
        document["context"]["type"] = kind
        result = CDEventsApi().result(document)
        assert (result["status"], bool(result["reason"])) == ("ignored", True)


def test_when_the_queue_is_down_nothing_is_accepted_and_the_sender_is_asked_to_retry() -> None:
    api = CDEventsApi(FlakyQueue(down=0))
    answer = api.carry(DEPLOYED)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_only_post_is_taken() -> None:
    api = CDEventsApi()
    headers, body = envelope(DEPLOYED, "binary")
    event = a_request("/v1/events", body, {**headers, "authorization": f"Bearer {api.key}"}, method="PUT")
    assert api.send(event).status == 405

"""Events are known by name in any version; those of a version that is known are held to its schema."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.webhooks.cdevents.api import CDEventsApi
from tests.webhooks.cdevents.documents import RELEASES, SHA, a_document


def faults_of(document: dict[str, Any]) -> set[tuple[str, str]]:
    answer = CDEventsApi().carry(document, "bare")
    assert answer.status == 422, answer.json
    return answer.faults


def with_type(document: dict[str, Any], version: str) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    changed["context"]["type"] = changed["context"]["type"].rpartition(".0.")[0] + "." + version
    return changed


@pytest.mark.parametrize("version", ["0.1.0", "0.1.1", "0.9.0", "1.0.0", "2.3.4", "0.4.0-draft"])
def test_an_event_of_a_version_never_seen_is_known_by_its_name_and_may_hold_more(version: str) -> None:
    document = with_type(a_document("service.deployed", "0.5.1", custom={"commit": SHA}), version)
    document["context"] |= {"specversion": "0.9.0", "new": 1}
    document["subject"] |= {"new": 1}
    document["subject"]["content"]["new"] = {"a": 1}
    document["new"] = 1
    assert [data["id"] for data in CDEventsApi().post_documents(document)] == [SHA]


def test_an_event_of_a_version_never_seen_still_needs_what_is_read_of_it() -> None:
    bare = with_type(a_document("service.deployed", full=False), "0.9.0")
    bare["subject"]["content"] = {"artifactId": None, "environment": "production"}
    result = CDEventsApi().result(bare)
    assert (result["status"], result["reason"]) == (
        "ignored",
        "no commit and no artifact: send artifactId, or customData.commit",
    )
    for path in (("context", "id"), ("context", "timestamp"), ("subject", "id")):
        broken = copy.deepcopy(bare)
        del broken[path[0]][path[1]]
        assert faults_of(broken) == {("/" + "/".join(path), "missing")}


@pytest.mark.parametrize("release", RELEASES)
def test_a_field_that_the_schema_does_not_have_is_a_fault_wherever_it_stands(release: str) -> None:
    for place in (("context",), ("subject",), ("subject", "content"), ("subject", "content", "environment"), ()):
        document = a_document("service.deployed", release)
        target: Any = document
        for name in place:
            target = target[name]
        target["unknown"] = 1
        assert faults_of(document) == {("/" + "/".join((*place, "unknown")), "extra")}


@pytest.mark.parametrize("release", RELEASES)
def test_a_field_that_the_schema_needs_is_missed(release: str) -> None:
    document = a_document("incident.reported", release)
    del document["subject"]["content"]["ticketURI"], document["subject"]["content"]["environment"]["id"]
    wanted = {("/subject/content/ticketURI", "missing"), ("/subject/content/environment/id", "missing")}
    assert faults_of(document) == wanted


def test_each_version_is_held_to_its_own_schema() -> None:
    # 0.4 calls the page of a run url, 0.5 calls it uri; 0.4 names the subject's type, 0.5 may leave it out.
    for release, other in (("0.4.1", "uri"), ("0.5.1", "url")):
        document = a_document("pipelinerun.queued", release)
        document["subject"]["content"][other] = "https://ci.acme.dev/1"
        assert faults_of(document) == {(f"/subject/content/{other}", "extra")}
    untyped = a_document("service.removed", "0.4.1")
    del untyped["subject"]["type"]
    assert faults_of(untyped) == {("/subject/type", "missing")}
    verdicts = [("0.4.1", "pass", "success"), ("0.5.1", "success", "pass")]
    for release, good, bad in verdicts:
        content = {"environment": {"id": "e"}, "outcome": good}
        assert CDEventsApi().carry(a_document("testcaserun.finished", release, content=content)).status == 202
        assert faults_of(a_document("testcaserun.finished", release, content={**content, "outcome": bad}))


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (("context", "timestamp"), "2026-09-21T12:00:00", "time_zone"),
        (("context", "timestamp"), "1790000000", "time"),
        (("context", "timestamp"), 1790000000, "type"),
        (("context", "source"), "", "empty"),
        (("context", "source"), "a source", "format"),
        (("context", "schemaUri"), "/relative", "format"),
        (("context", "id"), 7, "type"),
        (("context", "links"), [{"linkType": "PATH"}], "missing"),
        (("context", "links"), [{"linkType": "LOOP"}], "choice"),
        (("context", "links"), {}, "type"),
        (("subject", "content", "artifactId"), "", "empty"),
        (("subject", "content", "environment"), "production", "type"),
        (("subject", "content"), [], "type"),
        (("customData",), 1, "type"),
        (("customDataContentType",), {}, "type"),
    ],
)
def test_a_value_that_the_schema_does_not_allow_is_recorded_with_its_place(place: Any, value: Any, code: str) -> None:
    document = a_document("service.deployed")
    target: Any = document
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = value
    found = faults_of(document)
    assert {reason for _, reason in found} == {code}
    assert all(pointer.startswith("/" + "/".join(place)) for pointer, _ in found)

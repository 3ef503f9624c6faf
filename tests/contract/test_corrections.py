"""Corrections and deletions: what they do to the numbers, how they are taken back, and who asked for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadline.access.keys import EVENTS_WRITE, METRICS_READ
from leadline.contract.event_ids import is_event_id
from tests.builders import (
    DAY,
    HOUR,
    REPOSITORY,
    Event,
    a_change,
    a_deployment,
    a_line,
    an_incident,
    at,
    commits,
    the_deployment,
)
from tests.contract.pipeline import Pipeline
from tests.stored import everything, folded_cells, stored_cells

FIRST, SECOND, THIRD = (a_deployment(f"m{number}", at(10 + number), deployment_id=f"d{number}") for number in (1, 2, 3))
CHANGES = [a_change(number, f"m{number}", at(number)) for number in (2, 3)]
GRAPH = commits(*a_line("m0", "m1", "m2", "m3"))
TOLD: list[Event] = [GRAPH, *CHANGES, FIRST, SECOND, THIRD]


def an_api(*more: Event) -> Pipeline:
    api = Pipeline()
    api.tell(*TOLD, *more)
    return api


def path_of(api: Pipeline, name: str) -> str:
    return f"/v1/deployments/{the_deployment(api.table, name).key}"


def counted(api: Pipeline) -> dict[str, Any]:
    """Facts, cells and the ledger, without who asked for what."""
    kinds = ("dep#", "line#", "cell#", "change#", "node#", "ledger#", "wait#", "claim#", "inc", "attention#")
    return {key: item for key, item in everything(api.table).items() if key[0].startswith(kinds)}


def metrics(api: Pipeline) -> Any:
    assert stored_cells(api.table) == folded_cells(api.table)
    return api.dora(from_="2026-10-01", to="2026-11-01")["metrics"]


def test_a_deployment_said_to_have_failed_counts_as_failed_until_that_is_taken_back() -> None:
    api = an_api()
    before = counted(api)
    path = path_of(api, "d2")
    accepted = api.ask("PATCH", path, {"failed": True})
    assert is_event_id(accepted["event_id"])
    assert metrics(api)["change_fail_rate"]["failed"] == 1
    shown = api.get(path)
    assert shown["failed"]
    assert shown["correction"] == {"failed": True, "excluded": False, "remediates": None, "note": None}
    assert api.get(f"/v1/events/{accepted['event_id']}")["status"] == "counted"

    api.ask("PATCH", path, {"failed": None})
    assert metrics(api)["change_fail_rate"]["failed"] == 0
    assert api.get(path)["correction"] is None
    assert counted(api) == before


def test_a_failure_that_was_none_is_said_to_be_none() -> None:
    api = an_api(an_incident("INC-1", at(12) + HOUR))
    assert metrics(api)["change_fail_rate"]["failed"] == 1
    api.ask("PATCH", path_of(api, "d2"), {"failed": False})
    assert metrics(api)["change_fail_rate"]["failed"] == 0


def test_an_excluded_deployment_counts_nowhere_and_its_changes_go_to_the_next_one() -> None:
    api = an_api()
    before = counted(api)
    path = path_of(api, "d2")
    api.ask("PATCH", path, {"excluded": True, "note": "a test of the pipeline"})
    assert metrics(api)["deployment_frequency"]["deployments"] == 2
    assert [change["number"] for change in api.get(path_of(api, "d3"))["changes"]] == [2, 3]
    assert api.get(path)["mapping"]["reason"] == "EXCLUDED"
    api.ask("PATCH", path, {"excluded": False, "note": None})
    assert counted(api) == before


def test_what_a_deployment_repaired_makes_that_one_a_failure_and_itself_rework() -> None:
    api = an_api()
    api.ask("PATCH", path_of(api, "d3"), {"remediates": "d2"})
    found = metrics(api)
    assert (found["change_fail_rate"]["failed"], found["deployment_rework_rate"]["rework"]) == (1, 1)
    assert found["failed_deployment_recovery_time"]["p50"] == pytest.approx(DAY / 1000, rel=0.01)
    api.ask("PATCH", path_of(api, "d3"), {"remediates": None})
    assert metrics(api)["change_fail_rate"]["failed"] == 0


def test_two_corrections_on_their_way_at_once_both_hold() -> None:
    api = an_api()
    path = path_of(api, "d2")
    assert api.send("PATCH", path, {"failed": True}).status == 202
    assert api.send("PATCH", path, {"note": "the second"}).status == 202
    api.settle()
    assert api.get(path)["correction"] == {"failed": True, "excluded": False, "remediates": None, "note": "the second"}


@pytest.mark.parametrize("name", ["d1", "d2", "d3"])
def test_a_deleted_deployment_leaves_what_there_is_without_it(name: str) -> None:
    without = Pipeline()
    without.tell(*(told for told in TOLD if told["data"].get("deployment_id") != name))
    api = an_api()
    path = path_of(api, name)
    api.ask("DELETE", path)
    assert metrics(api) == metrics(without)
    assert stored_cells(api.table) == stored_cells(without.table)
    assert api.request("GET", path).status == 404
    assert api.send("DELETE", path).status == 404
    assert api.send("PATCH", path, {"failed": True}).status == 404


def test_a_deleted_change_leaves_what_there_is_without_it() -> None:
    without = Pipeline()
    without.tell(*(told for told in TOLD if told is not CHANGES[0]))
    api = an_api()
    query = f"repository={REPOSITORY}&number=2"
    api.ask("DELETE", "/v1/changes", query=query)
    assert stored_cells(api.table) == stored_cells(without.table)
    assert api.why(CHANGES[0]) == ("superseded", "DELETED")
    assert api.send("DELETE", "/v1/changes", query=query).status == 404


def test_a_deleted_incident_leaves_what_there_is_without_it() -> None:
    incident = an_incident("INC/1 #", at(12) + HOUR)
    api, without = an_api(incident), an_api()
    assert stored_cells(api.table) != stored_cells(without.table)
    query = "service=shop&id=INC%2F1+%23"
    api.ask("DELETE", "/v1/incidents", query=query)
    assert stored_cells(api.table) == stored_cells(without.table)
    assert api.why(incident) == ("superseded", "DELETED")
    assert api.send("DELETE", "/v1/incidents", query=query).status == 404


def test_what_is_not_there_is_not_found() -> None:
    api = an_api()
    for path in ("/v1/deployments/" + "0" * 24, "/v1/deployments/%20", "/v1/deployments/" + "x" * 3000):
        assert api.send("PATCH", path, {"failed": True}).status == 404
        assert api.send("DELETE", path).status == 404
    assert api.send("DELETE", "/v1/changes", query=f"repository={REPOSITORY}&number=77").status == 404
    assert api.send("DELETE", "/v1/incidents", query="service=shop&id=none").status == 404
    assert api.queue.messages == []


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("", "missing")}),
        ([], {("", "type")}),
        ({"failed": "yes"}, {("/failed", "type")}),
        ({"excluded": None}, {("/excluded", "type")}),
        ({"remediates": "", "note": "x" * 1001}, {("/remediates", "empty"), ("/note", "too_long")}),
        ({"broken": True, "a/b~": 1}, {("/broken", "extra"), ("/a~1b~0", "extra")}),
    ],
)
def test_what_is_wrong_with_a_correction_is_told(body: Any, faults: set[tuple[str, str]]) -> None:
    api = an_api()
    answer = api.send("PATCH", path_of(api, "d2"), body)
    assert (answer.status, answer.faults) == (422, faults)


@pytest.mark.parametrize(
    ("path", "query", "faults"),
    [
        ("/v1/changes", "", {("?repository", "missing"), ("?number", "missing")}),
        ("/v1/changes", "repository=acme/api&number=0", {("?number", "range")}),
        ("/v1/changes", "repository=acme/api&number=²", {("?number", "type")}),
        ("/v1/incidents", "id=1", {("?service", "missing")}),
    ],
)
def test_what_is_wrong_with_a_deletion_is_told(path: str, query: str, faults: set[tuple[str, str]]) -> None:
    answer = an_api().send("DELETE", path, query=query)
    assert (answer.status, answer.faults) == (400, faults)


@pytest.mark.parametrize("scope", [METRICS_READ, EVENTS_WRITE])
def test_only_who_may_change_the_configuration_may_correct(scope: str) -> None:
    api = an_api()
    key = api.a_key(scope)
    assert api.request("PATCH", path_of(api, "d2"), key=key, body="{}", content_type="application/json").status == 403
    for path in (path_of(api, "d2"), "/v1/changes", "/v1/incidents"):
        assert api.request("DELETE", path, key=key).status == 403
    assert api.queue.messages == []


def test_a_queue_that_takes_nothing_is_told_and_the_correction_may_be_repeated() -> None:
    api = an_api()
    api.queue.down = True
    path = path_of(api, "d2")
    answer = api.send("PATCH", path, {"failed": True})
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    api.queue.down = False
    api.ask("PATCH", path, {"failed": True})
    assert api.get(path)["failed"]


def test_who_asked_for_what_is_on_record() -> None:
    api = an_api()
    path = path_of(api, "d2")
    key = path.rpartition("/")[2]
    api.ask("PATCH", path, {"failed": True})
    api.ask("PATCH", path, {"failed": None, "note": "was planned"})
    accepted = api.ask("DELETE", "/v1/changes", query=f"repository={REPOSITORY}&number=2")
    newest, second, first = api.get("/v1/history")["items"]
    assert (newest["kind"], newest["name"], newest["action"]) == ("change", f"{REPOSITORY}#2", "deleted")
    assert newest["event_id"] == accepted["event_id"]
    assert (first["before"], first["after"]) == ({}, {"failed": True})
    assert (second["before"], second["after"]) == ({"failed": True}, {"note": "was planned"})
    assert {entry["key_id"] for entry in (newest, second, first)} == {api.key[3:15]}
    assert first["at"] < second["at"] < newest["at"]
    assert api.get("/v1/history", kind="deployment", name=key)["items"] == [second, first]
    page = api.get("/v1/history", limit="2")
    assert api.get("/v1/history", limit="2", cursor=page["next_cursor"]) == {"items": [first], "next_cursor": None}


def test_a_note_reaches_no_log() -> None:
    api = an_api()
    api.ask("PATCH", path_of(api, "d2"), {"note": "canary-3f9a"})
    assert "canary" not in api.log.getvalue()
    assert json.loads(api.log.getvalue().splitlines()[0])

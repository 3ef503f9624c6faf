"""The Events API as the contract writes it: answers, per-item results, one fault an entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.events_api import (
    GOOD,
    NOW,
    ROUTES,
    SHA,
    EventsApi,
    a_change,
    a_commits_event,
    a_deployment,
    a_request,
    an_incident,
)

KINDS = sorted(GOOD)


@pytest.fixture
def api() -> EventsApi:
    return EventsApi()


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_event_is_queued_and_answered_202(api: EventsApi, kind: str) -> None:
    answer = api.post(kind, GOOD[kind]())
    assert answer.status == 202
    assert answer.headers["content-type"] == "application/json"
    event_id = answer.json["events"][0]["event_id"]
    assert answer.json == {
        "accepted": 1,
        "rejected": 0,
        "events": [{"index": 0, "event_id": event_id, "status": "queued"}],
    }
    (queued,) = api.queued
    assert (queued["v"], queued["kind"], queued["event_id"]) == (1, kind, event_id)
    assert queued["received_at"] == NOW


@pytest.mark.parametrize("kind", KINDS)
def test_one_bad_item_never_sinks_its_neighbours(api: EventsApi, kind: str) -> None:
    good = GOOD[kind]()
    answer = api.post(kind, [{**good, "url_": 1}, good, "no object"])
    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (202, 1, 2)
    first, second, third = answer.json["events"]
    assert (first["index"], first["status"]) == (0, "rejected")
    assert [(fault["pointer"], fault["code"]) for fault in first["errors"]] == [("/0/url_", "extra")]
    assert (second["index"], second["status"]) == (1, "queued")
    assert [(fault["pointer"], fault["code"]) for fault in third["errors"]] == [("/2", "type")]
    assert [message["event_id"] for message in api.queued] == [second["event_id"]]


@pytest.mark.parametrize("body", [{"nothing": 1}, [{"nothing": 1}, {}]])
def test_a_single_bad_object_or_an_array_with_nothing_good_is_a_422(api: EventsApi, body: Any) -> None:
    answer = api.post("incident", body)
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "errors"} <= answer.json.keys()
    assert answer.json["accepted"] == 0
    assert api.queued == []


def test_all_faults_of_an_event_are_told_at_once(api: EventsApi) -> None:
    answer = api.post(
        "deployment",
        {
            "id": "v1.2.3",
            "repository": "https://user:hunter2@github.com/acme/api.git",
            "status": "meh",
            "started_at": "2026-09-21T12:00:00Z",
            "finished_at": "2026-09-21T11:00:00Z",
            "labels": {"a": 1, "": "x"},
            "tag": "v1.2.3",
        },
    )
    assert answer.faults == {
        ("/id", "sha"),
        ("/repository", "repository"),
        ("/status", "status"),
        ("/finished_at", "order"),
        ("/labels/a", "type"),
        ("/labels/", "empty"),
        ("/tag", "extra"),
    }
    details = {fault["pointer"]: fault["detail"] for fault in answer.json["errors"]}
    assert "send github.com/acme/api" in details["/repository"]
    assert "hunter2" not in json.dumps(answer.json)


def test_a_pointer_leads_to_the_fault_inside_arrays_and_odd_names(api: EventsApi) -> None:
    commits = [{"sha": "a" * 40, "parents": ["b" * 40, "c"], "committed_at": 1, "x/y~z": 1}]
    answer = api.post("commits", [a_commits_event(commits=commits)])
    assert answer.faults == {("/0/commits/0/parents/1", "sha"), ("/0/commits/0/x~1y~0z", "extra")}


def test_at_most_a_hundred_faults_are_listed_and_the_rest_is_counted(api: EventsApi) -> None:
    answer = api.post("change", a_change(**{f"x{number}": 1 for number in range(250)}))
    assert len(answer.json["errors"]) == 101
    assert answer.json["errors"][-1] == {"pointer": "", "code": "more", "detail": "150 more faults are not listed"}


def test_an_answer_fits_what_lambda_can_answer_however_much_is_wrong(api: EventsApi) -> None:
    worst = [{f"{'x' * 8}{number}": 1 for number in range(100)} for _ in range(500)]
    assert len(json.dumps(api.post("deployment", worst).json)) < 2 * 1024 * 1024


def test_an_array_holds_1_to_500_events(api: EventsApi) -> None:
    assert api.post("incident", []).faults == {("", "too_few")}
    assert api.post("incident", [an_incident()] * 501).faults == {("", "too_many")}
    assert api.queued == []
    assert api.post("incident", [an_incident(id=f"INC-{n}") for n in range(500)]).json["accepted"] == 500
    assert len(api.queued) == 500


@pytest.mark.parametrize("body", ["1", '"x"', "true", "null", "1.5"])
def test_a_body_that_is_neither_object_nor_array_is_a_422(api: EventsApi, body: str) -> None:
    answer = api.post_raw("deployment", body)
    assert (answer.status, answer.faults) == (422, {("", "type")})


@pytest.mark.parametrize("kind", KINDS)
def test_sending_the_same_event_again_gives_the_same_event_id(api: EventsApi, kind: str) -> None:
    first = api.post(kind, GOOD[kind]()).json["events"][0]["event_id"]
    api.now += 60_000
    again = api.post(kind, dict(reversed(GOOD[kind]().items()))).json["events"][0]["event_id"]
    assert first == again
    prefixes = {"deployment": "dep_", "change": "chg_", "incident": "inc_", "commits": "cmt_", "point": "pnt_"}
    assert first.startswith(prefixes[kind])
    assert len(first) == 28


def test_spellings_of_the_same_event_have_one_event_id(api: EventsApi) -> None:
    plain = api.post("deployment", a_deployment(status="success", finished_at="2026-09-21T10:00:00Z"))
    other = api.post(
        "deployment", a_deployment(id=SHA.upper(), environment="production", finished_at=1789984800, version=None)
    )
    assert plain.json["events"][0]["event_id"] == other.json["events"][0]["event_id"]


@pytest.mark.parametrize("kind", KINDS)
def test_null_means_not_sent(api: EventsApi, kind: str) -> None:
    optional = {
        "deployment": "finished_at",
        "change": "author",
        "incident": "severity",
        "commits": "branch",
        "point": "team",
    }[kind]
    assert optional not in api.data_of(kind, {**GOOD[kind](), optional: None})
    assert api.post(kind, {**GOOD[kind](), "unheard_of": None}).faults == {("/unheard_of", "extra")}


def test_a_deployments_defaults_are_production_and_success(api: EventsApi) -> None:
    assert api.data_of("deployment", a_deployment()) == {
        "id": SHA,
        "repository": "acme/api",
        "environment": "production",
        "status": "success",
        "baseline": False,
    }


def test_a_deployment_is_normalised(api: EventsApi) -> None:
    sent = a_deployment(
        id=SHA[:9].upper(),
        repository="GitHub.com/Acme/API",
        service=" checkout ",
        environment="staging",
        status="SUCCEEDED",
        started_at="2026-09-21T10:00:00+02:00",
        finished_at=1_789_984_800,
        deployment_id="run-7",
        previous_id="ABCDEF0",
        remediates="run-6",
        version="1.2.3",
        url="https://ci.acme.dev/7",
        labels={"region": "eu"},
    )
    assert api.data_of("deployment", sent) == {
        "id": SHA[:9],
        "repository": "github.com/Acme/API",
        "service": "checkout",
        "environment": "staging",
        "status": "success",
        "started_at": 1_789_977_600_000,
        "finished_at": 1_789_984_800_000,
        "deployment_id": "run-7",
        "previous_id": "abcdef0",
        "baseline": False,
        "remediates": "run-6",
        "version": "1.2.3",
        "url": "https://ci.acme.dev/7",
        "labels": {"region": "eu"},
    }


def test_a_change_is_normalised(api: EventsApi) -> None:
    sent = a_change(
        number="42",
        author="ada",
        base_branch="trunk",
        merge_sha=SHA.upper(),
        head_sha="ABCDEF0",
        commit_shas=["ABCDEF0", "abcdef0", SHA],
        first_commit_at="1970-01-02T00:00:00Z",
        opened_at="2026-09-20T10:00:00.5Z",
        merged_at="2026-09-20T11:00:00Z",
        paths=["src/a.py", "src/a.py", "b"],
        labels=["bug", "bug"],
        head_branch="hotfix/totals",
        title="Revert: ask ann@acme.dev",
        url="http://git.acme.dev/42",
    )
    assert api.data_of("change", sent) == {
        "repository": "acme/api",
        "number": 42,
        "author": "ada",
        "base_branch": "trunk",
        "merge_sha": SHA,
        "head_sha": "abcdef0",
        "commit_shas": ["abcdef0", SHA],
        "first_commit_at": 86_400_000,
        "opened_at": 1_789_898_400_500,
        "merged_at": 1_789_902_000_000,
        "paths": ["src/a.py", "b"],
        "labels": ["bug"],
        "head_branch": "hotfix/totals",
        "title": "Revert: ask ann",
        "url": "http://git.acme.dev/42",
    }
    assert api.data_of("change", a_change()) == {"repository": "acme/api", "number": 7}


def test_an_incident_and_commits_are_normalised(api: EventsApi) -> None:
    assert api.data_of("incident", an_incident(deployment="run-7", resolved_at=1_789_984_900)) == {
        "id": "INC-1",
        "service": "checkout",
        "started_at": 1_789_984_800_000,
        "resolved_at": 1_789_984_900_000,
        "deployment": "run-7",
    }
    commit = {"sha": "A" * 64, "parents": [], "committed_at": 0, "authored_at": 4_000_000_000, "author": "dev-1"}
    commit["cherry_picked_from"] = "ABCDEF0"
    assert api.data_of("commits", a_commits_event(branch="main", commits=[commit])) == {
        "repository": "acme/api",
        "branch": "main",
        "commits": [
            {
                "sha": "a" * 64,
                "parents": [],
                "committed_at": 0,
                "authored_at": 4_000_000_000_000,
                "author": "dev-1",
                "cherry_picked_from": "abcdef0",
            }
        ],
    }


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        ("deployment", {"repository": "acme/api"}, ("/id", "missing")),
        ("deployment", {"repository": "acme/api", "baseline": "true"}, ("/baseline", "type")),
        ("deployment", {"id": SHA}, ("/repository", "missing")),
        ("deployment", a_deployment(id="abc123"), ("/id", "sha")),
        ("deployment", a_deployment(id="a" * 65), ("/id", "sha")),
        ("deployment", a_deployment(id=1234567), ("/id", "type")),
        ("deployment", a_deployment(previous_id="main"), ("/previous_id", "sha")),
        ("deployment", a_deployment(finished_at="2026-09-21T10:00:00"), ("/finished_at", "time_zone")),
        ("deployment", a_deployment(finished_at="yesterday"), ("/finished_at", "time")),
        ("deployment", a_deployment(finished_at=NOW + 86_400_001), ("/finished_at", "future")),
        ("deployment", a_deployment(started_at=NOW + 86_400_001), ("/started_at", "future")),
        ("deployment", a_deployment(finished_at=20260921), ("/finished_at", "range")),
        ("deployment", a_deployment(labels={str(n): "x" for n in range(21)}), ("/labels", "too_many")),
        ("deployment", a_deployment(labels=["x"]), ("/labels", "type")),
        ("deployment", a_deployment(labels={"x" * 101: "y"}), ("/labels/" + "x" * 100 + "…", "too_long")),
        ("deployment", a_deployment(version="x" * 201), ("/version", "too_long")),
        ("deployment", a_deployment(version=""), ("/version", "empty")),
        ("deployment", a_deployment(service="a\u0000b"), ("/service", "control_character")),
        ("deployment", a_deployment(deployment_id="é" * 101), ("/deployment_id", "too_long")),
        ("deployment", a_deployment(url="javascript:alert(1)"), ("/url", "url")),
        ("deployment", a_deployment(url="https://user:hunter2@ci.acme.dev/7"), ("/url", "url")),
        ("deployment", a_deployment(url="https://[::1"), ("/url", "url")),
        ("change", {"repository": "acme/api"}, ("/number", "missing")),
        ("change", {"number": 1}, ("/repository", "missing")),
        ("change", a_change(number=0), ("/number", "range")),
        ("change", a_change(number=2**53), ("/number", "range")),
        ("change", a_change(number=True), ("/number", "type")),
        ("change", a_change(number=1.5), ("/number", "type")),
        ("change", a_change(merged_at=NOW), ("/merge_sha", "missing")),
        ("change", a_change(commit_shas="abcdef0"), ("/commit_shas", "type")),
        ("change", a_change(commit_shas=["abcdef0", None]), ("/commit_shas/1", "type")),
        ("change", a_change(commit_shas=["abcdef0"] * 2501), ("/commit_shas", "too_many")),
        ("change", a_change(paths=[""]), ("/paths/0", "empty")),
        ("change", a_change(labels=["x"] * 101), ("/labels", "too_many")),
        ("change", a_change(strategy="squash"), ("/strategy", "extra")),
        ("incident", {"id": "1", "started_at": NOW}, ("/repository", "missing")),
        ("incident", {"service": "x", "started_at": NOW}, ("/id", "missing")),
        ("incident", {"id": "1", "service": "x"}, ("/started_at", "missing")),
        ("incident", an_incident(resolved_at="2026-09-21T09:59:59Z"), ("/resolved_at", "order")),
        ("incident", an_incident(resolved_at=NOW + 86_400_001), ("/resolved_at", "future")),
        ("commits", a_commits_event(commits=[]), ("/commits", "too_few")),
        ("commits", a_commits_event(commits={}), ("/commits", "type")),
        ("commits", a_commits_event(commits=["x"]), ("/commits/0", "type")),
        (
            "commits",
            a_commits_event(commits=[{"sha": "a" * 40, "parents": []}]),
            ("/commits/0/committed_at", "missing"),
        ),
        (
            "commits",
            a_commits_event(commits=[{"sha": "abcdef0", "parents": [], "committed_at": 1}]),
            ("/commits/0/sha", "sha"),
        ),
    ],
)
def test_each_fault_has_its_pointer_and_code(
    api: EventsApi, kind: str, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = api.post(kind, body)
    assert answer.status == 422
    assert fault in answer.faults
    assert "hunter2" not in json.dumps(answer.json)
    assert api.queued == []


def test_a_baseline_may_go_without_a_sha_and_a_service_without_a_repository(api: EventsApi) -> None:
    assert api.data_of("deployment", {"repository": "acme/api", "baseline": True})["baseline"] is True
    assert api.data_of("deployment", {"id": SHA, "service": "checkout"})["service"] == "checkout"


def test_a_finish_up_to_a_day_ahead_of_our_clock_is_taken(api: EventsApi) -> None:
    assert api.data_of("deployment", a_deployment(finished_at=NOW + 86_400_000))["finished_at"] == NOW + 86_400_000


def test_an_event_too_large_for_the_table_is_refused_by_itself(api: EventsApi) -> None:
    large = a_change(paths=[f"{number:04}{'x' * 96}" for number in range(2700)])
    answer = api.post("change", [large, a_change()])
    assert answer.json["events"][0]["errors"][0]["code"] == "too_large"
    assert answer.json["accepted"] == 1


@pytest.mark.parametrize(
    "path", ["/v1/events", "/v1/events/deployment", "/v1/events/deployments/", "/", "/v1/webhooks/x"]
)
def test_an_unknown_path_is_a_404(api: EventsApi, path: str) -> None:
    answer = api.send(a_request(path, "{}", {"authorization": f"Bearer {api.key}"}))
    assert (answer.status, answer.json["status"]) == (404, 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_another_method_is_a_405_that_names_the_right_one(api: EventsApi, method: str) -> None:
    answer = api.send(a_request(ROUTES["change"], None, method=method))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_every_kind_of_problem_has_a_type_of_its_own(api: EventsApi) -> None:
    wrong = [
        api.send(a_request("/v1/nothing", "{}")),
        api.send(a_request(ROUTES["change"], "{}", method="GET")),
        api.send(a_request(ROUTES["change"], "{}")),
        api.post_raw("change", "{"),
        api.post_raw("change", "{}", {"content-type": "text/plain"}),
        api.post_raw("change", "1" * 2_000_000),
        api.post("change", {}),
    ]
    assert [answer.status for answer in wrong] == [404, 405, 401, 400, 415, 413, 422]
    assert len({answer.json["type"] for answer in wrong}) == len(wrong)
    assert all(answer.json["status"] == answer.status for answer in wrong)


def test_a_bug_of_ours_is_a_500_that_tells_nothing(api: EventsApi) -> None:
    answer = api.send({"rawPath": ROUTES["change"], "headers": {"x-secret": "hunter2"}})
    assert (answer.status, answer.json["title"]) == (500, "Internal error")
    assert "KeyError" in api.log.getvalue()
    assert "hunter2" not in json.dumps(answer.json) + api.log.getvalue()


class TestIdempotencyKey:
    def test_is_the_deployment_id_of_a_single_event(self, api: EventsApi) -> None:
        for header in ("run-7", '"run-7"'):
            assert api.post("deployment", a_deployment(), {"idempotency-key": header}).status == 202
        assert [queued["data"]["deployment_id"] for queued in api.queued] == ["run-7"]
        assert api.post("deployment", a_deployment(deployment_id="run-7"), {"idempotency-key": "run-7"}).status == 202

    @pytest.mark.parametrize(
        ("body", "header"),
        [([a_deployment()], "run-7"), (a_deployment(deployment_id="other"), "run-7"), (a_deployment(), "")],
    )
    def test_is_refused_where_it_can_not_hold(self, api: EventsApi, body: Any, header: str) -> None:
        answer = api.post("deployment", body, {"idempotency-key": header})
        assert (answer.status, answer.json["title"]) == (400, "Invalid Idempotency-Key")
        assert api.queued == []

    def test_means_nothing_for_events_with_an_identity_of_their_own(self, api: EventsApi) -> None:
        assert api.post("change", [a_change()], {"idempotency-key": "x"}).status == 202

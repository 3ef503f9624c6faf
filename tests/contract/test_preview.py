"""A preview says what the deployment then gets, and leaves no trace."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leadline.access.keys import EVENTS_WRITE
from leadline.store.services import Service
from leadline.store.table import Put
from tests.builders import REPOSITORY, a_change, a_deployment, a_line, at, commits, sha, the_deployment
from tests.contract.pipeline import Pipeline
from tests.histories import a_history

SEEDS = st.integers(min_value=0, max_value=10_000_000)
LINE = commits(*a_line("m0", "m1", "m2", "m3"))
CHANGES = [a_change(2, "m2", at(2), paths=["web/a"]), a_change(3, "m3", at(3), author="dependabot[bot]")]
FIRST = a_deployment("m1", at(10), deployment_id="d1")


def preview(api: Pipeline, **fields: Any) -> Any:
    answer = api.send("POST", "/v1/deployments/preview", fields)
    assert answer.status == 200, answer.text
    return answer.json


def an_api() -> Pipeline:
    api = Pipeline()
    api.tell(LINE, *CHANGES, FIRST)
    return api


def stored(api: Pipeline) -> dict[Any, Any]:
    """Everything but what is kept of each request, whatever it asks for."""
    kept = ("access#", "used#", "plan#", "quota#")
    return {(item["pk"], item["sk"]): item for item in api.table.scan() if not item["pk"].startswith(kept)}


def of_record(api: Pipeline, key: str) -> dict[str, Any]:
    shown = api.get(f"/v1/deployments/{key}")
    return {name: shown[name] for name in ("changes", "direct_commits", "mapping")}


def test_every_fault_of_a_preview_is_refused_at_once() -> None:
    answer = Pipeline().send("POST", "/v1/deployments/preview", {"environment": "", "previous_id": "main"})
    expected = {
        ("/environment", "empty"),
        ("/previous_id", "sha"),
        ("/id", "missing"),
        ("/repository", "missing"),
    }
    assert (answer.status, answer.faults) == (422, expected)


@given(seed=SEEDS, order=SEEDS, graph=st.booleans(), direct=st.sampled_from(["list", "count"]))
@hypothesis_settings(max_examples=30, deadline=None)
def test_a_preview_is_what_the_deployment_then_gets(seed: int, order: int, graph: bool, direct: str) -> None:
    draw = random.Random(order)
    events = [json.loads(message) for message in a_history(seed, graph=graph).messages]
    draw.shuffle(events)
    api = Pipeline()
    api.ask("PATCH", "/v1/settings", {"direct_commits": direct}, if_match="*")
    for told in events:
        data = told["data"]
        if told["kind"] == "deployment" and data["status"] == "success" and "finished_at" in data:
            api.now = data["finished_at"] - 1  # asking takes a millisecond
            fields = ("id", "repository", "service", "environment", "previous_id", "baseline")
            before = stored(api)
            shown = preview(api, **{name: data[name] for name in fields if name in data})
            assert stored(api) == before
            assert api.queue.messages == []
            api.tell(told)
            key = api.trace(told)["deployment"]
            assert {name: shown[name] for name in ("changes", "direct_commits", "mapping")} == of_record(api, key)
        else:
            api.tell(told)


def test_it_says_which_service_it_would_be() -> None:
    api = an_api()
    api.table.write([Put(Service("other", "github.com/acme/other").to_item()), Put(Service("till").to_item())])

    def resolved(**fields: Any) -> tuple[str, str]:
        shown = preview(api, id=sha("m2"), **fields)
        return (shown["service"], shown["resolved"])

    assert resolved(repository=REPOSITORY) == ("shop", "known")
    assert resolved(service="shop") == ("shop", "known")
    assert resolved(repository="github.com/acme/new") == ("new", "created")
    assert resolved(repository=REPOSITORY, service="till") == ("till", "tied")
    assert resolved(repository=REPOSITORY, service="other") == ("other", "mismatch")


@pytest.mark.parametrize(
    ("fields", "status", "reason", "numbers"),
    [
        ({"id": sha("m3")}, "mapped", "RANGE", [2, 3]),
        ({"id": sha("m3").upper()[:9]}, "mapped", "RANGE", [2, 3]),
        ({"id": sha("m3"), "previous_id": sha("m2")}, "mapped", "SENT_RANGE", [3]),
        ({"id": sha("m1")}, "mapped", "REDEPLOY", []),
        ({"id": sha("m3"), "environment": "staging"}, "baseline", "BASELINE", [3]),
        ({"baseline": True}, "baseline", "BASELINE", []),
        ({"id": sha("unknown")}, "pending", "SHA_NOT_FOUND", []),
        ({"id": sha("m3"), "service": "other"}, "unmatched", "REPOSITORY_MISMATCH", []),
    ],
)
def test_it_has_the_reason_and_what_to_do(fields: dict[str, Any], status: str, reason: str, numbers: list[int]) -> None:
    api = an_api()
    api.table.write([Put(Service("other", "github.com/acme/other").to_item())])
    shown = preview(api, repository=REPOSITORY, **fields)
    assert (shown["mapping"]["status"], shown["mapping"]["reason"]) == (status, reason)
    assert [change["number"] for change in shown["changes"]] == numbers
    assert shown["advice"]


def test_it_heeds_the_settings_and_the_services_files() -> None:
    api = an_api()
    api.ask("PATCH", "/v1/settings", {"bots": ["*[bot]"]}, if_match="*")
    assert [change["number"] for change in preview(api, repository=REPOSITORY, id=sha("m3"))["changes"]] == [2]
    api.ask("PATCH", "/v1/services/shop", {"paths": ["till/"]}, if_match="*")
    assert preview(api, repository=REPOSITORY, id=sha("m3"))["changes"] == []


def test_the_lead_time_ends_now() -> None:
    api = an_api()
    change = preview(api, repository=REPOSITORY, id=sha("m2"))["changes"][0]
    first_commit = CHANGES[0]["data"]["first_commit_at"]
    assert change == {
        "repository": REPOSITORY,
        "number": 2,
        "author": "ann",
        "lead_time": api.now // 1000 - first_commit // 1000,
    }
    assert the_deployment(api.table, "d1").changes == ()


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"repository": "acme/api"}, {("/id", "missing")}),
        ({"id": "abcdef0"}, {("/repository", "missing")}),
        ({"id": "main", "repository": "https://github.com/acme/api"}, {("/id", "sha"), ("/repository", "repository")}),
        ({"id": "abcdef0", "service": "x", "status": "success"}, {("/status", "extra")}),
        ({"baseline": "yes", "service": "x"}, {("/baseline", "type")}),
    ],
)
def test_what_is_wrong_with_it_is_told(body: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    answer = Pipeline().send("POST", "/v1/deployments/preview", body)
    assert (answer.status, answer.faults) == (422, faults)


def test_who_may_only_send_events_previews_nothing_and_nobody_reads_it_as_a_deployment() -> None:
    api = Pipeline()
    request = {"body": "{}", "content_type": "application/json"}
    assert api.request("POST", "/v1/deployments/preview", key=api.a_key(EVENTS_WRITE), **request).status == 403
    assert api.request("GET", "/v1/deployments/preview").headers["allow"] == "POST"

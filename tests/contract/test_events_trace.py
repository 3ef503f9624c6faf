"""The event trace: every reason code is forced, and read from the trace of exactly that event."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from compute.apply import apply_message, note_parked
from compute.jobs.lookup import look_up
from compute.vcs.connection import Connections
from compute.vcs.port import Unavailable
from leadline.access.keys import EVENTS_WRITE, METRICS_READ
from leadline.contract.event_ids import event_id, is_event_id
from leadline.contract.messages import parse
from leadline.contract.reasons import REASONS
from leadline.domain.errors import Poison
from leadline.queue import MemoryQueue
from leadline.store.services import Service, service_key
from leadline.store.table import Put
from tests.builders import (
    HOUR,
    MINUTE,
    REPOSITORY,
    Event,
    a_change,
    a_deployment,
    a_line,
    an_incident,
    at,
    commits,
    event,
    sha,
    the_deployment,
)
from tests.contract.pipeline import Pipeline
from tests.points import a_point

WHY = (Path(__file__).parents[2] / "docs" / "why.md").read_text()


LINE = commits(*a_line("m0", "m1", "m2", "m3"), "side <- m1")
FIRST = a_deployment("m1", at(10), deployment_id="d1")
STORY = Callable[[Pipeline], Event]


def after_the_first(commit: str | None, **fields: Any) -> STORY:
    """A second deployment, after `FIRST`."""

    def story(api: Pipeline) -> Event:
        second = a_deployment(commit, at(12), **{"deployment_id": "d2", **fields})
        api.tell(LINE, a_change(2, "m2", at(2)), FIRST, second)
        return second

    return story


def baseline(api: Pipeline) -> Event:
    api.tell(LINE, FIRST)
    return FIRST


def exact(api: Pipeline) -> Event:
    head = a_deployment("head", at(12), deployment_id="d2")
    api.tell(LINE, commits("head <- m0"), a_change(9, "m3", at(11), head_sha=sha("head")), FIRST, head)
    return head


def rollback(api: Pipeline) -> Event:
    back = a_deployment("m0", at(14), deployment_id="d3")
    api.tell(LINE, FIRST, back)
    return back


def duplicate(api: Pipeline) -> Event:
    again = [a_deployment("m1", None, received=at(10) + minutes * MINUTE) for minutes in (0, 5)]
    api.tell(LINE, *again)
    return again[1]


def same_id(api: Pipeline) -> Event:
    first, second = (a_point(value, at(10), id="c-1", received=at(10) + value) for value in (1, 2))
    api.tell(first, second)
    return second


def ambiguous(api: Pipeline) -> Event:
    told = commits("m0")
    for digit in "12":
        told["data"]["commits"].append({**told["data"]["commits"][0], "sha": "abcdef0" + digit * 33, "parents": []})
    short = a_deployment("m0", at(12), deployment_id="d2")
    short["data"]["id"] = "abcdef0"
    api.tell(told, short)
    return short


class Unreachable:
    """Code hosts that can't be asked."""

    def of(self, repository: str) -> Any:
        raise Unavailable("the host can't be reached")


def unavailable(api: Pipeline) -> Event:
    told = after_the_first("unknown")(api)
    look_up(api.table, cast(Connections, Unreachable()), the_deployment(api.table, "d2").key, at(13))
    return told


def mismatch(api: Pipeline) -> Event:
    api.table.write([Put(Service("shop", "github.com/acme/other").to_item())])
    told = a_deployment("m1", at(10), deployment_id="d1", service="shop")
    api.tell(told)
    return told


def excluded(api: Pipeline) -> Event:
    api.tell(LINE, FIRST)
    key = the_deployment(api.table, "d1").key
    api.tell(event("correction", {"deployment": key, "correction": {"excluded": True}}, at(11)))
    return FIRST


def deleted(api: Pipeline) -> Event:
    api.tell(LINE, FIRST)
    key = the_deployment(api.table, "d1").key
    api.tell(event("deletion of deployment", {"deployment": key}, at(11)))
    return FIRST


def superseded(api: Pipeline) -> Event:
    begun = a_deployment("m1", None, deployment_id="d1", status="in_progress", received=at(9))
    api.tell(LINE, begun, FIRST)
    return begun


def a_change_that(is_merged: bool) -> STORY:
    def story(api: Pipeline) -> Event:
        told = a_change(7, "m1", at(2)) if is_merged else a_change(7, None)
        api.tell(told)
        return told

    return story


def an_incident_before_all(api: Pipeline) -> Event:
    told = an_incident("INC-1", at(9))
    api.tell(LINE, FIRST, told)
    return told


def parked(kind: str, data: dict[str, Any], **message: Any) -> STORY:
    def story(api: Pipeline) -> Event:
        told = {**event(kind, data, at(10)), **message}
        api.tell(told)
        return told

    return story


def given_up_for(reason: str) -> STORY:
    """As compute gives up an event. When it does is shown in tests/unit/compute/test_batch.py."""

    def story(api: Pipeline) -> Event:
        note_parked(api.table, json.dumps(FIRST), Poison(reason, "why"), at(10), REPOSITORY)
        return FIRST

    return story


tried_for_the_last_time = given_up_for("FAILED_REPEATEDLY")


NOWHERE = {"environment": "production", "status": "success", "id": sha("m1")}
FORCED: dict[str, tuple[str, STORY]] = {
    "BASELINE": ("counted", baseline),
    "EXACT": ("counted", exact),
    "RANGE": ("counted", after_the_first("m2")),
    "SENT_RANGE": ("counted", after_the_first("m3", previous_id=sha("m2"))),
    "ROLLBACK": ("counted", rollback),
    "REDEPLOY": ("counted", after_the_first("m1")),
    "DUPLICATE": ("duplicate", duplicate),
    "SAME_ID": ("duplicate", same_id),
    "DIVERGED": ("counted", lambda api: diverged(api)),
    "SHA_NOT_FOUND": ("pending", after_the_first("unknown")),
    "SHA_AMBIGUOUS": ("pending", ambiguous),
    "VCS_UNAVAILABLE": ("pending", unavailable),
    "NOT_SUCCESSFUL": ("counted", after_the_first("m2", status="failure")),
    "NOT_PRODUCTION": ("counted", after_the_first("m2", environment="staging")),
    "REPOSITORY_MISMATCH": ("unmatched", mismatch),
    "EXCLUDED": ("superseded", excluded),
    "DELETED": ("superseded", deleted),
    "SUPERSEDED": ("superseded", superseded),
    "NOT_MERGED": ("pending", a_change_that(False)),
    "NOT_DEPLOYED": ("pending", a_change_that(True)),
    "NO_DEPLOYMENT": ("unmatched", an_incident_before_all),
    "UNKNOWN_KIND": ("parked", given_up_for("UNKNOWN_KIND")),
    "UNKNOWN_VERSION": ("parked", given_up_for("UNKNOWN_VERSION")),
    "MALFORMED": ("parked", parked("deployment", {"id": sha("m1")})),
    "NO_SERVICE": ("parked", parked("deployment", NOWHERE)),
    "NO_SUCH_DEPLOYMENT": ("parked", parked("correction", {"deployment": "0" * 24, "correction": {}})),
    "FAILED_REPEATEDLY": ("parked", tried_for_the_last_time),
    "UNEXPECTED_ERROR": ("parked", given_up_for("UNEXPECTED_ERROR")),
    "TOO_MANY_HOPS": ("parked", given_up_for("TOO_MANY_HOPS")),
}


def diverged(api: Pipeline) -> Event:
    side = a_deployment("s2", at(14), deployment_id="d3")
    api.tell(LINE, commits("s1 <- m0", "s2 <- s1"), a_change(8, "s2", at(3)), FIRST, side)
    return side


@pytest.mark.parametrize("code", [entry.code for entry in REASONS.values() if entry.traced])
def test_each_reason_is_read_from_the_trace_of_what_forces_it(code: str) -> None:
    api = Pipeline()
    status, story = FORCED[code]
    told = story(api)
    trace = api.trace(told)
    assert (trace["status"], trace["reason"]) == (status, code)
    assert trace["advice"] == REASONS[code].advice
    assert trace["event_id"] == told["event_id"]


def test_docs_why_explains_each_reason_as_the_answers_do() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|$", WHY, re.MULTILINE))
    assert rows == {code: entry.advice for code, entry in REASONS.items()}


def test_a_mismatch_names_the_repository_that_was_sent_and_the_one_its_service_is_tied_to() -> None:
    api = Pipeline()
    trace = api.trace(mismatch(api))
    steps = {step["step"]: step["detail"] for step in trace["steps"]}
    assert (trace["repository"], steps["service"]) == (REPOSITORY, "the service shop belongs to github.com/acme/other")
    assert (steps["range"], steps["changes"]) == ("REPOSITORY_MISMATCH", "no changes, no direct commits")


def test_a_deployments_way_is_told_with_its_times_range_changes_and_cells() -> None:
    api = Pipeline()
    told = after_the_first("m2")(api)
    trace = api.trace(told)
    steps = {step["step"]: step for step in trace["steps"]}
    assert list(steps) == ["received", "queued", "service", "sha", "range", "changes", "outcome", "counted"]
    assert steps["received"]["at"] == "2026-10-12T12:00:00Z"
    assert steps["service"] == {
        "step": "service",
        "at": "2026-10-12T12:00:00.500Z",
        "detail": "the service shop existed",
    }
    assert steps["sha"]["detail"] == f"found as {sha('m2')}"
    assert steps["changes"]["detail"] == "1 change (#2), no direct commits"
    assert steps["range"]["detail"] == f"RANGE: from {sha('m1')} to {sha('m2')}"
    assert trace["mapping"] == {"status": "mapped", "reason": "RANGE", "from_id": sha("m1"), "to_id": sha("m2")}
    assert (trace["service"], trace["repository"], trace["environment"]) == ("shop", REPOSITORY, "production")
    day = {"environment": "production", "team": None, "day": "2026-10-12"}
    assert trace["cells"] == [
        {**day, "service": None, "author": None},
        {**day, "service": "shop", "author": None},
        {**day, "service": "shop", "author": "ann"},
    ]
    assert api.trace(FIRST)["steps"][2]["detail"] == "the service shop was created for it"


def test_a_change_and_an_incident_name_the_deployments_that_count_them() -> None:
    api = Pipeline()
    change, named, unnamed = (
        a_change(2, "m2", at(2)),
        an_incident("INC-1", at(15), deployment=sha("m1")[:8]),
        an_incident("INC-2", at(13)),
    )
    second = a_deployment("m2", at(12), deployment_id="d2")
    api.tell(LINE, change, FIRST, second, named, unnamed)
    first_key, second_key = (the_deployment(api.table, name).key for name in ("d1", "d2"))
    assert [api.why(told) for told in (change, named, unnamed)] == [("counted", None)] * 3
    assert api.trace(change)["deployments"] == [second_key]
    assert api.trace(named)["deployments"] == [first_key]
    assert api.trace(unnamed)["deployments"] == [second_key]


def test_an_incident_belongs_nowhere_once_its_window_is_over() -> None:
    api = Pipeline()
    late = an_incident("INC-1", at(10) + 7 * 24 * HOUR + MINUTE)
    api.tell(LINE, FIRST, late)
    assert api.why(late) == ("unmatched", "NO_DEPLOYMENT")


def test_an_event_that_waits_is_queued_and_an_id_that_was_never_given_is_unknown() -> None:
    api = Pipeline()
    given = event_id("dep", "anything")
    assert is_event_id(given)
    assert api.get(f"/v1/events/{given}")["status"] == "queued"
    mistyped = given[:6] + ("1" if given[6] == "0" else "0") + given[7:]
    for wrong in (mistyped, "dep_1", "%20", "x" * 3000):
        assert api.request("GET", f"/v1/events/{wrong}").status == 404


def test_an_event_that_comes_again_keeps_its_first_trace_and_one_that_is_sent_again_gets_a_new_one() -> None:
    api = Pipeline()
    api.tell(LINE, FIRST)
    first = api.trace(FIRST)
    apply_message(api.table, parse(json.dumps(FIRST)), at(20))
    assert api.trace(FIRST) == first
    again = {**FIRST, "received_at": at(21)}
    api.tell(again)
    assert api.trace(FIRST)["received_at"] == "2026-10-21T12:00:00Z"


def test_what_needs_attention_is_listed_newest_first_page_by_page_and_by_filter() -> None:
    api = Pipeline()
    api.table.write([Put(Service("other", "github.com/acme/other").to_item())])
    pending = [a_deployment(f"u{day}", at(day), deployment_id=f"u{day}") for day in (11, 13)]
    mismatched = a_deployment("m1", at(12), deployment_id="x", service="other")
    broken = event("deployment", {**NOWHERE}, at(14))
    api.tell(LINE, FIRST, *pending, mismatched, broken)
    everything = [broken, pending[1], mismatched, pending[0]]
    assert [item["event_id"] for item in api.get("/v1/events")["items"]] == [told["event_id"] for told in everything]

    paged: list[str] = []
    cursor: dict[str, str] = {}
    for _ in everything:
        page = api.get("/v1/events", limit="1", **cursor)
        paged += [item["event_id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert paged == [told["event_id"] for told in everything]
    assert cursor == {}

    def listed(**query: str) -> list[Event]:
        names = [item["event_id"] for item in api.get("/v1/events", **query)["items"]]
        return [told for told in everything if told["event_id"] in names]

    assert listed(status="parked") == [broken]
    assert listed(status="pending") == [pending[1], pending[0]]
    assert listed(reason="REPOSITORY_MISMATCH") == listed(status="mismatched") == [mismatched]
    assert listed(service="other") == [mismatched]
    assert api.refused("/v1/events", "status=good") == {("?status", "choice")}


def test_mismatched_are_those_unmatched_that_another_repository_has_and_either_word_finds_them() -> None:
    api = Pipeline()
    told = mismatch(api)
    api.table.write([Put({"pk": "attention#unmatched", "sk": f"{at(9):013d}#x", "reason": "SHA_NOT_FOUND"})])
    mismatched, both = (
        api.get("/v1/events", pairs)["items"]
        for pairs in ([("status", "mismatched")], [("status", "mismatched"), ("status", "unmatched")])
    )
    assert [(item["event_id"], item["status"]) for item in mismatched] == [(told["event_id"], "unmatched")]
    assert [item["reason"] for item in both] == ["REPOSITORY_MISMATCH", "SHA_NOT_FOUND"]


def test_what_is_completed_leaves_the_list() -> None:
    api = Pipeline()
    late = a_deployment("m2", at(12), deployment_id="d2")
    api.tell(commits("m0", "m1 <- m0"), FIRST, late)
    assert len(api.get("/v1/events")["items"]) == 1
    api.tell(LINE)
    assert api.get("/v1/events")["items"] == []


def retried(api: Pipeline, told: Event) -> str:
    """Retries the event and folds what came onto the queue."""
    answer = api.request("POST", f"/v1/events/{told['event_id']}/retry")
    assert answer.status == 202, answer.text
    assert answer.json == {"event_id": told["event_id"], "status": "queued"}
    message = api.queue.messages[-1]
    apply_message(api.table, parse(message.body), at(22))
    return message.group


def test_a_parked_event_is_retried_in_its_group_and_then_counts() -> None:
    api = Pipeline()
    api.tell(LINE)
    told = tried_for_the_last_time(api)
    assert [item["reason"] for item in api.get("/v1/events")["items"]] == ["FAILED_REPEATEDLY"]
    assert retried(api, told) == REPOSITORY
    assert api.why(told) == ("counted", "BASELINE")
    assert api.get("/v1/events")["items"] == []


def test_the_last_try_that_succeeds_leaves_nothing_parked() -> None:
    api = Pipeline()
    told = tried_for_the_last_time(api)
    api.tell(LINE, told)
    assert api.why(told) == ("counted", "BASELINE")
    assert api.get("/v1/events")["items"] == []


def test_each_retry_reaches_the_queue_although_sqs_drops_repeats() -> None:
    api = Pipeline()
    told = parked("deployment", NOWHERE)(api)
    api.queue = MemoryQueue()
    for _ in range(2):
        assert api.request("POST", f"/v1/events/{told['event_id']}/retry").status == 202
        api.now += 1
    bodies = [message.body for message in api.queue.messages]
    assert len({message.deduplication for message in api.queue.messages}) == len(bodies)


def test_only_a_parked_event_is_retried_and_only_by_who_may() -> None:
    api = Pipeline()
    api.tell(LINE, FIRST)
    path = f"/v1/events/{FIRST['event_id']}/retry"
    assert api.request("POST", path).status == 409
    assert api.request("POST", f"/v1/events/{event_id('dep', 'queued')}/retry").status == 409
    assert api.request("POST", "/v1/events/dep_1/retry").status == 404
    assert api.request("POST", path, key=api.a_key(METRICS_READ)).status == 403
    assert api.request("GET", f"/v1/events/{FIRST['event_id']}", key=api.a_key(EVENTS_WRITE)).status == 403
    assert api.request("GET", path).status == 405


def test_a_service_that_is_tied_by_the_event_is_said_to_be() -> None:
    api = Pipeline()
    untied = a_deployment("m1", at(9), deployment_id="d0", service="till", repository=None)
    tying = a_deployment("m1", at(10), deployment_id="d1", service="till")
    api.tell(untied, tying)
    assert "was tied to the repository" in api.trace(tying)["steps"][2]["detail"]
    assert api.table.get([service_key("till")])[service_key("till")]["repository"] == REPOSITORY

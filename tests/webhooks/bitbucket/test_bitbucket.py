"""What Bitbucket Cloud's hooks tell, and who is believed to be Bitbucket."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from compute.apply import fold
from leadline.contract.times import read_time
from leadline.store.memory import MemoryTable
from tests.stored import everything, records
from tests.webhooks.bitbucket.payloads import (
    ANN,
    EVERY,
    REPOSITORY,
    a_comment,
    a_commit,
    a_merge,
    a_merged_one,
    a_pull_request,
    a_push,
    a_tag,
    an_approval,
    post,
    sha,
)
from tests.webhooks.hooks import WebhooksApi, is_answered, mutations

TARGETS = {"bitbucket": {"tags": {"*": {}}, "release_branches": ["*"]}}


def queued(event: str, payload: Any, **sources: Any) -> list[dict[str, Any]]:
    api = WebhooksApi(**sources)
    post(api, event, payload)
    return [message["data"] for message in api.queued]


def ignored(event: str, payload: Any, **sources: Any) -> str:
    answer = post(WebhooksApi(**sources), event, payload).json
    assert answer["status"] == "ignored", answer
    return str(answer["reason"])


@pytest.mark.parametrize("name", EVERY)
def test_every_payload_is_answered_and_broken_ones_too(name: str) -> None:
    event, payload = EVERY[name]
    for sources in ({}, TARGETS):
        api = WebhooksApi(**sources)
        assert is_answered(post(api, event, payload))
        for number, broken in enumerate(mutations(payload, 50, name)):
            assert is_answered(post(api, event, broken, delivery=str(number))), broken
        assert not api.bugs


@pytest.mark.parametrize("name", EVERY)
def test_a_wrong_signature_is_refused(name: str) -> None:
    event, payload = EVERY[name]
    api = WebhooksApi()
    assert post(api, event, payload, secret="another").status == 401
    for signature in ("", "sha256=", "sha1=" + "0" * 40, "é"):
        assert post(api, event, payload, **{"x-hub-signature": signature}).status == 401
    assert api.queued == []


def test_a_pull_request_event_reports_people_and_times_but_no_abbreviated_sha() -> None:
    assert queued("pullrequest:fulfilled", a_merged_one()) == [
        {
            "repository": REPOSITORY,
            "number": 7,
            "author": "ann",
            "base_branch": "main",
            "opened_at": read_time("2026-09-18T09:00:00.861Z"),
            "approved_at": read_time("2026-09-20T09:00:00.611Z"),
            "head_branch": "topic",
            "title": "Hotfix: totals",
            "url": "https://bitbucket.org/acme/shop/pull-requests/7",
        }
    ]


def test_a_merge_named_by_its_full_sha_is_recorded_at_once() -> None:
    (data,) = queued("pullrequest:fulfilled", a_merged_one(merge_commit={"hash": sha("merge")}))
    assert data["merge_sha"] == sha("merge")
    assert data["merged_at"] == read_time("2026-09-21T10:00:01.785Z")


def test_a_declined_pull_request_is_no_change() -> None:
    assert "declined" in ignored("pullrequest:rejected", a_pull_request(state="DECLINED"))


def test_another_persons_approval_or_comment_ends_the_pickup() -> None:
    (approved,) = queued("pullrequest:approved", an_approval())
    assert approved["approved_at"] == approved["first_review_at"] == read_time("2026-09-20T09:00:00Z")
    (commented,) = queued("pullrequest:comment_created", a_comment())
    assert commented["first_review_at"] == read_time("2026-09-19T12:00:00Z")
    assert ignored("pullrequest:comment_created", a_comment(ANN))
    assert ignored("pullrequest:approved", an_approval({"type": "app_user", "account_id": "x"}))


def test_the_push_reports_the_merge_with_its_full_sha_and_what_it_brought() -> None:
    payload = a_push(a_merge(), a_commit("head", "first"), a_commit("first", "base"))
    line, beside, change = queued("repo:push", payload)
    assert line["branch"] == "main"
    assert [commit["sha"] for commit in line["commits"]] == [sha("merge")]
    assert line["commits"][0]["parents"] == [sha("base"), sha("head")]
    assert "branch" not in beside
    assert [commit["sha"] for commit in beside["commits"]] == [sha("head"), sha("first")]
    assert change == {
        "repository": REPOSITORY,
        "number": 7,
        "base_branch": "main",
        "merge_sha": sha("merge"),
        "merged_at": read_time("2026-09-21T10:00:00Z"),
        "commit_shas": [sha("head"), sha("first")],
        "first_commit_at": read_time("2026-09-20T08:00:00Z"),
    }


def test_a_squash_is_a_merge_of_one_commit() -> None:
    line, change = queued("repo:push", a_push(a_merge("base")))
    assert line["commits"][0]["parents"] == [sha("base")]
    assert (change["merge_sha"], "commit_shas" in change) == (sha("merge"), False)


def test_a_merge_into_the_topic_is_no_merge_into_the_branch() -> None:
    inner = a_commit("inner", "first", "other", message="Merged in other (pull request #6)")
    told_ = queued("repo:push", a_push(a_merge("base", "inner"), inner, a_commit("first", "base")))
    assert [data["number"] for data in told_ if "number" in data] == [7]


def test_what_a_merge_brought_is_recorded_only_where_it_is_certain() -> None:
    one = a_commit("one", "base")
    for payload in (a_push(a_merge("one", "head"), one), a_push(a_merge(), a_commit("head", "x"), truncated=True)):
        (change,) = [data for data in queued("repo:push", payload) if "number" in data]
        assert "commit_shas" not in change


def test_a_rewritten_branch_reports_commits_and_no_merge() -> None:
    assert all("number" not in data for data in queued("repo:push", a_push(a_merge(), forced=True)))


def test_only_main_and_release_branches_are_followed() -> None:
    topic = a_push(a_commit("one"), new={"name": "topic", "type": "branch", "target": a_commit("one")})
    assert "branch" in ignored("repo:push", topic)
    assert queued("repo:push", topic, **TARGETS)
    assert ignored("repo:push", a_push(new=None))
    assert ignored("repo:push", {**a_push(), "push": {"changes": []}})


def test_a_tag_is_a_deployment_by_configuration() -> None:
    assert "bitbucket.tags" in ignored("repo:push", a_tag())
    (data,) = queued("repo:push", a_tag(), **TARGETS)
    assert (data["id"], data["deployment_id"], data["version"]) == (sha("merge"), "tag:v1.2.0", "v1.2.0")


def test_the_same_pull_request_by_all_its_hooks_is_one_change_in_any_order() -> None:
    api = WebhooksApi(**TARGETS)
    for number, name in enumerate(("created", "approved", "fulfilled", "merge pushed", "tag")):
        event, payload = EVERY[name]
        post(api, event, payload, delivery=str(number))
    messages = [json.dumps(message) for message in api.queued]
    stored = []
    for order in itertools.islice(itertools.permutations(messages), 0, None, 331):
        table = MemoryTable()
        for message in [*order, *order]:
            fold(table, message)
        (record,) = records(table)
        assert record.deployment.report.version == "v1.2.0"
        change = table.get([(f"change#{REPOSITORY}#7", "change")])[f"change#{REPOSITORY}#7", "change"]
        assert change["merge_sha"] == sha("merge")
        stored.append(everything(table))
    assert len(stored) > 5
    assert all(other == stored[0] for other in stored)

"""What GitLab's hooks tell, and who is believed to be GitLab."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from typing import Any

import pytest

from compute.apply import fold
from leadline.contract.times import read_time
from leadline.store.memory import MemoryTable
from tests.contract.events_api import Answer
from tests.stored import everything, records
from tests.webhooks.gitlab.payloads import (
    ANN,
    BEFORE,
    BOB,
    EVERY,
    REPOSITORY,
    a_comment,
    a_commit,
    a_deployment,
    a_merge_commit,
    a_merge_request,
    a_merged_one,
    a_push,
    a_release,
    a_tag,
    an_issue,
    post,
    sha,
)
from tests.webhooks.hooks import NOW, WebhooksApi, is_answered, mutations

KEY = b"k" * 32
SIGNING_TOKEN = "whsec_" + base64.b64encode(KEY).decode()
TARGETS = {"gitlab": {"tags": {"*": {}}, "release_branches": ["*"], "incident_label": "API"}}


def queued(payload: Any, **sources: Any) -> list[dict[str, Any]]:
    api = WebhooksApi(**sources)
    post(api, payload)
    return [message["data"] for message in api.queued]


def ignored(payload: Any, **sources: Any) -> str:
    answer = post(WebhooksApi(**sources), payload).json
    assert answer["status"] == "ignored", answer
    return str(answer["reason"])


def signed(api: WebhooksApi, payload: Any, *, key: bytes = KEY, at: int = NOW // 1000) -> Answer:
    """Posts with a Standard Webhooks signature, as GitLab makes it from a signing token."""
    body = json.dumps(payload).encode()
    digest = hmac.new(key, f"msg_1.{at}.".encode() + body, hashlib.sha256).digest()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at)}
    return api.post("gitlab", body, {**headers, "webhook-signature": "v1," + base64.b64encode(digest).decode()})


def test_the_secret_token_is_what_makes_a_hook_gitlabs() -> None:
    api = WebhooksApi()
    assert post(api, EVERY["merged"]).status == 202
    for token in ("", "wrong", " ", "x" * 10_000):
        assert post(api, EVERY["merged"], token=token).status == 401


def test_a_signature_counts_where_there_is_one_and_for_five_minutes() -> None:
    api = WebhooksApi({"gitlab": SIGNING_TOKEN})
    assert signed(api, EVERY["merged"]).json["status"] == "accepted"
    assert signed(api, EVERY["merged"], key=b"another key").status == 401
    assert signed(api, EVERY["merged"], at=NOW // 1000 - 301).status == 401
    token_too = {"webhook-signature": "v1,AAAA", "webhook-id": "m", "webhook-timestamp": str(NOW // 1000)}
    assert post(api, EVERY["merged"], token=SIGNING_TOKEN, **token_too).status == 401


@pytest.mark.parametrize("name", EVERY)
def test_every_payload_is_answered_and_broken_ones_too(name: str) -> None:
    for sources in ({}, TARGETS):
        api = WebhooksApi(**sources)
        assert is_answered(post(api, EVERY[name]))
        for number, broken in enumerate(mutations(EVERY[name], 50, name)):
            assert is_answered(post(api, broken, delivery=str(number))), broken
        assert not api.bugs


def test_a_merge_is_recorded_with_its_author_not_with_who_merged_it() -> None:
    assert queued(a_merged_one()) == [
        {
            "repository": REPOSITORY,
            "number": 4,
            "author": "ann",
            "base_branch": "main",
            "merge_sha": sha("merge"),
            "head_sha": sha("head"),
            "opened_at": read_time("2026-09-18T09:00:00Z"),
            "merged_at": read_time("2026-09-21T10:00:00Z"),
            "labels": ["API"],
            "head_branch": "topic",
            "title": "Hotfix: totals",
            "url": "https://gitlab.example.com/shop/web/app/-/merge_requests/4",
        }
    ]


def test_an_author_who_is_not_in_the_payload_is_left_out() -> None:
    (data,) = queued({**a_merged_one(), "assignees": []})
    assert "author" not in data


def test_the_merge_is_the_merge_commit_else_the_squash_else_the_head() -> None:
    def merge(**fields: Any) -> Any:
        return queued(a_merged_one(**fields))[0].get("merge_sha")

    assert merge(squash_commit_sha=sha("squash")) == sha("merge")
    assert merge(merge_commit_sha=None, squash_commit_sha=sha("squash")) == sha("squash")
    assert merge(merge_commit_sha=None) == sha("head")
    assert merge(merge_commit_sha=None, squash=True) is None


def test_a_squash_that_gitlab_does_not_name_is_not_recorded_as_merged() -> None:
    (data,) = queued(a_merged_one(merge_commit_sha=None, merge_params={"squash": "1"}))
    assert not {"merge_sha", "merged_at", "head_sha"} & data.keys()


def test_closed_unmerged_is_no_change() -> None:
    assert ignored(a_merge_request("close", "closed", merge_commit_sha=sha("stale"))) == ("closed without being merged")


def test_an_open_merge_request_reports_who_opened_it_and_when() -> None:
    (data,) = queued(a_merge_request("open", user=ANN))
    assert data["author"] == "ann"
    assert "merge_sha" not in data
    assert "update" in ignored(a_merge_request("update"))


def test_an_approval_and_the_comment_of_another_person_end_the_pickup() -> None:
    (approved,) = queued(a_merge_request("approved", user=BOB))
    assert approved["approved_at"] == approved["first_review_at"] == NOW
    (commented,) = queued(a_comment())
    assert commented["first_review_at"] == read_time("2026-09-19T09:00:00Z")
    for fields in ({"author_id": 51}, {"system": True}, {"noteable_type": "Issue"}):
        assert ignored(a_comment(**fields))
    assert ignored({**a_comment(), "user": {"username": "project_12_bot_3f"}})


def test_one_commit_pushed_to_a_protected_branch_follows_the_former_tip() -> None:
    (data,) = queued(a_push(a_commit("one")))
    assert data == {
        "repository": REPOSITORY,
        "branch": "main",
        "commits": [
            {"sha": sha("one"), "parents": [BEFORE], "committed_at": read_time("2026-09-20T08:00:00Z")},
        ],
    }


def test_gitlabs_own_merge_merges_the_former_tip_and_the_head() -> None:
    graph, change = queued(a_push(a_commit("first"), a_commit("head"), a_merge_commit()))
    assert graph["commits"][0]["parents"] == [BEFORE, sha("head")]
    assert change["number"] == 4
    assert change["commit_shas"] == [sha("first"), sha("head")]
    assert change["first_commit_at"] == read_time("2026-09-20T08:00:00Z")
    assert change["paths"] == ["src/first.py", "src/head.py", "src/merge.py"]


def test_no_parent_is_guessed() -> None:
    one, two = a_commit("one"), a_commit("two")
    uncertain = {
        "two commits": a_push(one, two),
        "a branch that may be rewritten": a_push(one, ref_protected=False),
        "a new branch": a_push(one, before="0" * 40),
        "only the newest are listed": a_push(one, two, a_merge_commit(), total_commits_count=40),
        "two merges": a_push(a_merge_commit("other"), one, a_merge_commit()),
        "a merge of another project": a_push(one, a_merge_commit(path="shop/web/fork")),
    }
    for why, payload in uncertain.items():
        (graph,) = queued(payload)
        assert graph["commits"][0]["sha"] == payload["after"], why
        assert "parents" not in graph["commits"][0], why


def test_branches_that_are_not_followed_tell_nothing() -> None:
    assert "branch" in ignored(a_push(a_commit("one"), ref="refs/heads/topic"))
    assert queued(a_push(a_commit("one"), ref="refs/heads/release/2"))
    assert ignored(a_push())


def test_a_deployment_is_of_the_full_sha_in_its_commit_url() -> None:
    (data,) = queued(a_deployment())
    assert data["id"] == sha("merge")
    assert (data["environment"], data["status"], data["deployment_id"]) == ("production", "success", "15")
    assert data["finished_at"] == read_time("2026-09-21T12:00:00Z")
    (short,) = queued(a_deployment(commit_url=None))
    assert short["id"] == sha("merge")[:8]


def test_statuses_of_a_deployment_are_recorded_as_they_are() -> None:
    expected = {"failed": "failure", "canceled": "cancelled", "running": "in_progress", "created": "in_progress"}
    for status, meant in expected.items():
        (data,) = queued(a_deployment(status))
        assert data["status"] == meant
        assert ("finished_at" in data) == (meant != "in_progress")


def test_the_tier_says_what_is_production_and_review_apps_are_ignored() -> None:
    assert queued(a_deployment(environment="eu", environment_tier="production"))[0]["environment"] == "production"
    assert queued(a_deployment(environment="staging", environment_tier="staging"))[0]["environment"] == "staging"
    review = a_deployment(environment="review/topic", environment_tier="development")
    assert "review app" in ignored(review)
    mapped = {"gitlab": {"environments": {"review/*": {"environment": "review", "service": "shop"}}}}
    (data,) = queued(review, **mapped)
    assert (data["environment"], data["service"]) == ("review", "shop")


def test_a_tag_and_its_release_are_one_deployment_by_configuration() -> None:
    assert "gitlab.tags" in ignored(a_tag())
    assert "gitlab.tags" in ignored(a_release())
    (pushed,), (released,) = queued(a_tag(), **TARGETS), queued(a_release(), **TARGETS)
    assert pushed["id"] == released["id"] == sha("merge")
    assert pushed["deployment_id"] == released["deployment_id"] == "tag:v1.2.0"
    assert "deleted" in ignored(a_tag(checkout_sha=None), **TARGETS)
    assert ignored(a_release(action="update"), **TARGETS)


def test_an_incident_is_one_by_its_type_or_by_its_label() -> None:
    (data,) = queued(an_issue())
    assert data["id"] == "shop/web/app#23"
    assert (data["repository"], data["severity"]) == (REPOSITORY, "high")
    assert data["started_at"] == read_time("2026-09-21T13:00:00Z")
    assert "resolved_at" not in data
    assert ignored(an_issue("issue"))
    assert queued(an_issue("issue", labels=[{"title": "incident"}]))


def test_closing_an_incident_resolves_it() -> None:
    (data,) = queued(an_issue(state="closed", action="close", closed_at="2026-09-21 13:30:00 UTC"))
    assert data["resolved_at"] == read_time("2026-09-21T13:30:00Z")
    (data,) = queued(an_issue(state="closed", action="close"))
    assert data["resolved_at"] == read_time("2026-09-21T13:20:00Z")


def test_the_same_merge_request_by_all_its_hooks_is_one_change_in_any_order() -> None:
    api = WebhooksApi()
    names = ("opened", "approved", "merged", "merge pushed", "deployment")
    for number, name in enumerate(names):
        post(api, EVERY[name], delivery=str(number))
    messages = [json.dumps(message) for message in api.queued]
    stored = []
    for order in itertools.islice(itertools.permutations(messages), 0, None, 53):
        table = MemoryTable()
        for message in [*order, *order]:
            fold(table, message)
        (record,) = records(table)
        assert [change.number for part in record.parts for change in part.changes] == [4]
        stored.append(everything(table))
    assert len(stored) > 5
    assert all(other == stored[0] for other in stored)

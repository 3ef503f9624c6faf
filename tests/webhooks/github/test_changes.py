"""What pull requests, reviews and pushes tell of a change, and that all of it is one change."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from compute.apply import fold
from compute.vcs.enrich import message as answered
from leadline.contract.messages import ChangeMessage, CommitsMessage
from leadline.contract.times import read_time
from leadline.store.memory import MemoryTable
from tests.stored import everything, records
from tests.webhooks.github.examples import post
from tests.webhooks.github.payloads import (
    REPOSITORY,
    a_commit,
    a_deployment_status,
    a_merged_one,
    a_pull_request,
    a_push,
    a_review,
    sha,
)
from tests.webhooks.hooks import WebhooksApi


def queued(event: str, payload: Any, **sources: Any) -> list[dict[str, Any]]:
    """The data of the messages that this payload makes."""
    api = WebhooksApi(**sources)
    post(api, event, payload)
    return [message["data"] for message in api.queued]


def ignored(event: str, payload: Any, **sources: Any) -> str:
    answer = post(WebhooksApi(**sources), event, payload).json
    assert answer["status"] == "ignored", answer
    return str(answer["reason"])


def test_a_merged_pull_request_is_recorded_with_its_merge_head_base_and_times() -> None:
    payload = a_merged_one(
        labels=[{"name": "feature"}], head={"sha": sha("head"), "ref": "topic"}, base={"ref": "main"}
    )
    assert queued("pull_request", payload) == [
        {
            "repository": REPOSITORY,
            "number": 7,
            "author": "Codertocat",
            "base_branch": "main",
            "merge_sha": sha("merge"),
            "head_sha": sha("head"),
            "opened_at": read_time("2026-09-18T09:00:00Z"),
            "merged_at": read_time("2026-09-21T10:00:00Z"),
            "labels": ["feature"],
            "head_branch": "topic",
            "title": "Update the README with new information.",
            "url": "https://github.com/Codertocat/Hello-World/pull/2",
        }
    ]


def test_closed_unmerged_is_no_change_although_it_carries_a_merge_commit() -> None:
    payload = a_pull_request("closed", merged=False, merged_at=None, merge_commit_sha=sha("test merge"))
    assert ignored("pull_request", payload) == "closed without being merged"


def test_of_an_open_pull_request_nothing_is_recorded_that_may_still_change() -> None:
    for action in ("opened", "reopened", "ready_for_review"):
        (data,) = queued("pull_request", a_pull_request(action, merge_commit_sha=sha("test merge")))
        assert data.keys() == {"repository", "number", "author", "opened_at", "url"}


def test_actions_that_change_nothing_that_is_kept_are_ignored() -> None:
    for action in ("synchronize", "assigned", "locked", "review_requested", "converted_to_draft", "edited"):
        assert action in ignored("pull_request", a_pull_request(action))
    assert "unknown" in ignored("pull_request", a_pull_request("<script>"))


def test_a_label_put_on_after_the_merge_is_recorded() -> None:
    (data,) = queued("pull_request", {**a_merged_one(labels=[{"name": "late"}]), "action": "labeled"})
    assert data["labels"] == ["late"]
    assert data["merge_sha"] == sha("merge")


def test_a_repository_on_an_enterprise_server_is_named_with_its_host() -> None:
    payload = a_merged_one()
    payload["repository"]["html_url"] = "https://Octocoders.Example:8443/Codertocat/Hello-World"
    (data,) = queued("pull_request", payload)
    assert data["repository"] == "octocoders.example:8443/Codertocat/Hello-World"


def test_the_first_review_and_the_first_approval_are_recorded() -> None:
    (looked,) = queued("pull_request_review", a_review("commented", "2026-09-19T09:00:00Z"))
    (approved,) = queued("pull_request_review", a_review("approved", "2026-09-20T09:00:00Z"))
    assert looked["first_review_at"] == read_time("2026-09-19T09:00:00Z")
    assert "approved_at" not in looked
    assert approved["approved_at"] == approved["first_review_at"] == read_time("2026-09-20T09:00:00Z")


def test_authors_and_bots_do_not_end_the_pickup() -> None:
    assert ignored("pull_request_review", a_review("commented", "2026-09-19T09:00:00Z", reviewer="Codertocat"))
    assert ignored("pull_request_review", a_review("commented", "2026-09-19T09:00:00Z", kind="Bot"))


def test_one_pushed_commit_follows_the_former_tip() -> None:
    (data,) = queued("push", a_push(a_commit("one")))
    assert data["branch"] == "master"
    (commit,) = data["commits"]
    assert commit["sha"] == sha("one")
    assert commit["parents"] == ["b" * 40]
    assert commit["author"] == "ann"


def test_a_commit_stands_in_time_where_it_was_pushed_not_where_its_author_dated_it() -> None:
    (data,) = queued("push", a_push(a_commit("rebased", timestamp="2024-01-01T00:00:00Z")))
    assert data["commits"][0]["committed_at"] == read_time("2026-09-21T10:00:00Z")


def test_the_merge_button_merges_the_former_tip_and_the_head() -> None:
    merge = a_commit("merge", "Merge pull request #7 from octo/topic\n\nTopic", by_github=True)
    graph, change = queued("push", a_push(a_commit("first"), a_commit("head"), merge))
    assert graph["commits"][0]["parents"] == ["b" * 40, sha("head")]
    assert change["number"] == 7
    assert change["commit_shas"] == [sha("first"), sha("head")]
    assert change["first_commit_at"] == read_time("2026-09-20T08:00:00Z")
    assert change["paths"] == ["src/first.py", "src/head.py", "src/merge.py"]
    assert not {"merge_sha", "merged_at"} & change.keys()


def test_no_parent_is_guessed() -> None:
    merge = a_commit("merge", "Merge pull request #7 from octo/topic", by_github=True)
    by_hand = a_commit("merge", "Merge pull request #7 from octo/topic")
    stacked = a_commit("stacked", "Merge pull request #6 from octo/under", by_github=True)
    one = a_commit("one")
    uncertain = {
        "two commits": a_push(one, a_commit("two")),
        "a merge with a message of its own": a_push(one, a_commit("two", "Topic (#7)", by_github=True)),
        "a merge made by hand": a_push(one, by_hand),
        "two merges": a_push(one, stacked, a_commit("head"), merge),
        "a rewritten branch": a_push(one, forced=True),
        "a new branch": a_push(one, created=True),
        "no former tip": a_push(one, before="0" * 40),
        "more than is listed": a_push(*[a_commit(str(number)) for number in range(2047)], merge),
        "a commit that can't be read": a_push({"id": "?"}, merge, a_commit("head")),
    }
    for why, payload in uncertain.items():
        graph = queued("push", payload)[0]
        assert len(graph["commits"]) == 1, why
        assert graph["commits"][0]["sha"] == payload["after"], why
        assert "parents" not in graph["commits"][0], why


def test_a_squash_reports_which_files_its_change_touches() -> None:
    commit = a_commit("squash", 'Revert "Topic (#7)" (#9)\n\n* one', by_github=True)
    _, change = queued("push", a_push(commit))
    assert change == {"repository": REPOSITORY, "number": 9, "paths": ["src/squash.py"]}


def test_a_number_in_a_message_that_a_person_committed_is_not_believed() -> None:
    assert len(queued("push", a_push(a_commit("one", "Topic (#7)")))) == 1


def test_a_picked_commit_names_the_one_it_copies() -> None:
    message = f"Fix\n\n(cherry picked from commit {sha('older')})\n(cherry picked from commit {sha('original')})\n"
    (data,) = queued("push", a_push(a_commit("pick", message)))
    assert data["commits"][0]["cherry_picked_from"] == sha("original")


def test_the_default_branch_and_release_branches_are_followed() -> None:
    for ref in ("refs/heads/master", "refs/heads/release/1.2", "refs/heads/hotfix/login"):
        assert queued("push", a_push(a_commit("one"), ref=ref)), ref
    for ref in ("refs/heads/topic", "refs/notes/x", "refs/heads/main"):
        assert "branch" in ignored("push", a_push(a_commit("one"), ref=ref)), ref
    stable = {"release_branches": ["stable-*"]}
    assert queued("push", a_push(a_commit("one"), ref="refs/heads/stable-8"), github=stable)
    assert ignored("push", a_push(a_commit("one"), ref="refs/heads/release/1.2"), github=stable)


def test_a_deleted_branch_is_ignored() -> None:
    assert ignored("push", a_push(deleted=True, after="0" * 40))


def what_the_api_answers(now: int) -> list[dict[str, Any]]:
    """The pull request and its commits, as compute has them from GitHub's API."""
    merged = read_time("2026-09-21T10:00:00Z")
    shas = [sha("first"), sha("head")]
    change = {"repository": REPOSITORY, "number": 7, "author": "Codertocat", "base_branch": "main", "head_sha": shas[1]}
    times = {"first_commit_at": read_time("2026-09-20T08:00:00Z"), "merged_at": merged}
    parents = {sha("first"): ["b" * 40], sha("head"): [sha("first")], sha("merge"): ["b" * 40, sha("head")]}
    commits = [{"sha": name, "parents": before, "committed_at": merged} for name, before in parents.items()]
    messages = [
        answered(ChangeMessage, {**change, **times, "merge_sha": sha("merge"), "commit_shas": shas, "labels": []}, now),
        answered(CommitsMessage, {"repository": REPOSITORY, "commits": commits}, now),
    ]
    return [json.loads(message.to_json()) for message in messages]


def test_the_same_pull_request_by_webhooks_push_api_and_by_hand_is_one_change_in_any_order() -> None:
    merge = a_commit("merge", "Merge pull request #7 from octo/topic", by_github=True)
    deliveries = [
        ("pull_request", a_pull_request("opened")),
        ("pull_request_review", a_review("approved", "2026-09-20T09:00:00Z")),
        ("pull_request", a_merged_one(head={"sha": sha("head")})),
        ("push", a_push(a_commit("first"), a_commit("head"), merge)),
        ("deployment_status", a_deployment_status("success")),
    ]
    api = WebhooksApi()
    for number, (event, payload) in enumerate(deliveries):
        post(api, event, payload, delivery=str(number))
    by_hand = {
        "repository": REPOSITORY,
        "number": 7,
        "author": "Codertocat",
        "merge_sha": sha("merge"),
        "merged_at": read_time("2026-09-21T10:00:00Z"),
    }
    last = {"v": 1, "kind": "change", "event_id": "chg_1", "received_at": api.now, "data": by_hand}
    messages = [*map(json.dumps, api.queued), json.dumps(last), *map(json.dumps, what_the_api_answers(api.now))]
    stored = []
    for seed in range(40):
        order = Random(seed).sample(messages, len(messages))
        table = MemoryTable()
        for message in [*order, *order]:
            fold(table, message)
        (record,) = records(table)
        assert [change.number for part in record.parts for change in part.changes] == [7]
        stored.append(everything(table))
    assert len(stored) > 5
    assert all(other == stored[0] for other in stored)
    change = stored[0][f"change#{REPOSITORY}#7", "change"]
    assert change["approved_at"] == read_time("2026-09-20T09:00:00Z")
    assert change["first_commit_at"] == read_time("2026-09-20T08:00:00Z")


def test_a_direct_push_of_several_commits_can_be_deployed_without_asking_anybody() -> None:
    api = WebhooksApi()
    post(api, "push", a_push(a_commit("one"), a_commit("two")), delivery="1")
    post(api, "deployment_status", a_deployment_status("success", sha=sha("two")), delivery="2")
    table = MemoryTable()
    for message in api.queued:
        fold(table, json.dumps(message))
    (record,) = records(table)
    assert (record.status, record.deployment.report.id) == ("baseline", sha("two"))

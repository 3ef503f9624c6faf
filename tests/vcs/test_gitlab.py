"""The GitLab client against a fake over real repositories, on a real socket."""

from __future__ import annotations

from pathlib import Path

import pytest

from compute.vcs.port import NotFound, RateLimited
from tests.git_builder import Builder
from tests.git_repositories import NAMES
from tests.vcs.asking import NOW, Deploying, connect
from tests.vcs.fake_gitlab import FakeGitLab
from tests.vcs.hosted import Hosted, Pull, Run, scenario
from tests.vcs.loopback import Reply, serving
from tests.vcs.many import a_long_line

REPOSITORY = "gitlab.com/acme/shop"


@pytest.mark.parametrize("name", NAMES)
def test_each_release_carries_what_git_lists(name: str, tmp_path: Path) -> None:
    made, hosted = scenario(name, tmp_path)
    with serving(FakeGitLab(hosted)) as server:
        gitlab = connect("gitlab", server.address, name="gitlab.com")
        production = Deploying(hosted, gitlab, f"gitlab.com/{hosted.name}")
        for tag in made.tags:
            production.deploy(tag)
    assert {tag: production.numbers[tag] for tag in made.expected} == dict(made.expected)


def test_a_range_of_a_thousand_commits_takes_no_request_for_each(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 1_001, pull_every=20)
    with serving(FakeGitLab(hosted)) as server:
        gitlab = connect("gitlab", server.address, name="gitlab.com")
        history = gitlab.history(REPOSITORY, shas[-1], shas[0])
        changes = gitlab.changes(REPOSITORY, [commit["sha"] for commit in history.commits])
    assert {commit["sha"] for commit in history.commits} == set(shas[1:])
    assert {change["number"] for change in changes} == set(range(1, 51))
    assert len(server.asked) < 200  # three of them for each of the fifty changes


def test_a_merge_request_tells_who_when_and_what_it_touches(tmp_path: Path) -> None:
    git = Builder.create(tmp_path, "shop")
    git.commit("Begin")
    git.switch("work", at="main")
    commits = (git.commit("One"), git.commit("Two"))
    git.switch("main")
    merge = git.merge("work", message="Merge")
    looks = (
        ("ada", "2026-01-05T12:01:00.000Z", "COMMENTED"),
        ("eve", "2026-01-05T12:20:00.000Z", "COMMENTED"),
        ("ben", "2026-01-05T12:30:00.000Z", "APPROVED"),
    )
    hosted = Hosted(git.path, "acme/shop", {3: Pull(3, commits[-1], commits, (merge,), looks=looks, labels=("bug",))})
    with serving(FakeGitLab(hosted)) as server:
        (change,) = connect("gitlab", server.address, name="gitlab.com").changes(REPOSITORY, [merge])
    assert change == {
        "repository": REPOSITORY,
        "number": 3,
        "author": "ada",
        "base_branch": "main",
        "merge_sha": merge,
        "head_sha": commits[-1],
        "commit_shas": [commits[1], commits[0]],
        "first_commit_at": (git.now - 7_200) * 1000,
        "opened_at": (git.now - 3_600) * 1000,
        "first_review_at": 1_767_615_600_000,
        "approved_at": 1_767_616_200_000,
        "merged_at": git.now * 1000,
        "paths": ["file2.txt", "file3.txt"],
        "labels": ["bug"],
        "head_branch": "topic",
        "title": "A change",
        "url": "https://gitlab.com/acme/shop/-/merge_requests/3",
    }


def test_what_happened_lately_is_told_page_by_page(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 130)
    when = hosted.commit(shas[0]).committed
    hosted.runs = [Run(number, shas[0], "production", when, (("SUCCESS", when),)) for number in range(1, 102)]
    hosted.runs.append(Run(200, shas[0], "production", when, (("SKIPPED", when),)))
    hosted.releases = [("v1", shas[1], when)]
    pages, cursor = [], None
    with serving(FakeGitLab(hosted)) as server:
        while not pages or cursor is not None:
            pages.append(connect("gitlab", server.address, name="gitlab.com").recent(REPOSITORY, 0, cursor))
            cursor = pages[-1].cursor
    assert {each["sha"] for page in pages for each in page.commits} == set(shas)
    assert {each["number"] for page in pages for each in page.changes} == set(range(1, 27))
    names = [each.data["deployment_id"] for page in pages for each in page.deployments]
    assert names == [*map(str, range(101, 0, -1)), "tag:v1"]


def test_what_is_unknown_is_not_found_and_a_branch_is_no_short_sha(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 3)
    hosted.git("branch", "abcdef0")
    with serving(FakeGitLab(hosted)) as server:
        gitlab = connect("gitlab", server.address, name="gitlab.com")
        assert gitlab.history(REPOSITORY, shas[1][:8], None).sha == shas[1]
        for sha, since in (("1" * 40, None), (shas[1], "1" * 40), ("abcdef0", None)):
            with pytest.raises(NotFound):
                gitlab.history(REPOSITORY, sha, since)


def test_gitlabs_own_reset_header_is_heeded(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 1)
    with serving(FakeGitLab(hosted)) as server:
        server.fault = lambda _: Reply(429, {}, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(NOW // 1000 + 90)})
        with pytest.raises(RateLimited) as raised:
            connect("gitlab", server.address, name="gitlab.com").history(REPOSITORY, shas[0], None)
    assert raised.value.until == NOW + 90_000

"""The GitHub client against a fake that answers as GitHub publishes, on a real socket."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from compute.vcs.port import Denied, Host, NotFound, RateLimited, Unavailable, VcsError
from leadline.store.memory import MemoryTable
from tests.git_builder import Builder
from tests.vcs.asking import NOW, Deploying, connect
from tests.vcs.fake_github import CAP, FakeGitHub
from tests.vcs.hosted import Hosted, Pull, Run
from tests.vcs.loopback import Asked, Reply, Server, serving
from tests.vcs.many import a_long_line

REPOSITORY = "github.com/acme/shop"


class Shop:
    """A small repository with its host."""

    def __init__(self, folder: Path) -> None:
        self.git = Builder.create(folder, "shop")
        self.first = self.git.commit("Begin")
        self.git.tag("v1")
        self.hosted = Hosted(self.git.path, "acme/shop")
        self.github = FakeGitHub(self.hosted)

    def pull(self, number: int, *landed: str, commits: tuple[str, ...], **fields: object) -> None:
        self.hosted.pulls[number] = Pull(number, commits[-1], commits, landed, **fields)  # type: ignore[arg-type]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def server(shop: Shop) -> Iterator[Server]:
    with serving(shop.github) as server:
        yield server


@pytest.fixture
def github(server: Server) -> Host:
    return connect("github", server.address)


def test_a_rebased_pull_request_ships_with_its_last_commit_and_leaves_no_direct_commit(
    shop: Shop, github: Host
) -> None:
    shop.git.switch("work", at="main")
    before = (shop.git.commit("One"), shop.git.commit("Two"))
    shop.git.git("branch", "pull-2-head")  # GitHub keeps what a pull request was before
    shop.git.switch("main")
    direct = shop.git.commit("Meanwhile")
    shop.git.switch("work")
    shop.git.git("rebase", "--quiet", "main")
    shop.git.switch("main")
    shop.git.git("merge", "--quiet", "--ff-only", "work")
    after = tuple(shop.git.git("rev-list", "--reverse", "main", "--max-count=2").split())
    shop.git.tag("v2")
    shop.pull(2, *after, commits=before)
    production = Deploying(shop.hosted, github, REPOSITORY)
    production.deploy("v1")
    production.deploy("v2")
    assert production.numbers["v2"] == {2}
    assert production.direct("v2") == {direct}


def test_deploying_the_head_of_a_pull_request_ships_it_before_its_merge_does(shop: Shop, github: Host) -> None:
    head = (shop.git.switch("work", at="main"), shop.git.commit("Work"))[1]
    shop.git.switch("main")
    merge = shop.git.merge("work", message="Merge pull request #2 from acme/work")
    shop.git.tag("v2")
    shop.pull(2, merge, commits=(head,))
    production = Deploying(shop.hosted, github, REPOSITORY)
    for name in ("v1", "work", "v2"):
        production.deploy(name)
    assert (production.numbers["work"], production.numbers["v2"]) == ({2}, set())


def test_a_pull_request_that_is_not_merged_is_no_change(shop: Shop, github: Host) -> None:
    shop.git.switch("work", at="main")
    head = shop.git.commit("Work")
    shop.pull(2, commits=(head,))
    assert github.changes(REPOSITORY, [head]) == []


def test_a_rollback_to_before_what_is_known_is_seen_as_one(shop: Shop, github: Host) -> None:
    shop.git.commit("Later")
    shop.git.tag("v2")
    production = Deploying(shop.hosted, github, REPOSITORY)
    production.deploy("v2")
    assert production.deploy("v1", ask=True) == ("mapped", "ROLLBACK")


def test_a_short_sha_is_resolved_and_a_branch_of_that_name_is_not(shop: Shop, github: Host) -> None:
    sha = shop.git.commit("Work")
    assert github.history(REPOSITORY, sha[:9], shop.first).sha == sha
    other = shop.git.commit("Other")
    shop.git.git("branch", "abcdef0", other)
    with pytest.raises(NotFound):
        github.history(REPOSITORY, "abcdef0", None)


def test_a_commit_tells_its_parents_times_author_and_what_it_was_picked_from(shop: Shop, github: Host) -> None:
    shop.git.switch("stable", at="main")
    shop.git.switch("main")
    fix = shop.git.commit("Fix")
    shop.git.switch("stable")
    pick = shop.git.cherry_pick(fix)
    (told,) = [each for each in github.history(REPOSITORY, pick, shop.first).commits if each["sha"] == pick]
    assert told == {
        "sha": pick,
        "parents": [shop.first],
        "committed_at": shop.git.now * 1000,
        "authored_at": (shop.git.now - 3600) * 1000,
        "author": "ada",
        "cherry_picked_from": fix,
    }


def test_a_change_tells_who_when_and_what_it_touches(shop: Shop, github: Host) -> None:
    shop.git.switch("work", at="main")
    commits = (shop.git.commit("One"), shop.git.commit("Two"))
    shop.git.switch("main")
    merge = shop.git.merge("work", message="Merge")
    looks = (
        ("ben", "2026-01-05T12:30:00Z", "APPROVED"),
        ("eve", "2026-01-05T12:20:00Z", "COMMENTED"),
        ("ada", "2026-01-05T12:05:00Z", "COMMENTED"),
        ("lint-bot", "2026-01-05T12:01:00Z", "COMMENTED"),
    )
    shop.pull(7, merge, commits=commits, looks=looks, labels=("bug",), base="trunk")
    (change,) = github.changes(REPOSITORY, [merge])
    one = int(shop.git.git("show", "-s", "--format=%at", commits[0])) * 1000
    assert change == {
        "repository": REPOSITORY,
        "number": 7,
        "author": "ada",
        "base_branch": "trunk",
        "merge_sha": merge,
        "head_sha": commits[-1],
        "commit_shas": list(commits),
        "first_commit_at": one,
        "opened_at": one + 3_600_000,
        "first_review_at": 1_767_615_600_000,
        "approved_at": 1_767_616_200_000,
        "merged_at": shop.git.now * 1000,
        "paths": ["file2.txt", "file3.txt"],
        "labels": ["bug"],
        "head_branch": "topic",
        "title": "A change",
        "url": "https://github.com/acme/shop/pull/7",
    }


def test_all_commits_and_files_of_a_large_pull_request_are_told(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 251)
    hosted.pulls = {1: Pull(1, shas[-2], tuple(shas[:-1]), (shas[-1],))}
    with serving(FakeGitHub(hosted)) as server:
        (change,) = connect("github", server.address).changes(REPOSITORY, [shas[-1]])
    assert change["commit_shas"] == shas[:-1]


def test_a_range_of_a_thousand_commits_is_told_whole_beyond_the_cap_of_compare(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 1_001)
    assert len(shas) > CAP
    with serving(FakeGitHub(hosted)) as server:
        github = connect("github", server.address)
        history = github.history(REPOSITORY, shas[-1], shas[0])
        asked = len(server.asked)
        changes = github.changes(REPOSITORY, shas[1:])
    assert {commit["sha"] for commit in history.commits} == set(shas)
    assert history.complete
    assert asked <= 11
    assert {change["number"] for change in changes} == set(range(1, 201))
    assert len(server.asked) - asked == 10 + 10  # a query for each hundred commits, one for each twenty changes


def test_a_renamed_repository_is_followed(shop: Shop, github: Host) -> None:
    shop.github.moved["acme/store"] = "acme/shop"
    assert github.history("github.com/acme/store", shop.first, None).sha == shop.first


def test_a_redirect_to_another_host_is_not_followed(shop: Shop, server: Server, github: Host) -> None:
    with serving(lambda _: Reply(200, [])) as other:
        server.fault = lambda _: Reply(302, None, {"Location": f"{other.address}/repos/acme/shop/commits"})
        with pytest.raises(NotFound):
            github.history(REPOSITORY, shop.first, None)
    assert other.asked == []


def test_an_unknown_repository_or_commit_is_not_found(shop: Shop, github: Host) -> None:
    for ask in (
        lambda: github.history("github.com/acme/none", shop.first, None),
        lambda: github.history(REPOSITORY, "1" * 40, None),
        lambda: github.history(REPOSITORY, "1" * 40, shop.first),
        lambda: github.history(REPOSITORY, "1234567", None),
        lambda: github.changes("github.com/acme/none", [shop.first]),
    ):
        with pytest.raises(NotFound):
            ask()


RESET = NOW // 1000 + 1_800
LIMITS = {
    "used up": Reply(403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(RESET)}),
    "used up, 429": Reply(429, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(RESET)}),
    "secondary": Reply(403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "1800"}),
    "secondary, 429": Reply(429, {}, {"Retry-After": "1800"}),
    "in a good answer": Reply(
        200, {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "x"}]}, {"X-RateLimit-Reset": str(RESET)}
    ),
}


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_a_used_up_rate_limit_closes_the_host_to_all_until_its_reset(limit: Reply, shop: Shop, server: Server) -> None:
    table = MemoryTable()
    server.fault = lambda _: limit
    with pytest.raises(RateLimited) as raised:
        connect("github", server.address, table).changes(REPOSITORY, [shop.first])
    assert raised.value.until == RESET * 1000
    with pytest.raises(Unavailable):
        connect("github", server.address, table).history(REPOSITORY, shop.first, None)
    assert len(server.asked) == 1


def test_the_last_request_of_a_rate_limit_is_made_and_none_after_it(shop: Shop, server: Server, github: Host) -> None:
    whole = shop.github(Asked("GET", "/repos/acme/shop/commits", {"sha": shop.first}, {}, b""))
    headers = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(RESET)}
    server.fault = lambda _: Reply(200, whole.content, headers)
    assert github.history(REPOSITORY, shop.first, None).sha == shop.first
    with pytest.raises(Unavailable):
        github.history(REPOSITORY, shop.first, None)
    assert len(server.asked) == 1


def test_who_is_not_in_a_hurry_leaves_a_share_of_the_rate_limit_to_others(shop: Shop, server: Server) -> None:
    table = MemoryTable()
    whole = shop.github(Asked("GET", "/repos/acme/shop/commits", {"sha": shop.first}, {}, b""))
    headers = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "900", "X-RateLimit-Reset": str(RESET)}
    server.fault = lambda _: Reply(200, whole.content, headers)
    with pytest.raises(RateLimited):
        connect("github", server.address, table, reserve=0.2).history(REPOSITORY, shop.first, None)
    assert connect("github", server.address, table).history(REPOSITORY, shop.first, None)


def test_a_query_that_was_not_carried_out_is_no_answer(shop: Shop, server: Server, github: Host) -> None:
    for fault, error in (
        ({"errors": [{"message": "Something went wrong while executing your query."}]}, Unavailable),
        ({"data": {"repository": None}, "errors": [{"type": "SOME_LIMIT"}]}, Unavailable),
        ({"data": None, "errors": [{"type": "FORBIDDEN", "message": "not by this integration"}]}, Denied),
        ({"data": None, "errors": [{"type": "INSUFFICIENT_SCOPES"}]}, Denied),
    ):
        server.fault = lambda _, content=fault: Reply(200, content)  # type: ignore[misc]
        with pytest.raises(error):
            github.changes(REPOSITORY, [shop.first])


def test_a_token_without_the_permission_closes_nothing_to_others(shop: Shop, server: Server, github: Host) -> None:
    server.fault = lambda _: Reply(403, {"message": "Resource not accessible by integration"})
    for _ in range(5):
        with pytest.raises(Denied):
            github.history(REPOSITORY, shop.first, None)
    assert len(server.asked) == 5


def test_a_host_that_does_not_answer_in_time_is_unavailable(shop: Shop, server: Server) -> None:
    over = threading.Event()
    github = connect("github", server.address, timeout=0.2)
    server.fault = lambda _: over.wait(20) and None
    try:
        with pytest.raises(Unavailable):
            github.history(REPOSITORY, shop.first, None)
    finally:
        over.set()


def test_no_answer_however_broken_is_more_than_unavailable(shop: Shop, server: Server) -> None:
    draw = random.Random(7)
    ask = {"sha": shop.first, "per_page": "100"}
    good = json.dumps(shop.github(Asked("GET", "/repos/acme/shop/commits", ask, {}, b"")).content).encode()

    def broken(_: Asked) -> Reply:
        raw = bytearray(good)
        for _ in range(draw.randint(1, 6)):
            place = draw.randrange(len(raw))
            raw[place : place + draw.randint(0, 40)] = draw.randbytes(draw.randint(0, 9))
        shapes = [
            bytes(raw),
            b"",
            b"null",
            b"[]",
            b"{}",
            b"[[]]",
            b"[null]",
            b'{"data": 3}',
            b"\xff\xfe",
            b"[" * 5_000,
            good[:90],
        ]
        return Reply(200, draw.choice(shapes))

    server.fault = broken
    for _ in range(150):
        github = connect("github", server.address)
        with suppress(VcsError):
            github.history(REPOSITORY, shop.first, None)
        with suppress(VcsError):
            github.changes(REPOSITORY, [shop.first])
        with suppress(VcsError):
            github.recent(REPOSITORY, 0, "deployments:1")


def test_nothing_of_ours_goes_to_a_host_but_what_it_needs(shop: Shop, server: Server, github: Host) -> None:
    github.history(REPOSITORY, shop.first, None)
    headers = server.asked[0].headers
    assert headers["authorization"] == "Bearer secret-token"
    assert headers.keys() == {"host", "accept", "accept-encoding", "authorization", "user-agent"}


def test_what_happened_lately_is_told_page_by_page_and_can_be_gone_on_with(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 230)
    for number, sha in enumerate(shas[:120], start=1):
        when = hosted.commit(sha).committed
        hosted.runs.append(
            Run(number, sha, "production", when, (("IN_PROGRESS", when), ("SUCCESS", when), ("INACTIVE", when)))
        )
    hosted.runs.append(Run(500, shas[0], "preview-7", hosted.commit(shas[-1]).committed, (), transient=True))
    hosted.releases.append(("v1", shas[-1], hosted.commit(shas[-1]).committed))
    with serving(FakeGitHub(hosted)) as server:
        pages, cursor = [], None
        while not pages or cursor is not None:
            github = connect("github", server.address)  # each page by another worker
            pages.append(github.recent(REPOSITORY, 0, cursor))
            cursor = pages[-1].cursor
    deployed = [each for page in pages for each in page.deployments]
    assert {each["sha"] for page in pages for each in page.commits} == set(shas)
    assert {each["number"] for page in pages for each in page.changes} == set(range(1, 47))
    assert [each.data["deployment_id"] for each in deployed] == [*map(str, range(120, 0, -1)), "tag:v1"]
    assert {each.data["status"] for each in deployed} == {"success"}


def test_only_what_is_recent_is_told(tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 100, every=3_600)
    since = round(datetime.fromisoformat(hosted.commit(shas[-10]).committed).timestamp() * 1000)
    with serving(FakeGitHub(hosted)) as server:
        github = connect("github", server.address)
        commits, changes = github.recent(REPOSITORY, since, None), github.recent(REPOSITORY, since, "changes:")
    assert {each["sha"] for each in commits.commits} == set(shas[-10:])
    assert {each["number"] for each in changes.changes} == {19, 20}
    assert changes.cursor == "deployments:1"

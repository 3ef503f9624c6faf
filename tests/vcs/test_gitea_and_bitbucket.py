"""The clients of Gitea and Bitbucket Cloud against small fakes over a real repository, on a real socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compute.vcs.port import NotFound
from tests.git_repositories import NAMES
from tests.vcs.asking import Deploying, connect
from tests.vcs.hosted import Hosted, Pull, scenario
from tests.vcs.loopback import Asked, Reply, Server, serving
from tests.vcs.many import a_long_line

NONE = Reply(404, {"message": "not found"})


def gitea(hosted: Hosted) -> Callable[[Asked], Reply]:
    """As its /swagger.v1.json says: a page has 50 at most, `not` leaves out, a pull request is found by its merge only."""

    def commit(sha: str) -> dict[str, Any]:
        found = hosted.commit(sha)
        author = {"name": found.author, "email": found.email}
        inner = {"author": {**author, "date": found.authored}, "committer": {**author, "date": found.committed}}
        parents = [{"sha": parent} for parent in found.parents]
        return {
            "sha": sha,
            "commit": {**inner, "message": found.message},
            "author": {"login": "ada"},
            "parents": parents,
        }

    def pull(each: Pull) -> dict[str, Any]:
        merged = hosted.commit(each.landed[-1]).committed if each.landed else None
        opened = hosted.commit(each.commits[-1]).committed
        return {
            "number": each.number,
            "merged": bool(each.landed),
            "merged_at": merged,
            "updated_at": merged or opened,
            "created_at": opened,
            "merge_commit_sha": each.landed[-1] if each.landed else None,
            "user": {"login": each.author},
            "base": {"ref": each.base},
            "head": {"sha": each.head, "ref": each.branch},
            "title": each.title,
            "labels": [],
            "html_url": f"https://codeberg.org/{hosted.name}/pulls/{each.number}",
        }

    def answer(asked: Asked) -> Reply:
        rest = asked.path.removeprefix(f"/repos/{hosted.name}/")
        size, page = min(int(asked.query.get("limit", 30)), 50), int(asked.query.get("page", 1))

        def paged(rows: list[Any]) -> Reply:
            return Reply(200, rows[(page - 1) * size : page * size])

        if found := re.fullmatch(r"git/commits/(.+)", rest):
            sha = hosted.resolve(found[1])
            return Reply(200, commit(sha)) if sha else NONE
        if rest == "commits":
            without = [f"^{asked.query['not']}"] if "not" in asked.query else []
            return paged([commit(sha) for sha in hosted.between(asked.query.get("sha", "HEAD"), *without)])
        if found := re.fullmatch(r"commits/(.+)/pull", rest):
            merged = [each for each in hosted.pulls.values() if each.landed[-1:] == (found[1],)]
            return Reply(200, pull(merged[0])) if merged else NONE
        if rest == "pulls":
            rows = [pull(each) for each in hosted.pulls.values()]
            return paged(sorted(rows, key=lambda row: row["updated_at"], reverse=True))
        if found := re.fullmatch(r"pulls/(\d+)/(commits|files|reviews)", rest):
            each = hosted.pulls[int(found[1])]
            files = [{"filename": name} for name in hosted.files(each)]
            looks = [{"state": state, "submitted_at": when, "user": {"login": who}} for who, when, state in each.looks]
            return paged({"commits": [commit(sha) for sha in each.commits], "files": files, "reviews": looks}[found[2]])
        return NONE

    return answer


def bitbucket(hosted: Hosted, address: Callable[[], str]) -> Callable[[Asked], Reply]:
    """As developer.atlassian.com says: pages are followed by whole addresses, SHAs of pull requests have twelve digits."""

    def commit(sha: str) -> dict[str, Any]:
        found = hosted.commit(sha)
        parents = [{"hash": parent} for parent in found.parents]
        author = {"raw": f"{found.author} <{found.email}>", "user": {"nickname": "ada"}}
        return {"hash": sha, "date": found.committed, "parents": parents, "message": found.message, "author": author}

    def pull(each: Pull) -> dict[str, Any]:
        return {
            "id": each.number,
            "state": "MERGED" if each.landed else "DECLINED",
            "merge_commit": {"hash": each.landed[-1][:12]} if each.landed else None,
            "source": {"commit": {"hash": each.head[:12]}, "branch": {"name": each.branch}},
            "title": each.title,
            "destination": {"branch": {"name": each.base}},
            "author": {"nickname": each.author},
            "created_on": hosted.commit(each.commits[-1]).committed,
            "updated_on": hosted.commit((each.landed or each.commits)[-1]).committed,
            "links": {"html": {"href": f"https://bitbucket.org/{hosted.name}/pull-requests/{each.number}"}},
        }

    def answer(asked: Asked) -> Reply:
        rest = asked.path.removeprefix(f"/repositories/{hosted.name}/")
        size, page = int(asked.query.get("pagelen", 10)), int(asked.query.get("page", 1))

        def paged(rows: list[Any]) -> Reply:
            query = "&".join(f"{name}={value}" for name, value in {**asked.query, "page": page + 1}.items())
            following = (
                {"next": f"{address()}{asked.raw_path}?{query.replace(' ', '%20')}"} if len(rows) > page * size else {}
            )
            return Reply(200, {"values": rows[(page - 1) * size : page * size], "pagelen": size, **following})

        if found := re.fullmatch(r"commit/([^/]+)", rest):
            sha = hosted.resolve(found[1])
            return Reply(200, commit(sha)) if sha else NONE
        if found := re.fullmatch(r"commits(?:/(.+))?", rest):
            without = [f"^{asked.query['exclude']}"] if "exclude" in asked.query else []
            return paged([commit(sha) for sha in hosted.between(found[1] or "HEAD", *without)])
        if found := re.fullmatch(r"commit/(.+)/pullrequests", rest):
            return paged([{"id": each.number} for each in hosted.pulls_of(found[1])])
        if rest == "pullrequests":
            rows = [pull(each) for each in hosted.pulls.values() if each.landed]
            return paged(sorted(rows, key=lambda row: row["updated_on"], reverse=True))
        if found := re.fullmatch(r"pullrequests/(\d+)", rest):
            return Reply(200, pull(hosted.pulls[int(found[1])]))
        if found := re.fullmatch(r"pullrequests/(\d+)/(commits|diffstat|activity)", rest):
            each = hosted.pulls[int(found[1])]
            files = [{"new": {"path": name}, "old": None} for name in hosted.files(each)]
            looks = [{"approval": {"date": when, "user": {"nickname": who}}} for who, when, _ in each.looks]
            return paged(
                {"commits": [commit(sha) for sha in each.commits], "diffstat": files, "activity": looks}[found[2]]
            )
        return NONE

    return answer


def host_of(kind: str, hosted: Hosted) -> tuple[Callable[[Asked], Reply], list[Server]]:
    servers: list[Server] = []
    return (gitea(hosted) if kind == "gitea" else bitbucket(hosted, lambda: servers[0].address)), servers


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["gitea", "bitbucket"])
def test_each_release_carries_what_git_lists(kind: str, name: str, tmp_path: Path) -> None:
    made, hosted = scenario(name, tmp_path)
    answer, servers = host_of(kind, hosted)
    with serving(answer) as server:
        servers.append(server)
        production = Deploying(
            hosted, connect(kind, server.address, name="git.acme.dev"), f"git.acme.dev/{hosted.name}"
        )
        for tag in made.tags:
            production.deploy(tag)
    assert {tag: production.numbers[tag] for tag in made.expected} == dict(made.expected)


@pytest.mark.parametrize("kind", ["gitea", "bitbucket"])
def test_a_long_range_takes_no_request_for_each_commit(kind: str, tmp_path: Path) -> None:
    hosted, shas = a_long_line(tmp_path, 401, pull_every=20)
    answer, servers = host_of(kind, hosted)
    repository = "git.acme.dev/acme/shop"
    with serving(answer) as server:
        servers.append(server)
        host = connect(kind, server.address, name="git.acme.dev")
        history = host.history(repository, shas[-1][:10], shas[0])
        changes = host.changes(repository, [commit["sha"] for commit in history.commits])
        recent = host.recent(repository, 0, None)
        with pytest.raises(NotFound):
            host.history(repository, "1" * 40, None)
    assert {commit["sha"] for commit in history.commits} == set(shas[1:])
    assert [change["number"] for change in changes] == list(range(1, 21))
    assert {(change["head_branch"], change["title"]) for change in changes} == {("topic", "A change")}
    assert len(server.asked) < 130
    assert recent.commits
    assert recent.cursor is not None

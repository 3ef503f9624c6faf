"""GitHub over real git repositories, as its published descriptions say: REST answers are checked against its OpenAPI description
before they go out, GraphQL is carried out by a real engine on its published schema.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import graphql

from tests.vcs.github_description import answer_check, graphql_schema, parameters
from tests.vcs.hosted import Commit, Hosted, Pull, Run
from tests.vcs.loopback import Asked, Reply

CAP = 250
"""Compare lists no more commits than this unless it is asked in pages."""
MOST_A_PAGE = 100
NOT_FOUND = Reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})


class FakeGitHub:
    """`moved`: old names of repositories to their new ones, as after a rename."""

    def __init__(self, *repositories: Hosted) -> None:
        self.repositories = {hosted.name: hosted for hosted in repositories}
        self.moved: dict[str, str] = {}

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/graphql" and asked.method == "POST":
            return self._graphql(json.loads(asked.body))
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)/(commits|compare|deployments)(?:/(.+))?", asked.path)
        if found is None:
            return NOT_FOUND
        name, kind, rest = found.groups()
        if name in self.moved:
            target = asked.raw_path.replace(f"/repos/{name}/", f"/repos/{self.moved[name]}/")
            query = "&".join(f"{key}={value}" for key, value in asked.query.items())
            return Reply(301, {"message": "Moved Permanently"}, {"Location": f"{target}?{query}"})
        hosted = self.repositories.get(name)
        if hosted is None:
            return NOT_FOUND
        if kind == "commits" and rest is not None:
            sha = hosted.resolve(rest)
            return (
                Reply(200, (sha or "").encode()) if sha else Reply(422, {"message": f"No commit found for SHA: {rest}"})
            )
        assert asked.query.keys() <= parameters(kind), "the client asks with a parameter that GitHub does not describe"
        reply = {"commits": self._commits, "compare": self._compare, "deployments": self._deployments}[kind](
            hosted, asked, rest or ""
        )
        if reply.status == 200:
            answer_check(kind)(reply.content)
        return reply

    def _commits(self, hosted: Hosted, asked: Asked, _: str) -> Reply:
        start = hosted.resolve(asked.query.get("sha", "HEAD"))
        if start is None:
            return NOT_FOUND
        since = [f"--since={asked.query['since']}"] if "since" in asked.query else []
        listed = _slice(hosted.between(*since, start), asked)
        return Reply(200, [_rest_commit(hosted.commit(sha)) for sha in listed])

    def _compare(self, hosted: Hosted, asked: Asked, basehead: str) -> Reply:
        base, head = (hosted.resolve(name) for name in basehead.split("..."))
        if base is None or head is None:
            return NOT_FOUND
        fork = hosted.git("merge-base", base, head)
        ahead, behind = hosted.between("--reverse", head, f"^{base}"), hosted.between(base, f"^{head}")
        paged = asked.query.keys() & {"page", "per_page"}
        listed = _slice(ahead, asked) if paged else ahead[-CAP:]
        status = ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical")
        content = {
            **dict.fromkeys(("url", "html_url", "permalink_url", "diff_url", "patch_url"), "https://github.com/x"),
            "base_commit": _rest_commit(hosted.commit(base)),
            "merge_base_commit": _rest_commit(hosted.commit(fork)),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [_rest_commit(hosted.commit(sha)) for sha in listed],
            "files": [],
        }
        return Reply(200, content)

    def _deployments(self, hosted: Hosted, asked: Asked, _: str) -> Reply:
        return Reply(200, [_rest_run(run) for run in _slice(hosted.runs[::-1], asked)])

    def _graphql(self, sent: dict[str, Any]) -> Reply:
        document = graphql.parse(sent["query"])
        faults = graphql.validate(graphql_schema(), document)
        if faults:
            return Reply(200, {"errors": [fault.formatted for fault in faults]})
        root = {"repository": self._repository, "nodes": self._nodes}
        done = graphql.execute_sync(graphql_schema(), document, root, variable_values=sent.get("variables"))
        errors = [{**error.formatted, **(error.extensions or {})} for error in done.errors or ()]
        return Reply(200, {"data": done.data, **({"errors": errors} if errors else {})})

    def _repository(self, _: Any, *, owner: str, name: str, **__: Any) -> dict[str, Any]:
        whole = f"{owner}/{name}"
        hosted = self.repositories.get(self.moved.get(whole, whole))
        if hosted is None:
            raise graphql.GraphQLError("Could not resolve to a Repository", extensions={"type": "NOT_FOUND"})
        return _Graph(hosted).repository()

    def _nodes(self, _: Any, *, ids: Sequence[str]) -> list[Any]:
        runs = {f"DE_{run.id}": run for hosted in self.repositories.values() for run in hosted.runs}
        return [_graph_run(runs[name]) if name in runs else None for name in ids]


class _Graph:
    """A repository as the GraphQL engine reads it: functions are called with the arguments of their field."""

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted

    def repository(self) -> dict[str, Any]:
        return {
            "id": f"R_{self._hosted.name}",
            "object": lambda _, oid: self._commit(oid),
            "pullRequest": lambda _, number: self._pull_or_error(number),
            "pullRequests": lambda _, first, after=None, **__: _connection(self._merged(), first, after),
            "releases": lambda _, first, after=None, **__: _connection(self._releases(), first, after),
        }

    def _commit(self, sha: str) -> dict[str, Any] | None:
        commit = self._hosted.commits().get(sha)
        if commit is None:
            return None
        pulls = [self._pull(pull) for pull in self._hosted.pulls_of(sha)]
        return {
            "__typename": "Commit",
            "oid": sha,
            "authoredDate": commit.authored,
            "associatedPullRequests": lambda _, first, after=None, **__: _connection(pulls, first, after),
        }

    def _pull_or_error(self, number: int) -> dict[str, Any]:
        if number not in self._hosted.pulls:
            raise graphql.GraphQLError("Could not resolve to a PullRequest", extensions={"type": "NOT_FOUND"})
        return self._pull(self._hosted.pulls[number])

    def _pull(self, pull: Pull) -> dict[str, Any]:
        hosted, merge = self._hosted, pull.landed[-1] if pull.landed else None
        opened = hosted.commit(pull.commits[-1]).committed
        merged = hosted.commit(merge).committed if merge else None
        commits = [{"commit": lambda _, sha=sha: self._commit(sha)} for sha in pull.commits]
        looks = [{"state": state, "submittedAt": when, "author": _actor(who)} for who, when, state in pull.looks]
        return {
            "number": pull.number,
            "merged": merge is not None,
            "url": f"https://github.com/{hosted.name}/pull/{pull.number}",
            "createdAt": opened,
            "mergedAt": merged,
            "updatedAt": merged or opened,
            "baseRefName": pull.base,
            "headRefOid": pull.head,
            "headRefName": pull.branch,
            "title": pull.title,
            "author": _actor(pull.author),
            "mergeCommit": {"oid": merge} if merge else None,
            "baseRepository": {"id": f"R_{hosted.name}"},
            "labels": lambda _, first, **__: _connection([{"name": name} for name in pull.labels], first, None),
            "reviews": lambda _, first, **__: _connection(looks, first, None),
            "commits": lambda _, first, after=None, **__: _connection(commits, first, after),
            "files": lambda _, first, after=None, **__: _connection(
                [{"path": name} for name in hosted.files(pull)], first, after
            ),
        }

    def _merged(self) -> list[dict[str, Any]]:
        pulls = [self._pull(pull) for pull in self._hosted.pulls.values() if pull.landed]
        return sorted(pulls, key=lambda pull: (pull["updatedAt"], pull["number"]), reverse=True)

    def _releases(self) -> list[dict[str, Any]]:
        return [
            {
                "tagName": tag,
                "isDraft": False,
                "createdAt": when,
                "publishedAt": when,
                "url": f"https://github.com/{self._hosted.name}/releases/tag/{tag}",
                "tagCommit": {"oid": sha},
            }
            for tag, sha, when in reversed(self._hosted.releases)
        ]


def _connection(nodes: Sequence[Any], first: int, after: str | None) -> dict[str, Any]:
    if not 1 <= first <= MOST_A_PAGE:
        raise graphql.GraphQLError("too many records asked for", extensions={"type": "EXCESSIVE_PAGINATION"})
    start = int(base64.b64decode(after).decode().partition(":")[2]) if after else 0
    end = start + first
    cursor = base64.b64encode(f"cursor:{end}".encode()).decode()
    return {"nodes": nodes[start:end], "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": cursor}}


def _actor(name: str) -> dict[str, str]:
    return {"__typename": "Bot" if name.endswith("-bot") else "User", "login": name}


def _graph_run(run: Run) -> dict[str, Any]:
    statuses = [
        {"state": state, "createdAt": when, "environment": run.environment, "logUrl": None}
        for state, when in reversed(run.states)
    ]
    return {"__typename": "Deployment", "statuses": lambda _, first, **__: _connection(statuses, first, None)}


def _slice(listed: Sequence[Any], asked: Asked) -> Sequence[Any]:
    size = min(int(asked.query.get("per_page", 30)), MOST_A_PAGE)
    start = (int(asked.query.get("page", 1)) - 1) * size
    return listed[start : start + size]


_USER_ADDRESSES = (
    *("avatar_url", "events_url", "followers_url", "following_url", "gists_url", "html_url", "organizations_url"),
    *("received_events_url", "repos_url", "starred_url", "subscriptions_url", "url"),
)


def _user(name: str) -> dict[str, Any]:
    addresses = dict.fromkeys(_USER_ADDRESSES, f"https://github.com/{name}")
    return {
        "login": name,
        "id": 1,
        "node_id": "U_1",
        "gravatar_id": "",
        "type": "User",
        "site_admin": False,
        **addresses,
    }


def _rest_commit(commit: Commit) -> dict[str, Any]:
    address = f"https://github.com/x/commit/{commit.sha}"
    login = commit.author.split()[0].lower()
    return {
        **dict.fromkeys(("url", "html_url", "comments_url"), address),
        "sha": commit.sha,
        "node_id": f"C_{commit.sha}",
        "commit": {
            "url": address,
            "author": {"name": commit.author, "email": commit.email, "date": commit.authored},
            "committer": {"name": commit.author, "email": commit.email, "date": commit.committed},
            "message": commit.message,
            "comment_count": 0,
            "tree": {"sha": commit.tree, "url": address},
        },
        "author": _user(login),
        "committer": _user(login),
        "parents": [{"sha": sha, "url": address, "html_url": address} for sha in commit.parents],
    }


def _rest_run(run: Run) -> dict[str, Any]:
    addresses = dict.fromkeys(("url", "statuses_url", "repository_url"), "https://api.github.com/x")
    return {
        **addresses,
        "id": run.id,
        "node_id": f"DE_{run.id}",
        "sha": run.sha,
        "ref": "main",
        "task": "deploy",
        "payload": {},
        "environment": run.environment,
        "original_environment": run.environment,
        "description": None,
        "creator": _user("ada"),
        "created_at": run.created,
        "updated_at": run.created,
        "production_environment": run.production,
        "transient_environment": run.transient,
    }

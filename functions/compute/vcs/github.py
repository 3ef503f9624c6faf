"""GitHub: github.com, Enterprise Cloud and Server. REST for the commit graph, GraphQL for what belongs to it.

Source: docs.github.com/rest and /graphql. Compare answers give at most 250 commits unless they are requested in pages.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from compute.vcs import github_queries as queries
from compute.vcs import reading
from compute.vcs.github_changes import as_change, as_commit, as_deployment, as_release
from compute.vcs.http import Answer, Http
from compute.vcs.port import LOOK_BACK, MOST_COMMITS, Denied, Deployed, History, NotFound, Page, Unavailable

A_PAGE = 100
_CURSOR = re.compile(r"[A-Za-z0-9+/=:_.-]{1,500}")


class GitHub:
    """The client (`port.Host`). `graphql`: the whole address of that API, on the same host as the REST API."""

    def __init__(self, http: Http, graphql: str) -> None:
        self._http = http
        self._graphql = graphql

    def history(self, repository: str, sha: str, since: str | None) -> History:
        whole = sha if len(sha) >= 40 else self._resolve(repository, sha)
        if since is None:
            return self._back_from(repository, whole)
        first = None
        commits: list[dict[str, Any]] = []
        for page in range(1, MOST_COMMITS // A_PAGE + 1):
            path = f"{_path(repository)}/compare/{since}...{whole}"
            answer = self._http.get(path, {"per_page": A_PAGE, "page": page}).content
            first = first if first is not None else answer
            found = [as_commit(row) for row in reading.rows(reading.at(answer, "commits"))]
            commits += found
            if len(found) < A_PAGE:
                break
        total = reading.number(first, "total_commits") or 0
        if not any(commit["sha"] == whole for commit in commits):
            commits += self._back_from(repository, whole, only_it=True).commits
        # Where both come from is included too: without it the ledger would not know where the two meet.
        for name in ("merge_base_commit", "base_commit"):
            commits.append(as_commit(reading.at(first, name) or {}))
        unique = {commit["sha"]: commit for commit in commits}
        return History(whole, list(unique.values()), complete=len(commits) >= total + 2)

    def changes(self, repository: str, shas: Sequence[str]) -> list[dict[str, Any]]:
        of_number: dict[int, list[str]] = {}
        for batch in reading.batches([sha for sha in shas if reading.sha(sha)], queries.COMMITS_A_QUERY):
            found = self._repository(repository, queries.pulls_of(batch))
            for index, sha in enumerate(batch):
                for pull in reading.objects(found, f"c{index}", "associatedPullRequests", "nodes"):
                    number = reading.number(pull, "number")
                    ours = reading.at(pull, "baseRepository", "id") == reading.at(found, "id")
                    if number is not None and ours and reading.at(pull, "merged") is True:
                        of_number.setdefault(number, []).append(sha)
        changes = []
        for numbers in reading.batches(sorted(of_number), queries.CHANGES_A_QUERY):
            found = self._repository(repository, queries.changes(numbers))
            for number in numbers:
                change = self._change(repository, reading.at(found, f"p{number}"), of_number[number])
                changes += [change] if change else []
        return changes

    def recent(self, repository: str, since: int, cursor: str | None) -> Page:
        kind, _, place = (cursor or "commits:1").partition(":")
        match kind:
            case "commits":
                return self._committed(repository, since, int(place))
            case "changes":
                return self._merged(repository, since, place)
            case "deployments":
                return self._deployed(repository, since, int(place))
            case _:
                return self._released(repository, since, place)

    def _resolve(self, repository: str, short: str) -> str:
        found = self._http.get_text(f"{_path(repository)}/commits/{short}", accept="application/vnd.github.sha")
        whole = reading.sha(found)
        if whole is None or not whole.startswith(short):  # GitHub takes the name of a branch here too
            raise NotFound("no commit of the repository begins like this")
        return whole

    def _back_from(self, repository: str, sha: str, *, only_it: bool = False) -> History:
        commits: list[dict[str, Any]] = []
        size = 1 if only_it else A_PAGE
        for page in range(1, MOST_COMMITS // A_PAGE + 1):
            query: dict[str, str | int] = {"sha": sha, "per_page": size, "page": page}
            rows = reading.rows(self._http.get(f"{_path(repository)}/commits", query).content)
            commits += [as_commit(row) for row in rows]
            if not commits or commits[0]["sha"] != sha:
                raise NotFound("the repository has no such commit")
            if len(rows) < size or only_it or commits[-1]["committed_at"] < commits[0]["committed_at"] - LOOK_BACK:
                return History(sha, commits)
        return History(sha, commits, complete=False)

    def _change(self, repository: str, pull: Any, shas: Sequence[str] = ()) -> dict[str, Any] | None:
        """The pull request as a change, with the rest of its commits and files where there are more than fit one answer."""
        if reading.at(pull, "merged") is not True:
            return None
        parts = {name: [reading.at(pull, name)] for name in ("commits", "files")}
        number = reading.number(pull, "number") or 0
        limits = {"commits": reading.MOST_COMMITS_OF_A_CHANGE, "files": reading.MOST_PATHS}
        while True:
            cursors = {
                name: _next(pages[-1]) if len(pages) * A_PAGE <= limits[name] else None for name, pages in parts.items()
            }
            if not any(cursors.values()):
                break
            query = queries.more_of(number, cursors["commits"], cursors["files"])
            more = reading.at(self._repository(repository, query), f"p{number}")
            for name, cursor in cursors.items():
                parts[name] += [reading.at(more, name)] if cursor is not None else []
        return as_change(repository, pull, parts["commits"], parts["files"], shas)

    def _committed(self, repository: str, since: int, page: int) -> Page:
        query: dict[str, str | int] = {"since": reading.rfc3339(since), "per_page": A_PAGE, "page": page}
        commits = [
            as_commit(row) for row in reading.rows(self._http.get(f"{_path(repository)}/commits", query).content)
        ]
        return Page(commits=commits, cursor=f"commits:{page + 1}" if len(commits) == A_PAGE else "changes:")

    def _merged(self, repository: str, since: int, place: str) -> Page:
        found = self._repository(repository, queries.merged_lately(_checked(place)))
        pulls = list(reading.objects(found, "pullRequests", "nodes"))
        changes = []
        for pull in pulls:
            if (reading.time(pull, "mergedAt") or 0) >= since:
                change = self._change(repository, pull)
                changes += [change] if change else []
        after = _next(reading.at(found, "pullRequests"))
        fresh = all((reading.time(pull, "updatedAt") or 0) >= since for pull in pulls)
        return Page(changes=changes, cursor=f"changes:{after}" if after and fresh else "deployments:1")

    def _deployed(self, repository: str, since: int, page: int) -> Page:
        query = {"per_page": A_PAGE, "page": page}
        rows = reading.rows(self._http.get(f"{_path(repository)}/deployments", query).content)
        fresh = [row for row in rows if (reading.time(row, "created_at") or 0) >= since]
        ids = [str(row.get("node_id")) for row in fresh]
        found = self._ask(queries.STATUSES, {"ids": ids}) if ids else {}
        # GitHub answers in the order of the request. It gives ids too, but as numbers too small for those of today.
        statuses = [reading.at(found, "nodes", index) for index in range(len(fresh))]
        read = [as_deployment(repository, row, status) for row, status in zip(fresh, statuses, strict=True)]
        more = len(rows) == A_PAGE and len(fresh) == len(rows)
        return Page(deployments=_known(read), cursor=f"deployments:{page + 1}" if more else "releases:")

    def _released(self, repository: str, since: int, place: str) -> Page:
        found = self._repository(repository, queries.released_lately(_checked(place)))
        rows = list(reading.objects(found, "releases", "nodes"))
        fresh = [row for row in rows if (reading.time(row, "createdAt") or 0) >= since]
        after = _next(reading.at(found, "releases"))
        more = after is not None and len(fresh) == len(rows)
        read = [as_release(repository, row) for row in fresh]
        return Page(deployments=_known(read), cursor=f"releases:{after}" if more else None)

    def _repository(self, repository: str, query: str) -> dict[str, Any]:
        _, owner, name = repository.split("/", 2)
        found = reading.at(self._ask(query, {"owner": owner, "name": name}), "repository")
        if not isinstance(found, dict):
            raise NotFound("there is no such repository, or it is not shown to this token")
        return found

    def _ask(self, query: str, variables: dict[str, Any]) -> Any:
        """The data of a GraphQL answer, which comes with status 200 whatever went wrong."""
        answer = self._http.post(self._graphql, {"query": query, "variables": variables})
        for kind in _faults(answer):
            if kind in ("RATE_LIMITED", "RATE_LIMIT"):
                raise self._http.limited(answer)
            if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES", "UNAUTHORIZED"):
                raise Denied("the token does not have the permissions that are needed")
            if kind != "NOT_FOUND":  # a null stands for that where the thing would be
                raise Unavailable("GitHub did not carry out a query", host_wide=False)
        data = reading.at(answer.content, "data")
        if not isinstance(data, dict):
            raise reading.nonsense("the data of a query")
        return data


def _faults(answer: Answer) -> Iterator[str]:
    errors = reading.at(answer.content, "errors")
    if errors is None:
        return
    if not isinstance(errors, list):
        raise reading.nonsense("the data of a query")
    for error in errors:
        yield str(reading.at(error, "type") or reading.at(error, "extensions", "code") or "")


def _path(repository: str) -> str:
    _, owner, name = repository.split("/", 2)
    return f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"


def _next(connection: Any) -> str | None:
    """The cursor of the next page, if there is one."""
    if reading.at(connection, "pageInfo", "hasNextPage") is not True:
        return None
    return _checked(reading.at(connection, "pageInfo", "endCursor"))


def _checked(cursor: Any) -> str | None:
    """A cursor that can be put into a query as it is."""
    return cursor if isinstance(cursor, str) and _CURSOR.fullmatch(cursor) else None


def _known(read: list[Deployed | None]) -> list[Deployed]:
    return [deployed for deployed in read if deployed is not None]

"""Gitea and Forgejo (Codeberg). Source: docs.gitea.com/api and the server's own /swagger.v1.json.

They name one pull request for a commit where a merge queue may have merged several by it, so what was merged since the oldest
commit is listed instead. They keep no deployments, but releases.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from compute.vcs import reading
from compute.vcs.http import Http
from compute.vcs.port import (
    LOOK_BACK,
    MOST_COMMITS,
    MOST_LISTED,
    SKEW,
    Deployed,
    History,
    NotFound,
    Page,
)

A_PAGE = 50
_LIGHT = {"stat": "false", "verification": "false", "files": "false"}


class Gitea:
    """The client (`port.Host`)."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def history(self, repository: str, sha: str, since: str | None) -> History:
        head = self._commit(repository, sha)
        if since is not None:
            self._commit(repository, since)
        query = {**_LIGHT, "sha": head["sha"], **({"not": since} if since is not None else {})}
        commits = [head]
        for rows in self._pages(f"{_path(repository)}/commits", query):
            commits += [_commit(row) for row in rows]
            if since is None and commits[-1]["committed_at"] < head["committed_at"] - LOOK_BACK:
                break
            if len(commits) > MOST_COMMITS:
                return History(head["sha"], commits, complete=False)
        return History(head["sha"], list({commit["sha"]: commit for commit in commits}.values()))

    def changes(self, repository: str, shas: Sequence[str]) -> list[dict[str, Any]]:
        rows = self._merged_as(repository, shas) if shas else ()
        found = {change["number"]: change for row in rows if (change := self._change(repository, row)) is not None}
        return [found[number] for number in sorted(found)]

    def _merged_as(self, repository: str, shas: Sequence[str]) -> Iterator[Any]:
        """The last of the commits is the oldest, and none is merged before it is made."""
        oldest, wanted = self._commit(repository, shas[-1])["committed_at"] - SKEW, set(shas)
        query = {"state": "closed", "sort": "recentupdate"}
        for page in range(1, MOST_LISTED // A_PAGE + 1):
            rows = self._page(f"{_path(repository)}/pulls", query, page)
            yield from (row for row in rows if reading.sha(row, "merge_commit_sha") in wanted)
            if len(rows) < A_PAGE or (reading.time(rows[-1], "updated_at") or 0) < oldest:
                return

    def recent(self, repository: str, since: int, cursor: str | None) -> Page:
        kind, _, place = (cursor or "commits:1").partition(":")
        path, page = _path(repository), int(place)
        match kind:
            case "commits":
                rows = self._page(f"{path}/commits", {**_LIGHT, "since": reading.rfc3339(since)}, page)
                commits = [commit for row in rows if (commit := _commit(row))["committed_at"] >= since]
                more = len(commits) == A_PAGE
                return Page(commits, cursor=f"commits:{page + 1}" if more else "changes:1")
            case "changes":
                rows = self._page(f"{path}/pulls", {"state": "closed", "sort": "recentupdate"}, page)
                merged = [row for row in rows if (reading.time(row, "merged_at") or 0) >= since]
                changes = [change for row in merged if (change := self._change(repository, row))]
                fresh = all((reading.time(row, "updated_at") or 0) >= since for row in rows)
                more = fresh and len(rows) == A_PAGE
                return Page(changes=changes, cursor=f"changes:{page + 1}" if more else "releases:1")
            case _:
                rows = self._page(f"{path}/releases", {"draft": "false"}, page)
                fresh_rows = [row for row in rows if (reading.time(row, "published_at") or 0) >= since]
                read = [released for row in fresh_rows if (released := self._release(repository, row))]
                return Page(deployments=read, cursor=f"releases:{page + 1}" if len(fresh_rows) == A_PAGE else None)

    def _commit(self, repository: str, name: str) -> dict[str, Any]:
        commit = _commit(self._http.get(f"{_path(repository)}/git/commits/{name}", _LIGHT).content)
        if not commit["sha"].startswith(name):
            raise NotFound("no commit of the repository begins like this")
        return commit

    def _change(self, repository: str, row: Any) -> dict[str, Any] | None:
        number = reading.number(row, "number")
        if number is None or reading.at(row, "merged") is not True:
            return None
        pull = f"{_path(repository)}/pulls/{number}"
        commits = [_commit(found) for rows in self._pages(f"{pull}/commits", _LIGHT) for found in rows]
        files = [name for rows in self._pages(f"{pull}/files", {}) for file in rows for name in _names(file)]
        author = reading.text(row, "user", "login")
        return reading.change(
            {
                "repository": repository,
                "number": number,
                "author": author,
                "base_branch": reading.text(row, "base", "ref"),
                "merge_sha": reading.sha(row, "merge_commit_sha"),
                "head_sha": reading.sha(row, "head", "sha"),
                "commit_shas": [commit["sha"] for commit in commits],
                "first_commit_at": min(
                    (commit.get("authored_at", commit["committed_at"]) for commit in commits), default=None
                ),
                "opened_at": reading.time(row, "created_at"),
                **reading.first_looks(author, self._looks(pull)),
                "merged_at": reading.time(row, "merged_at"),
                "paths": files,
                "labels": [name for label in reading.objects(row, "labels") if (name := reading.text(label, "name"))],
                "head_branch": reading.branch(row, "head", "ref"),
                "title": reading.title(row, "title"),
                "url": reading.url(row, "html_url"),
            }
        )

    def _looks(self, pull: str) -> Iterator[reading.Look]:
        for rows in self._pages(f"{pull}/reviews", {}):
            for review in rows:
                state = review.get("state")
                if state in ("APPROVED", "REQUEST_CHANGES", "COMMENT"):
                    yield (
                        reading.time(review, "submitted_at"),
                        reading.text(review, "user", "login"),
                        state == "APPROVED",
                    )

    def _release(self, repository: str, row: dict[str, Any]) -> Deployed | None:
        """The tag's commit takes a request of its own: a release names a branch."""
        tag, published = reading.text(row, "tag_name"), reading.time(row, "published_at")
        if tag is None or published is None or row.get("draft") is not False:
            return None
        try:
            found = self._http.get(f"{_path(repository)}/tags/{quote(tag, safe='')}").content
        except NotFound:
            return None
        sha = reading.sha(found, "commit", "sha")
        address = reading.url(row, "html_url")
        return Deployed(reading.released(repository, tag, sha, published, address), tag=tag) if sha else None

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
        for page in range(1, MOST_COMMITS // A_PAGE + 2):
            rows = self._page(path, query, page)
            if rows:
                yield rows
            if len(rows) < A_PAGE:
                return

    def _page(self, path: str, query: Mapping[str, str], page: int) -> list[dict[str, Any]]:
        return reading.rows(self._http.get(path, {**query, "limit": A_PAGE, "page": page}).content)


def _path(repository: str) -> str:
    _, owner, name = repository.split("/", 2)
    return f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"


def _commit(row: Any) -> dict[str, Any]:
    return reading.commit(
        reading.at(row, "sha"),
        [reading.at(parent, "sha") for parent in reading.objects(row, "parents")],
        reading.time(row, "commit", "committer", "date"),
        reading.time(row, "commit", "author", "date"),
        reading.text(row, "author", "login"),
        reading.long_text(row, "commit", "message"),
    )


def _names(file: dict[str, Any]) -> list[str]:
    return [name for key in ("filename", "previous_filename") if (name := reading.path(file.get(key)))]

"""Bitbucket Cloud. Source: developer.atlassian.com/cloud/bitbucket/rest.

It finds a commit's pull requests only in repositories with "pull request commit links" switched on, and shortens the SHAs of merges
to twelve digits, which are requested in full. Its deployments come from its webhooks and by our own API.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from compute.vcs import reading
from compute.vcs.http import Http
from compute.vcs.port import (
    ASKED_ONE_BY_ONE,
    LOOK_BACK,
    MOST_COMMITS,
    SKEW,
    History,
    NotFound,
    Page,
    Unavailable,
)

A_PAGE = 100
CHANGES_A_PAGE = 50
_MOST_PAGES = 60


class Bitbucket:
    """The client (`port.Host`)."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def history(self, repository: str, sha: str, since: str | None) -> History:
        head = self._commit(repository, sha)
        query = {"pagelen": A_PAGE, **({"exclude": since} if since is not None else {})}
        commits = [head]
        for rows in self._pages(f"{_path(repository)}/commits/{head['sha']}?{urlencode(query)}"):
            commits += [_commit(row) for row in rows]
            if since is None and commits[-1]["committed_at"] < head["committed_at"] - LOOK_BACK:
                break
            if len(commits) > MOST_COMMITS:
                return History(head["sha"], commits, complete=False)
        return History(head["sha"], list({commit["sha"]: commit for commit in commits}.values()))

    def changes(self, repository: str, shas: Sequence[str]) -> list[dict[str, Any]]:
        many = len(shas) > ASKED_ONE_BY_ONE
        rows = self._merged_as(repository, shas) if many else self._pulls_of(repository, shas)
        found = {
            change["number"]: change for row, sha in rows if (change := self._change(repository, row, sha)) is not None
        }
        return [found[number] for number in sorted(found)]

    def _pulls_of(self, repository: str, shas: Sequence[str]) -> Iterator[tuple[Any, str]]:
        path, seen = _path(repository), set[int]()
        for sha in shas:
            for row in self._all(f"{path}/commit/{sha}/pullrequests?pagelen=50"):
                number = reading.number(row, "id")
                if number is not None and number not in seen:
                    seen.add(number)
                    yield self._http.get(f"{path}/pullrequests/{number}").content, sha

    def _merged_as(self, repository: str, shas: Sequence[str]) -> Iterator[tuple[Any, None]]:
        """The last of the commits is the oldest, and none is merged before it is made."""
        oldest, wanted = self._commit(repository, shas[-1])["committed_at"] - SKEW, {sha[:12] for sha in shas}
        for rows in self._pages(self._merged_since(repository, oldest)):
            yield from ((row, None) for row in rows if (reading.text(row, "merge_commit", "hash") or "")[:12] in wanted)

    def _merged_since(self, repository: str, since: int) -> str:
        condition = f'state="MERGED" AND updated_on>="{reading.rfc3339(since)}"'
        query = urlencode({"q": condition, "sort": "-updated_on", "pagelen": CHANGES_A_PAGE})
        return f"{_path(repository)}/pullrequests?{query}"

    def recent(self, repository: str, since: int, cursor: str | None) -> Page:
        """The cursor is the address of the next page, which `Http` follows to its own host only."""
        kind, _, place = (cursor or "commits:").partition(":")
        path = _path(repository)
        if kind == "commits":
            answer = self._answer(place or f"{path}/commits?pagelen={A_PAGE}")
            commits = [_commit(row) for row in reading.objects(answer, "values")]
            fresh = [commit for commit in commits if commit["committed_at"] >= since]
            more = _next(answer) if len(fresh) == len(commits) else None
            return Page(fresh, cursor=f"commits:{more}" if more else "changes:")
        answer = self._answer(place or self._merged_since(repository, since))
        changes = [self._change(repository, row) for row in reading.objects(answer, "values")]
        more = _next(answer)
        fresh = [change for change in changes if change is not None and change["merged_at"] >= since]
        return Page(changes=fresh, cursor=f"changes:{more}" if more else None)

    def _commit(self, repository: str, name: str) -> dict[str, Any]:
        commit = _commit(self._http.get(f"{_path(repository)}/commit/{name}").content)
        if not commit["sha"].startswith(name):
            raise NotFound("no commit of the repository begins like this")
        return commit

    def _change(self, repository: str, row: Any, sha: str | None = None) -> dict[str, Any] | None:
        number = reading.number(row, "id")
        short = reading.text(row, "merge_commit", "hash")
        if number is None or reading.at(row, "state") != "MERGED" or short is None or not short.isalnum():
            return None
        path = _path(repository)
        merge = self._commit(repository, short)["sha"]
        brought = [_commit(found) for found in self._all(f"{path}/pullrequests/{number}/commits?pagelen={A_PAGE}")]
        names = [commit["sha"] for commit in brought]
        head = reading.text(row, "source", "commit", "hash") or ""
        files = self._all(f"{path}/pullrequests/{number}/diffstat?pagelen=500")
        activity = self._all(f"{path}/pullrequests/{number}/activity?pagelen=50")
        author = reading.text(row, "author", "nickname")
        ended = [made for entry in activity if _is_merge(entry) and (made := reading.time(entry, "update", "date"))]
        return reading.change(
            {
                "repository": repository,
                "number": number,
                "author": author,
                "base_branch": reading.text(row, "destination", "branch", "name"),
                "merge_sha": merge,
                "head_sha": next((name for name in names if head and name.startswith(head)), None),
                "commit_shas": [*names, *([sha] if sha and sha != merge else [])],
                "first_commit_at": min((commit["committed_at"] for commit in brought), default=None),
                "opened_at": reading.time(row, "created_on"),
                **reading.first_looks(author, (look for entry in activity for look in _looks(entry))),
                "merged_at": min(ended, default=reading.time(row, "updated_on")),
                "paths": [
                    name
                    for file in files
                    for side in ("new", "old")
                    if (name := reading.path(reading.at(file, side, "path")))
                ],
                "head_branch": reading.branch(row, "source", "branch", "name"),
                "title": reading.title(row, "title"),
                "url": reading.url(row, "links", "html", "href"),
            }
        )

    def _all(self, path: str) -> list[dict[str, Any]]:
        return [row for rows in self._pages(path) for row in rows]

    def _pages(self, path: str) -> Iterator[list[dict[str, Any]]]:
        place: str | None = path
        for _ in range(_MOST_PAGES):
            if place is None:
                return
            answer = self._answer(place)
            yield list(reading.objects(answer, "values"))
            place = _next(answer)

    def _answer(self, place: str) -> Any:
        answer = (self._http.get_next(place) if "://" in place else self._http.get(place)).content
        if not isinstance(reading.at(answer, "values"), list):
            # Also what is answered, with 202, while the links of commits to pull requests are still being made.
            raise Unavailable("Bitbucket answered something else than a list", host_wide=False)
        return answer


def _path(repository: str) -> str:
    _, workspace, slug = repository.split("/", 2)
    return f"/repositories/{quote(workspace, safe='')}/{quote(slug, safe='')}"


def _next(answer: Any) -> str | None:
    found = reading.at(answer, "next")
    return found if isinstance(found, str) and "://" in found else None


def _commit(row: Any) -> dict[str, Any]:
    return reading.commit(
        reading.at(row, "hash"),
        [reading.at(parent, "hash") for parent in reading.objects(row, "parents")],
        reading.time(row, "date"),
        None,
        reading.text(row, "author", "user", "nickname"),
        reading.long_text(row, "message"),
    )


def _is_merge(entry: dict[str, Any]) -> bool:
    return reading.at(entry, "update", "state") in ("MERGED", "fulfilled")


def _looks(entry: dict[str, Any]) -> Iterator[reading.Look]:
    if "comment" in entry:
        yield reading.time(entry, "comment", "created_on"), reading.text(entry, "comment", "user", "nickname"), False
    for kind, approves in (("approval", True), ("changes_requested", False)):
        if kind in entry:
            yield reading.time(entry, kind, "date"), reading.text(entry, kind, "user", "nickname"), approves

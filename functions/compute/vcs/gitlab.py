"""GitLab, gitlab.com and self-managed. Source: docs.gitlab.com/api.

It names no account for a commit's author, so direct commits have none; merge requests do.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from compute.vcs import reading
from compute.vcs.http import Http
from compute.vcs.port import (
    ASKED_ONE_BY_ONE,
    LOOK_BACK,
    MOST_COMMITS,
    MOST_LISTED,
    SKEW,
    Deployed,
    History,
    NotFound,
    Page,
)

A_PAGE = 100
CHANGES_A_PAGE = 20
_STATES = {"success": "success", "failed": "failure", "canceled": "cancelled"}
_RUNNING = ("created", "running", "blocked")


class GitLab:
    """The client (`port.Host`)."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def history(self, repository: str, sha: str, since: str | None) -> History:
        project = _project(repository)
        head = self._commit(project, sha)
        listed = f"{since}..{head['sha']}" if since is not None else head["sha"]
        commits: list[dict[str, Any]] = [head]
        for rows in self._pages(f"{project}/repository/commits", {"ref_name": listed}):
            commits += [_commit(row) for row in rows]
            if since is None and commits[-1]["committed_at"] < head["committed_at"] - LOOK_BACK:
                break
            if len(commits) > MOST_COMMITS:
                return History(head["sha"], commits, complete=False)
        if since is not None and len(commits) == 1:
            self._commit(project, since)  # nothing listed: behind it, or unknown, which raises
        return History(head["sha"], list({commit["sha"]: commit for commit in commits}.values()))

    def changes(self, repository: str, shas: Sequence[str]) -> list[dict[str, Any]]:
        """GitLab answers for one commit a request. Of many, most are found in the list of what was merged since the oldest."""
        project = _project(repository)
        rows: dict[int, dict[str, Any]] = {}
        of_number: dict[int, list[str]] = {}
        left = list(shas)
        if len(shas) > ASKED_ONE_BY_ONE:
            landed = self._merged_since(project, shas)
            rows |= {row["iid"]: row for sha in left for row in landed.get(sha, ())}
            left = [sha for sha in left if sha not in landed][:ASKED_ONE_BY_ONE]
        for sha in left:
            for row in self._all(f"{project}/repository/commits/{sha}/merge_requests"):
                number = reading.number(row, "iid")
                if number is not None and row.get("state") == "merged":
                    rows.setdefault(number, row)
                    of_number.setdefault(number, []).append(sha)
        read = (self._change(repository, row, of_number.get(number, ())) for number, row in sorted(rows.items()))
        return [change for change in read if change is not None]

    def _merged_since(self, project: str, shas: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Merge requests by the commits that they are merged as. The last of the commits is the oldest, and none is merged before
        it is made.
        """
        oldest = self._commit(project, shas[-1])["committed_at"] - SKEW
        query = {"state": "merged", "updated_after": reading.rfc3339(oldest), "order_by": "updated_at", "sort": "desc"}
        found: dict[str, list[dict[str, Any]]] = {}
        for page in range(1, MOST_LISTED // A_PAGE + 1):
            rows = self._page(f"{project}/merge_requests", query, page)
            for row in rows:
                names = {reading.sha(row, name) for name in ("merge_commit_sha", "squash_commit_sha", "sha")}
                if reading.number(row, "iid") is not None and row.get("state") == "merged":
                    for name in names - {None}:
                        found.setdefault(str(name), []).append(row)
            if len(rows) < A_PAGE:
                break
        return found

    def recent(self, repository: str, since: int, cursor: str | None) -> Page:
        kind, _, place = (cursor or "commits:1").partition(":")
        project, page = _project(repository), int(place)
        match kind:
            case "commits":
                rows = self._page(f"{project}/repository/commits", {"since": reading.rfc3339(since)}, page)
                return Page([_commit(row) for row in rows], cursor=_following(kind, page, rows, A_PAGE, "changes"))
            case "changes":
                query = {"state": "merged", "updated_after": reading.rfc3339(since), "order_by": "updated_at"}
                rows = self._page(f"{project}/merge_requests", query, page, CHANGES_A_PAGE)
                fresh = [row for row in rows if (reading.time(row, "merged_at") or 0) >= since]
                changes = [change for row in fresh if (change := self._change(repository, row, ()))]
                return Page(changes=changes, cursor=_following(kind, page, rows, CHANGES_A_PAGE, "deployments"))
            case "deployments":
                query = {"updated_after": reading.rfc3339(since), "order_by": "updated_at", "sort": "desc"}
                rows = self._page(f"{project}/deployments", query, page)
                read = [_deployment(repository, row) for row in rows]
                return _page_of(read, _following(kind, page, rows, A_PAGE, "releases"))
            case _:
                rows = self._page(f"{project}/releases", {"order_by": "released_at"}, page)
                fresh = [row for row in rows if (reading.time(row, "released_at") or 0) >= since]
                more = f"releases:{page + 1}" if len(fresh) == A_PAGE else None
                return _page_of([_release(repository, row) for row in fresh], more)

    def _commit(self, project: str, name: str) -> dict[str, Any]:
        commit = _commit(self._http.get(f"{project}/repository/commits/{name}").content)
        if not commit["sha"].startswith(name):  # GitLab takes the name of a branch here too
            raise NotFound("no commit of the repository begins like this")
        return commit

    def _change(self, repository: str, row: dict[str, Any], shas: Sequence[str]) -> dict[str, Any] | None:
        number = reading.number(row, "iid")
        if number is None or row.get("state") != "merged":
            return None
        project = _project(repository)
        brought = self._brought(project, number)
        files = self._all(f"{project}/merge_requests/{number}/diffs")
        head, author = reading.sha(row, "sha"), reading.text(row, "author", "username")
        # A fast-forward has no merge commit; its last commit, squashed or not, is what landed.
        merge = reading.sha(row, "merge_commit_sha") or reading.sha(row, "squash_commit_sha") or head
        squash = reading.sha(row, "squash_commit_sha")
        names = [name for made in brought if (name := reading.sha(made, "id"))]
        others = [sha for sha in (*([squash] if squash else []), *shas) if sha != merge]
        times = [made for commit in brought if (made := reading.time(commit, "authored_date")) is not None]
        labels = row.get("labels") if isinstance(row.get("labels"), list) else []
        return reading.change(
            {
                "repository": repository,
                "number": number,
                "author": author,
                "base_branch": reading.text(row, "target_branch"),
                "merge_sha": merge,
                "head_sha": head,
                "commit_shas": [*names, *others],
                "first_commit_at": min(times, default=None),
                "opened_at": reading.time(row, "created_at"),
                **reading.first_looks(author, self._looks(project, number)),
                "merged_at": reading.time(row, "merged_at"),
                "paths": [
                    path for file in files for key in ("new_path", "old_path") if (path := reading.path(file.get(key)))
                ],
                "labels": [label for name in labels or [] if (label := reading.text(name))],
                "head_branch": reading.branch(row, "source_branch"),
                "title": reading.title(row, "title"),
                "url": reading.url(row, "web_url"),
            }
        )

    def _looks(self, project: str, number: int) -> Iterator[reading.Look]:
        """Comments count as reviews; an approval is a note that GitLab itself writes."""
        for note in self._all(f"{project}/merge_requests/{number}/notes", {"order_by": "created_at", "sort": "asc"}):
            approved = note.get("system") is True and note.get("body") == "approved this merge request"
            if approved or note.get("system") is False:
                yield reading.time(note, "created_at"), reading.text(note, "author", "username"), approved

    def _brought(self, project: str, number: int) -> list[dict[str, Any]]:
        return self._all(f"{project}/merge_requests/{number}/commits")

    def _all(self, path: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        return [row for rows in self._pages(path, query or {}) for row in rows]

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
        for page in range(1, MOST_COMMITS // A_PAGE + 2):
            rows = self._page(path, query, page)
            if rows:
                yield rows
            if len(rows) < A_PAGE:
                return

    def _page(self, path: str, query: Mapping[str, str], page: int, size: int = A_PAGE) -> list[dict[str, Any]]:
        return reading.rows(self._http.get(path, {**query, "per_page": size, "page": page}).content)


def _project(repository: str) -> str:
    return "/projects/" + quote(repository.partition("/")[2], safe="")


def _commit(row: Any) -> dict[str, Any]:
    parents = reading.at(row, "parent_ids")
    return reading.commit(
        reading.at(row, "id"),
        parents if isinstance(parents, list) else [],
        reading.time(row, "committed_date"),
        reading.time(row, "authored_date"),
        None,
        reading.long_text(row, "message"),
    )


def _deployment(repository: str, row: dict[str, Any]) -> Deployed | None:
    state, sha, number = row.get("status"), reading.sha(row, "sha"), reading.number(row, "id")
    environment = reading.text(row, "environment", "name")
    status = _STATES.get(state) if isinstance(state, str) else None
    if environment is None or sha is None or number is None or (status is None and state not in _RUNNING):
        return None
    data = {
        "id": sha,
        "repository": repository,
        "status": status or "in_progress",
        "started_at": reading.time(row, "created_at"),
        "finished_at": (reading.time(row, "deployable", "finished_at") or reading.time(row, "updated_at"))
        if status
        else None,
        "deployment_id": str(number),
        "url": reading.url(row, "deployable", "web_url"),
    }
    production = reading.at(row, "environment", "tier") == "production"
    return Deployed(reading.known(data), environment, production=production)


def _release(repository: str, row: dict[str, Any]) -> Deployed | None:
    tag, sha, released = (
        reading.text(row, "tag_name"),
        reading.sha(row, "commit", "id"),
        reading.time(row, "released_at"),
    )
    if tag is None or sha is None or released is None or row.get("upcoming_release") is True:
        return None
    return Deployed(reading.released(repository, tag, sha, released, reading.url(row, "_links", "self")), tag=tag)


def _following(kind: str, page: int, rows: Sequence[Any], size: int, then: str) -> str:
    return f"{kind}:{page + 1}" if len(rows) == size else f"{then}:1"


def _page_of(read: Sequence[Deployed | None], cursor: str | None) -> Page:
    return Page(deployments=[deployed for deployed in read if deployed is not None], cursor=cursor)

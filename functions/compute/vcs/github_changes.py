"""What GitHub's APIs answer, as the data of our events. The same pull request reported by a webhook reads the same."""

from collections.abc import Sequence
from typing import Any

from compute.vcs import reading
from compute.vcs.port import Deployed

_STATES = {"SUCCESS": "success", "FAILURE": "failure", "ERROR": "failure"}


def as_commit(row: Any) -> dict[str, Any]:
    """A commit of the REST API. Raises Unavailable where it is none."""
    return reading.commit(
        reading.at(row, "sha"),
        [reading.at(parent, "sha") for parent in reading.objects(row, "parents")],
        reading.time(row, "commit", "committer", "date"),
        reading.time(row, "commit", "author", "date"),
        reading.text(row, "author", "login"),
        reading.long_text(row, "commit", "message"),
    )


def as_change(
    repository: str, pull: Any, commits: Sequence[Any], files: Sequence[Any], shas: Sequence[str]
) -> dict[str, Any] | None:
    """A merged pull request of the GraphQL API. `commits`, `files`: all pages of them. `shas`: commits GitHub counts to it.

    A rebase leaves other commits on the branch than those of the pull request; GitHub counts both to it.
    """
    brought = [node for page in commits for node in reading.objects(page, "nodes")]
    names = [name for node in brought if (name := reading.sha(node, "commit", "oid"))]
    times = [made for node in brought if (made := reading.time(node, "commit", "authoredDate")) is not None]
    author = _login(reading.at(pull, "author"))
    looks: list[reading.Look] = [
        (reading.time(review, "submittedAt"), _login(review.get("author")), review.get("state") == "APPROVED")
        for review in reading.objects(pull, "reviews", "nodes")
        if reading.at(review, "author", "__typename") != "Bot"  # pickup time ends when a person looks
    ]
    merge = reading.sha(pull, "mergeCommit", "oid")
    return reading.change(
        {
            "repository": repository,
            "number": reading.number(pull, "number"),
            "author": author,
            "base_branch": reading.text(pull, "baseRefName"),
            "merge_sha": merge,
            "head_sha": reading.sha(pull, "headRefOid"),
            "commit_shas": [*names, *(sha for sha in shas if sha != merge)],
            "first_commit_at": min(times, default=None),
            "opened_at": reading.time(pull, "createdAt"),
            **reading.first_looks(author, looks),
            "merged_at": reading.time(pull, "mergedAt"),
            "paths": [
                name
                for page in files
                for node in reading.objects(page, "nodes")
                if (name := reading.path(node.get("path")))
            ],
            "labels": [
                name for node in reading.objects(pull, "labels", "nodes") if (name := reading.text(node, "name"))
            ],
            "head_branch": reading.branch(pull, "headRefName"),
            "title": reading.title(pull, "title"),
            "url": reading.url(pull, "url"),
        }
    )


def as_deployment(repository: str, row: Any, statuses: Any) -> Deployed | None:
    """A deployment of the REST API with its statuses of the GraphQL API; None where nothing came of it.

    "Inactive" only says that a later one took its place.
    """
    looks = [
        (made, status)
        for status in reading.objects(statuses, "statuses", "nodes")
        if (made := reading.time(status, "createdAt")) is not None and status.get("state") != "INACTIVE"
    ]
    sha, number = reading.sha(row, "sha"), reading.number(row, "id")
    if not looks or sha is None or number is None:
        return None
    at, last = max(looks, key=lambda each: each[0])
    status = _STATES.get(last.get("state") or "", "in_progress")
    environment = reading.text(last, "environment") or reading.text(row, "environment")
    if environment is None:
        return None
    data = {
        "id": sha,
        "repository": repository,
        "status": status,
        "started_at": reading.time(row, "created_at"),
        "finished_at": None if status == "in_progress" else at,
        "deployment_id": str(number),
        "url": reading.url(last, "logUrl"),
    }
    return Deployed(
        reading.known(data),
        environment,
        production=row.get("production_environment") is True,
        transient=row.get("transient_environment") is True,
    )


def as_release(repository: str, row: Any) -> Deployed | None:
    """A published release of the GraphQL API, under the id that its webhook gives it."""
    tag, sha = reading.text(row, "tagName"), reading.sha(row, "tagCommit", "oid")
    published = reading.time(row, "publishedAt")
    if tag is None or sha is None or published is None or row.get("isDraft") is not False:
        return None
    return Deployed(reading.released(repository, tag, sha, published, reading.url(row, "url")), tag=tag)


def _login(actor: Any) -> str | None:
    """The name as webhooks and the REST API write it: there a bot's ends in [bot], in the GraphQL API it does not."""
    login = reading.text(actor, "login")
    bot = reading.at(actor, "__typename") == "Bot"
    return f"{login}[bot]" if login and bot and not login.endswith("[bot]") else login

"""Queries to GitHub's GraphQL API: one answers for many commits, or for many pull requests.

Source: docs.github.com/graphql. A query costs one point for every hundred connections it opens, of 5,000 an hour.
"""

from collections.abc import Sequence

COMMITS_A_QUERY = 100
CHANGES_A_QUERY = 20

_SHORT = "number merged baseRepository { id }"

_REVIEWS = "reviews(first: 100) { nodes { state submittedAt author { login __typename } } }"
_FIELDS = """
  number merged url title createdAt mergedAt updatedAt baseRefName headRefName headRefOid
  author { login __typename }
  mergeCommit { oid }
  labels(first: 100) { nodes { name } }
"""
_COMMITS = "commits(first: 100%s) { pageInfo { hasNextPage endCursor } nodes { commit { oid authoredDate } } }"
_FILES = "files(first: 100%s) { pageInfo { hasNextPage endCursor } nodes { path } }"
_CHANGE = f"{_FIELDS} {_REVIEWS} {_COMMITS % ''} {_FILES % ''}"


def pulls_of(shas: Sequence[str]) -> str:
    """The pull requests of each commit, as c0, c1, ...; these are whole SHAs."""
    fields = "\n".join(
        f'c{index}: object(oid: "{sha}") {{ ... on Commit {{ associatedPullRequests(first: 20) {{ nodes {{ {_SHORT} }} }} }} }}'
        for index, sha in enumerate(shas)
    )
    return _of_repository(f"id {fields}")


def changes(numbers: Sequence[int]) -> str:
    """Everything that is kept of each pull request, as p7, p8, ..."""
    return _of_repository("\n".join(f"p{number}: pullRequest(number: {number}) {{ {_CHANGE} }}" for number in numbers))


def more_of(number: int, commits_after: str | None, files_after: str | None) -> str:
    """The next page of a pull request's commits and files, as far as there is one. Cursors come from GitHub."""
    parts = [
        connection % f', after: "{cursor}"'
        for connection, cursor in ((_COMMITS, commits_after), (_FILES, files_after))
        if cursor is not None
    ]
    return _of_repository(f"p{number}: pullRequest(number: {number}) {{ {' '.join(parts)} }}")


def merged_lately(after: str | None) -> str:
    """Merged pull requests, those first that something happened to last."""
    order = "states: MERGED, orderBy: {field: UPDATED_AT, direction: DESC}"
    return _of_repository(
        f"pullRequests(first: {CHANGES_A_QUERY}, {order}{_after(after)})"
        f" {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_CHANGE} }} }}"
    )


def released_lately(after: str | None) -> str:
    """Releases, the newest first, each with the commit of its tag."""
    return _of_repository(
        f"releases(first: 50, orderBy: {{field: CREATED_AT, direction: DESC}}{_after(after)}) {{"
        " pageInfo { hasNextPage endCursor } nodes { tagName isDraft createdAt publishedAt url tagCommit { oid } } }"
    )


STATUSES = """
query($ids: [ID!]!) { nodes(ids: $ids) { ... on Deployment {
  statuses(first: 50) { nodes { state createdAt environment logUrl } }
} } }
"""
"""The statuses of deployments, whose ids come from the REST API: only that one says which environments are production."""


def _after(cursor: str | None) -> str:
    return f', after: "{cursor}"' if cursor is not None else ""


def _of_repository(selection: str) -> str:
    return f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {selection} }} }}"

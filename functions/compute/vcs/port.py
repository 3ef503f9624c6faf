"""The port to code hosts. Compute knows no other word of GitHub, GitLab, Bitbucket or Gitea.

`Vcs` is what attribution needs; `Listing` is what the reconciler and the backfill need on top. Repositories are named as events
name them (`github.com/acme/api`). Commits and changes are the `data` of the messages of that kind: epoch milliseconds, SHAs in
lower case, what is not known left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class VcsError(Exception):
    """The code host did not answer the request. The message holds nothing that the host or a sender wrote."""


class NotFound(VcsError):
    """The host knows no such repository or commit, or does not show it to this token. Asking again at once is of no use."""


class Denied(VcsError):
    """The token may not read this. Only its owner can change that; other repositories may work."""


class Unavailable(VcsError):
    """The host cannot be reached, answers with an error, or with what makes no sense.

    `host_wide`: the host itself fails, not only this request.
    """

    def __init__(self, message: str, *, host_wide: bool = True) -> None:
        super().__init__(message)
        self.host_wide = host_wide


class RateLimited(VcsError):
    """No request may be made before `until` (epoch milliseconds)."""

    def __init__(self, until: int) -> None:
        super().__init__("the rate limit of the code host is used up")
        self.until = until


@dataclass(frozen=True, slots=True)
class History:
    """Commits of a repository. `sha`: the whole SHA of the requested commit, which is among the commits.

    `complete`: all were listed, from that commit back to `since`.
    """

    sha: str
    commits: list[dict[str, Any]]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """A page of what happened lately, newest first. `cursor`: where the next one begins; None after the last.

    `commits`: of the default branch.
    """

    commits: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    deployments: list["Deployed"] = field(default_factory=list)
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment as its host reports it: `data` is the deployment event's, under the host's own name of the environment.

    `production`: the host itself says that this is production. `transient`: the environment is a preview. `tag`: it is a release
    of this tag, which went out only if the configuration says so; it names no environment.
    """

    data: dict[str, Any]
    environment: str = ""
    production: bool = False
    transient: bool = False
    tag: str | None = None


class Vcs(Protocol):
    def history(self, repository: str, sha: str, since: str | None) -> History:
        """The commits reachable from `sha` (whole or short) and not from `since`: what `git rev-list sha ^since` lists.

        Without `since` those of the last LOOK_BACK before it. Raises VcsError.
        """

    def changes(self, repository: str, shas: Sequence[str]) -> list[dict[str, Any]]:
        """The merged changes that any of these commits belongs to, and no others. Raises VcsError."""


class Listing(Protocol):
    def recent(self, repository: str, since: int, cursor: str | None) -> Page:
        """What was merged and deployed since then (epoch milliseconds), a page of it. Raises VcsError."""


class Host(Vcs, Listing, Protocol):
    """What each client is."""


LOOK_BACK = 8 * 24 * 3600 * 1000
"""How far a history without `since` reaches back (milliseconds): a first deployment reads a week before its own day."""

ASKED_ONE_BY_ONE = 20
"""Where a host answers for one commit a request, the changes of more commits than this are looked for in a list of changes."""

MOST_LISTED = 2_000
"""So many changes of such a list are read, those first that something happened to last."""

SKEW = 24 * 3600 * 1000
"""How far the clock of who committed may be ahead of the host's (milliseconds)."""

MOST_COMMITS = 5_000
"""A history stops there and says that it is not complete."""

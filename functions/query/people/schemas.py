"""Bodies of `/v1/people`."""

from typing_extensions import TypedDict

from leadline.contract.metrics_catalogue import Metrics
from query.schemas import PreviousReport, ReportWindow


class Pseudonym(TypedDict):
    """A pseudonym and the real name."""

    pseudonym: str
    name: str


class PseudonymPage(TypedDict):
    """A page of pseudonyms, in their order. A page may be short or empty without being the last."""

    items: list[Pseudonym]
    next_cursor: str | None


AuthorTeam = TypedDict("AuthorTeam", {"team": str, "from": str | None, "to": str | None})
AuthorTeam.__doc__ = "A team that the author was in; `from` is inclusive, `to` exclusive."


class AuthorService(TypedDict):
    """An author's share of a service."""

    service: str
    repository: str | None
    metrics: Metrics


class AuthorChange(TypedDict):
    """A deployed change of an author. `lead_time` is in seconds. `sha` is set for a direct commit that counts as a change."""

    repository: str
    number: int | None
    sha: str | None
    lead_time: int
    service: str
    environment: str
    deployment: str
    deployed_at: str


class AuthorReport(TypedDict):
    """An author's teams, services, metrics and latest changes in a window."""

    author: str
    teams: list[AuthorTeam]
    services: list[AuthorService]
    window: ReportWindow
    metrics: Metrics
    previous: PreviousReport
    changes: list[AuthorChange]

"""What the routes of people answer, as types (see `query.schemas`)."""

from typing_extensions import TypedDict

from leadline.contract.metrics_catalogue import Metrics
from query.schemas import PreviousReport, ReportWindow


class Pseudonym(TypedDict):
    """Whose pseudonym it is."""

    pseudonym: str
    name: str


class PseudonymPage(TypedDict):
    """In order of pseudonym. A page may be short, even empty, and not be the last."""

    items: list[Pseudonym]
    next_cursor: str | None


AuthorTeam = TypedDict("AuthorTeam", {"team": str, "from": str | None, "to": str | None})


class AuthorService(TypedDict):
    """The author's part in one service."""

    service: str
    repository: str | None
    metrics: Metrics


class AuthorChange(TypedDict):
    """A change of the author's as it was deployed. `lead_time` in seconds; `sha` of a commit that counts as a change of its own."""

    repository: str
    number: int | None
    sha: str | None
    lead_time: int
    service: str
    environment: str
    deployment: str
    deployed_at: str


class AuthorReport(TypedDict):
    """An author in a window: teams that they were in then, services they had a part in, their metrics, and their latest changes."""

    author: str
    teams: list[AuthorTeam]
    services: list[AuthorService]
    window: ReportWindow
    metrics: Metrics
    previous: PreviousReport
    changes: list[AuthorChange]

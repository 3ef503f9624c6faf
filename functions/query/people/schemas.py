"""What the routes of people answer, as types (see `query.schemas`)."""

from typing_extensions import TypedDict

from leadline.contract.metrics_catalogue import Metrics
from query.schemas import PreviousWindow, WindowAnswer


class Person(TypedDict):
    """Whose pseudonym it is."""

    pseudonym: str
    name: str


class PersonPage(TypedDict):
    """In order of pseudonym. A page may be short, even empty, and not be the last."""

    items: list[Person]
    next_cursor: str | None


PageTeam = TypedDict("PageTeam", {"team": str, "from": str | None, "to": str | None})


class PageService(TypedDict):
    """The author's part in one service."""

    service: str
    repository: str | None
    metrics: Metrics


class PageChange(TypedDict):
    """A change of the author's as it was deployed. `lead_time` in seconds; `sha` of a commit that counts as a change of its own."""

    repository: str
    number: int | None
    sha: str | None
    lead_time: int
    service: str
    environment: str
    deployment: str
    deployed_at: str


class AuthorPage(TypedDict):
    """An author in a window: teams that they were in then, services they had a part in, their metrics, and their latest changes."""

    author: str
    teams: list[PageTeam]
    services: list[PageService]
    window: WindowAnswer
    metrics: Metrics
    previous: PreviousWindow
    changes: list[PageChange]

"""What the routes of settings, services' configuration and history answer and take, as types (see `query.schemas`)."""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from query.web.patterns import MOST_PATTERNS, pattern
from query.web.schemas import REPOSITORY_PATH, TIME_ZONE, Name, Schema, array, text, whole


class Settings(TypedDict):
    """What holds for the whole organisation.

    `production`: environments that count as production. `incident_window_hours`: how long after a deployment an incident that names
    none still belongs to it. `failure_status_counts`: runs that failed before they went live count in the change fail rate. `bots`:
    authors whose changes count nowhere; `rework_labels`, `rework_branches`, `rework_titles`: labels, source branches and titles of
    changes that make their deployment rework; `*` is anything. `rework_means_failure`: such a deployment also means that the one
    before it failed, and made that good. `direct_commits`: whether commits without a change are only listed, or count as changes of
    their own. `individuals`: whether people are told by their names, by pseudonyms with the names kept apart, or not at all.
    `author_pages`: whether each has a page. These two are changed with the scope `admin` only.
    """

    timezone: str
    production: list[str]
    incident_window_hours: int
    failure_status_counts: bool
    bots: list[str]
    rework_labels: list[str]
    rework_branches: list[str]
    rework_titles: list[str]
    rework_means_failure: bool
    direct_commits: Literal["list", "count"]
    individuals: Literal["names", "pseudonyms", "off"]
    author_pages: bool


_Word = Annotated[str, Schema(text(100))]
_PATTERNS = Schema(array(MOST_PATTERNS))


class SettingsSent(TypedDict):
    """Any of the settings; null sets the default. A pattern has at most 32 `*`, a list of patterns 10,000 bytes together."""

    timezone: NotRequired[Annotated[str, Schema(TIME_ZONE)] | None]
    production: NotRequired[Annotated[list[_Word], Schema(array(20, least=1))] | None]
    incident_window_hours: NotRequired[Annotated[int, Schema(whole(1, 90 * 24))] | None]
    failure_status_counts: NotRequired[bool | None]
    bots: NotRequired[Annotated[list[Annotated[str, Schema(pattern(200, "*"))]], _PATTERNS] | None]
    rework_labels: NotRequired[Annotated[list[Annotated[str, Schema(pattern(100, "*"))]], _PATTERNS] | None]
    rework_branches: NotRequired[Annotated[list[Annotated[str, Schema(pattern(255, "*"))]], _PATTERNS] | None]
    rework_titles: NotRequired[Annotated[list[Annotated[str, Schema(pattern(200, "*"))]], _PATTERNS] | None]
    rework_means_failure: NotRequired[bool | None]
    direct_commits: NotRequired[Literal["list", "count"] | None]
    individuals: NotRequired[Literal["names", "pseudonyms", "off"] | None]
    author_pages: NotRequired[bool | None]


class ServiceConfiguration(TypedDict):
    """A service as it is configured. `paths`: patterns of its files where it shares its repository, none means all.

    `production`: its environments that count as production, null where those are the organisation's. `team`: who owns it;
    `archived`: it is done with. Both are for people: no number depends on them.
    """

    service: str
    repository: str | None
    paths: list[str]
    production: list[str] | None
    team: str | None
    archived: bool


class ServiceSent(TypedDict):
    """Any of what is configured of a service; null takes it back. `service`: that of the path, as GET shows it.

    `paths`: a pattern has at most 32 `*` and `?`, all of them have 10,000 bytes together.
    """

    service: NotRequired[Name | None]
    repository: NotRequired[Annotated[str, Schema(REPOSITORY_PATH)] | None]
    paths: NotRequired[Annotated[list[Annotated[str, Schema(pattern(500, "*?"))]], _PATTERNS] | None]
    production: NotRequired[Annotated[list[_Word], Schema(array(20, least=1))] | None]
    team: NotRequired[Name | None]
    archived: NotRequired[bool | None]


class HistoryEntry(TypedDict):
    """One change. `key_id`: the API key it was made with; `event_id`: the event by which the numbers follow."""

    at: str
    key_id: str
    kind: str
    name: str
    action: str
    event_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class HistoryPage(TypedDict):
    """The newest first. A page may be short, even empty, and not be the last."""

    items: list[HistoryEntry]
    next_cursor: str | None

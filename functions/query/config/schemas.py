"""Bodies of settings, service configurations and the history."""

from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from typing_extensions import TypedDict

from leadline.contract.patterns import MOST_PATTERNS, pattern
from leadline.contract.settings_schema import SETTINGS
from query.http.schemas import REPOSITORY_PATH, Name, Schema, array, text

_Word = Annotated[str, Schema(text(100))]
_PATTERNS = Schema(array(MOST_PATTERNS))


if TYPE_CHECKING:
    Settings = dict[str, Any]
    SettingsRequest = dict[str, Any]
else:
    # One member for each setting of the schema.
    Settings = TypedDict("Settings", {setting.name: Annotated[Any, Schema(setting.schema)] for setting in SETTINGS})
    Settings.__doc__ = "The settings of the whole organisation."
    SettingsRequest = TypedDict(
        "SettingsRequest",
        {setting.name: NotRequired[Annotated[Any, Schema(setting.schema)] | None] for setting in SETTINGS},
    )
    SettingsRequest.__doc__ = (
        "Any of the settings; null restores the default. A pattern has at most 32 `*`, a list of patterns 10,000 bytes."
    )


class ServiceConfiguration(TypedDict):
    """A service's configuration.

    `paths`: patterns of its files if it shares its repository; none means all. `production`: its production
    environments, or null for the organisation's. `team`: the owner. `archived`: no longer in use. `team` and
    `archived` do not affect any metric.
    """

    service: str
    repository: str | None
    paths: list[str]
    production: list[str] | None
    team: str | None
    archived: bool


class ServiceConfigurationRequest(TypedDict):
    """A service's configuration; null resets a field. `service` must equal the path's.

    `paths`: a pattern may have up to 32 `*` and `?`; all together up to 10,000 bytes.
    """

    service: NotRequired[Name | None]
    repository: NotRequired[Annotated[str, Schema(REPOSITORY_PATH)] | None]
    paths: NotRequired[Annotated[list[Annotated[str, Schema(pattern(500, "*?"))]], _PATTERNS] | None]
    production: NotRequired[Annotated[list[_Word], Schema(array(20, least=1))] | None]
    team: NotRequired[Name | None]
    archived: NotRequired[bool | None]


class HistoryEntry(TypedDict):
    """One configuration change or correction. `key_id`: the API key that made it. `event_id`: the event that updates the
    metrics."""

    at: str
    key_id: str
    kind: str
    name: str
    action: str
    event_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class HistoryPage(TypedDict):
    """A page of changes, newest first. A page may be short or empty without being the last."""

    items: list[HistoryEntry]
    next_cursor: str | None

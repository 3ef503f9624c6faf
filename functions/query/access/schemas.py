"""What the routes of sources, plans, the access log and its settings answer and take, as types."""

from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from leadline.contract.patterns import pattern
from leadline.store.sources import MAX_ENTRIES
from query.web.schemas import ORIGIN, Name, Schema, array, text, whole


class CodeHostSources(TypedDict):
    """How a code host's webhooks are read. Mappings go from a name or pattern (`*`, `?`) to a service, an environment, or both."""

    incident_label: str | None
    release_branches: list[str]
    environments: dict[str, dict[str, str]]
    workflows: dict[str, dict[str, str]]
    tags: dict[str, dict[str, str]]


class WebhookSources(TypedDict):
    """How webhooks are read, defaults included. `incident_services`: from a sender's name (`pagerduty:PXYZ12`) to a service."""

    github: CodeHostSources
    gitlab: CodeHostSources
    bitbucket: CodeHostSources
    incident_services: dict[str, str]
    default_service: str | None


_FORM = pattern(200, "*?")


class TargetMappingRequest(TypedDict):
    """Where a deployment goes; what is left out stays as the sender named it."""

    service: NotRequired[Name | None]
    environment: NotRequired[Name | None]


_Targets = Annotated[
    dict[str, TargetMappingRequest | None], Schema({"maxProperties": MAX_ENTRIES, "propertyNames": _FORM})
]
_Services = Annotated[dict[str, Name], Schema({"maxProperties": MAX_ENTRIES, "propertyNames": text(200)})]


class CodeHostSourcesRequest(TypedDict):
    """Any of it; what is left out gets its default. A pattern has at most 32 `*` and `?`."""

    incident_label: NotRequired[Name | None]
    release_branches: NotRequired[Annotated[list[Annotated[str, Schema(_FORM)]], Schema(array(MAX_ENTRIES))] | None]
    environments: NotRequired[_Targets | None]
    workflows: NotRequired[_Targets | None]
    tags: NotRequired[_Targets | None]


class WebhookSourcesRequest(TypedDict):
    """As it is shown; what is left out gets its default."""

    github: NotRequired[CodeHostSourcesRequest | None]
    gitlab: NotRequired[CodeHostSourcesRequest | None]
    bitbucket: NotRequired[CodeHostSourcesRequest | None]
    incident_services: NotRequired[_Services | None]
    default_service: NotRequired[Name | None]


class UsagePlan(TypedDict):
    """How many requests a key may make in a minute and in a day (UTC), null for any; `api`: whether it may use the Product API."""

    plan: str
    per_minute: int | None
    per_day: int | None
    api: bool


class UsagePlanPage(TypedDict):
    """In order of name."""

    items: list[UsagePlan]
    next_cursor: str | None


_Bound = Annotated[int, Schema(whole(1, 10_000_000))]


class UsagePlanRequest(TypedDict):
    """Left out or null: no bound; `api` true. `plan`: that of the path, as GET shows it."""

    plan: NotRequired[Annotated[str, Schema(text(100))] | None]
    per_minute: NotRequired[_Bound | None]
    per_day: NotRequired[_Bound | None]
    api: NotRequired[bool | None]


class AccessConfiguration(TypedDict):
    """`log`: whether requests are noted in the access log, kept for `log_days`. `origins`: pages that browsers may call from.
    `docs`: whether Swagger UI is served at /docs."""

    log: bool
    log_days: int
    origins: list[str]
    docs: bool


class AccessConfigurationRequest(TypedDict):
    """What is left out gets its default: log true, log_days 90, no origins, docs false."""

    log: NotRequired[bool | None]
    log_days: NotRequired[Annotated[int, Schema(whole(1, 3_650))] | None]
    origins: NotRequired[Annotated[list[Annotated[str, Schema(ORIGIN)]], Schema(array(50))] | None]
    docs: NotRequired[bool | None]


class AccessLogEntry(TypedDict):
    """A request that was answered. `route` is a template; `key_id` is null where no good key was sent; `source` is an address."""

    at: str
    request_id: str
    key_id: str | None
    source: str | None
    route: str
    status: int
    milliseconds: int


class AccessLogPage(TypedDict):
    """The newest first. A page may be short, even empty, and not be the last."""

    items: list[AccessLogEntry]
    next_cursor: str | None

"""Bodies of webhook sources, usage plans, the access log and its settings."""

from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from leadline.contract.patterns import pattern
from leadline.store.sources import MAX_ENTRIES
from query.http.schemas import ORIGIN, Name, Schema, array, text, whole


class CodeHostSources(TypedDict):
    """The mappings for webhooks of a code host. They go from a name or pattern (`*`, `?`) to a service, an environment, or
    both.
    """

    incident_label: str | None
    release_branches: list[str]
    environments: dict[str, dict[str, str]]
    workflows: dict[str, dict[str, str]]
    tags: dict[str, dict[str, str]]


class WebhookSources(TypedDict):
    """The mappings that are applied to webhooks, including defaults. `incident_services` maps a sender's name
    (`pagerduty:PXYZ12`) to a service."""

    github: CodeHostSources
    gitlab: CodeHostSources
    bitbucket: CodeHostSources
    incident_services: dict[str, str]
    default_service: str | None


_FORM = pattern(200, "*?")


class TargetMappingRequest(TypedDict):
    """The service or environment to use. An omitted field keeps the sender's value."""

    service: NotRequired[Name | None]
    environment: NotRequired[Name | None]


_Targets = Annotated[
    dict[str, TargetMappingRequest | None], Schema({"maxProperties": MAX_ENTRIES, "propertyNames": _FORM})
]
_Services = Annotated[dict[str, Name], Schema({"maxProperties": MAX_ENTRIES, "propertyNames": text(200)})]


class CodeHostSourcesRequest(TypedDict):
    """The mappings for webhooks of a code host. Omitted fields get their defaults. A pattern may have up to 32 `*` and `?`."""

    incident_label: NotRequired[Name | None]
    release_branches: NotRequired[Annotated[list[Annotated[str, Schema(_FORM)]], Schema(array(MAX_ENTRIES))] | None]
    environments: NotRequired[_Targets | None]
    workflows: NotRequired[_Targets | None]
    tags: NotRequired[_Targets | None]


class WebhookSourcesRequest(TypedDict):
    """The mappings to apply to webhooks. Omitted fields get their defaults."""

    github: NotRequired[CodeHostSourcesRequest | None]
    gitlab: NotRequired[CodeHostSourcesRequest | None]
    bitbucket: NotRequired[CodeHostSourcesRequest | None]
    incident_services: NotRequired[_Services | None]
    default_service: NotRequired[Name | None]


class UsagePlan(TypedDict):
    """Requests that a key may make per minute and per day (UTC); null means unlimited. `api`: whether it may use the
    Product API.
    """

    plan: str
    per_minute: int | None
    per_day: int | None
    api: bool


class UsagePlanPage(TypedDict):
    """A page of usage plans, ordered by name."""

    items: list[UsagePlan]
    next_cursor: str | None


_Bound = Annotated[int, Schema(whole(1, 10_000_000))]


class UsagePlanRequest(TypedDict):
    """A usage plan. Omit a limit, or send null, for none; `api` is true by default. `plan` must equal the path's."""

    plan: NotRequired[Annotated[str, Schema(text(100))] | None]
    per_minute: NotRequired[_Bound | None]
    per_day: NotRequired[_Bound | None]
    api: NotRequired[bool | None]


class AccessConfiguration(TypedDict):
    """Access settings.

    `log`: whether requests are logged. `log_days`: for how many days entries are kept. `origins`: web origins whose
    pages may call the API. `docs`: whether Swagger UI is served at `/docs`.
    """

    log: bool
    log_days: int
    origins: list[str]
    docs: bool


class AccessConfigurationRequest(TypedDict):
    """Access settings. Defaults: log true, log_days 90, no origins, docs false."""

    log: NotRequired[bool | None]
    log_days: NotRequired[Annotated[int, Schema(whole(1, 3_650))] | None]
    origins: NotRequired[Annotated[list[Annotated[str, Schema(ORIGIN)]], Schema(array(50))] | None]
    docs: NotRequired[bool | None]


class AccessLogEntry(TypedDict):
    """A logged request.

    `route` is the path's template. `key_id` is null without a valid key. `source` is the client's IP address.
    """

    at: str
    request_id: str
    key_id: str | None
    source: str | None
    route: str
    status: int
    milliseconds: int


class AccessLogPage(TypedDict):
    """A page of the access log, newest first. A page may be short or empty without being the last."""

    items: list[AccessLogEntry]
    next_cursor: str | None

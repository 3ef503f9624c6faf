"""What the routes of jobs answer, as types (see `query.schemas`)."""

from typing import Literal

from typing_extensions import TypedDict


class JobEntry(TypedDict):
    """Work that goes on after an answer.

    `kind`: what was changed; with `person` somebody is removed, with `metric` a custom metric deleted, with `backfill` a
    repository loaded from its code host. `name`: of the service, team, metric or repository. `state`: `queued` until a part
    of it is done; `failed` where a part could not be done, which `GET /v1/events` then lists. `total`: how many parts there are,
    null until that is known; `done` and `failed`: how many of them are. `updated_at`: when that last changed.
    """

    id: str
    kind: Literal["settings", "service", "team", "metric", "person", "backfill"]
    name: str | None
    state: Literal["queued", "running", "done", "failed"]
    done: int
    failed: int
    total: int | None
    started_at: str
    updated_at: str


class JobPage(TypedDict):
    """The newest first."""

    items: list[JobEntry]
    next_cursor: str | None

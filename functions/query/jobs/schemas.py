"""What the routes of jobs answer, as types (see `query.schemas`)."""

from typing import Literal

from typing_extensions import TypedDict


class JobEntry(TypedDict):
    """Background work that continues after a response.

    `kind`: what the job applies. `settings`, `service` and `team`: a changed configuration; `metric`: the deletion of a
    custom metric; `person`: the removal of a person; `backfill`: loading a repository from its code host. `name`: the
    service, team, metric or repository. `state`: `queued` until the first part is done; `failed` if any part failed (see
    `GET /v1/events`). `total`: the number of parts, null until it is known. `done` and `failed`: the number of parts that
    succeeded and failed. `updated_at`: the time of the last progress.
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
    """A page of jobs, newest first."""

    items: list[JobEntry]
    next_cursor: str | None

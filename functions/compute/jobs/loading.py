"""Loading what a code host knows of the last days: a backfill that somebody asked for, or the hourly reconciliation.

Senders of webhooks never send again what got lost (GitHub), so every hour what was merged and deployed in the last three days is
asked for and folded; what was known already changes nothing. A page is one message; how far a loading is, and what it found, is
one item, so a loading that was cut off (a rate limit, a dead worker) goes on where it was:

    loading#backfill    | github.com/acme/api
    loading#reconcile   | github.com/acme/api
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from compute.fold import fold
from compute.jobs.sweep import Errand
from compute.vcs.enrich import recent
from compute.vcs.port import VcsError
from leadline.store.outbox import Job, job_id, job_ttl
from leadline.store.planned_writes import lock_key
from leadline.store.services import SERVICES, Service
from leadline.store.sources import SOURCES_KEY, CodeHost, Sources
from leadline.store.table import Item, Key, Put, Table

if TYPE_CHECKING:
    from compute.vcs.connection import Connections

BACKFILL, RECONCILE = "backfill", "reconcile"
FINAL = frozenset({"NotConfigured", "NotFound", "Denied", "BadConfiguration"})
"""What stops a loading until somebody does something about it."""
DAY = 24 * 3600 * 1000
RECONCILED_DAYS = 3
STUCK_AFTER = 10 * 60 * 1000
"""A loading that has not moved for so long (milliseconds) is set going again."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How far it is. `since`: from when on (epoch milliseconds). Counts are of what was told; `mended`: of those, what was news.

    `cursor`: where the next page begins. `trouble`: what stopped the last try, a class name of `compute.vcs.port`.
    """

    purpose: str
    repository: str
    since: int
    started_at: int
    moved_at: int
    cursor: str | None = None
    pages: int = 0
    commits: int = 0
    changes: int = 0
    deployments: int = 0
    mended: int = 0
    done: bool = False
    trouble: str | None = None

    @property
    def key(self) -> Key:
        return loading_key(self.purpose, self.repository)

    def to_item(self) -> Item:
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return {"pk": self.key[0], "sk": self.key[1], **values}

    @classmethod
    def from_item(cls, item: Item) -> "Loading":
        return cls(**{field.name: item[field.name] for field in fields(cls) if field.name in item})


def loading_key(purpose: str, repository: str) -> Key:
    return (f"loading#{purpose}", repository)


def begin(purpose: str, repository: str, since: int, now: int) -> Errand:
    """The errand that starts a loading from its beginning."""
    data = {"purpose": purpose, "repository": repository, "since": since, "started_at": now}
    return Errand(repository, "loading", f"load_{purpose}_{repository}_{now}", data)


def load_page(table: Table, connections: "Connections", data: dict[str, Any], now: int) -> Errand | None:
    """Loads a page and says what comes next; None after the last, or where the host cannot be asked now."""
    item = table.get([loading_key(data["purpose"], data["repository"])]).get(
        loading_key(data["purpose"], data["repository"])
    )
    loading = Loading.from_item(item) if item else None
    if loading is None or loading.started_at < data["started_at"]:
        loading = Loading(data["purpose"], data["repository"], data["since"], data["started_at"], now)
    if loading.done or loading.started_at > data["started_at"]:
        return None
    try:
        moved = _load(table, connections, loading, now)
    except VcsError as error:
        moved = _at(loading, now, trouble=type(error).__name__)
    job = [Put(_job(moved).to_item())] if moved.purpose == BACKFILL else []
    table.write([Put(moved.to_item()), *job])
    return None if moved.done or moved.trouble else continued(moved, now)


def _job(loading: Loading) -> Job:
    """A backfill as people see it: how many commits, changes and deployments it has loaded. Their total is known at its end."""
    count = loading.commits + loading.changes + loading.deployments
    failed = loading.trouble in FINAL
    return Job(
        id=job_id(loading.started_at, BACKFILL, loading.repository),
        kind=BACKFILL,
        name=loading.repository,
        started_at=loading.started_at,
        moved_at=loading.moved_at,
        open=0 if loading.done or failed else 1,
        total=count + failed,
        done=count,
        failed=int(failed),
        ttl=job_ttl(loading.moved_at),
    )


def _load(table: Table, connections: "Connections", loading: Loading, now: int) -> Loading:
    host = connections.of(loading.repository)
    if host is None:
        return _at(loading, now, done=True, trouble="NotConfigured")
    page = recent(host, loading.repository, loading.since, loading.cursor, _rules(table, loading.repository), now)
    counts = {"commits": 0, "change": 0, "deployment": 0}
    mended = 0
    for message in page.messages:
        version = _version(table, loading.repository)
        fold(table, json.dumps(message))
        mended += _version(table, loading.repository) > version
        told = message["data"]
        counts[message["kind"]] += len(told["commits"]) if message["kind"] == "commits" else 1
    return _at(
        loading,
        now,
        cursor=page.cursor,
        pages=loading.pages + 1,
        commits=loading.commits + counts["commits"],
        changes=loading.changes + counts["change"],
        deployments=loading.deployments + counts["deployment"],
        mended=loading.mended + mended,
        done=page.cursor is None,
        trouble=None,
    )


def _at(loading: Loading, now: int, **values: Any) -> Loading:
    return Loading(**{**asdict(loading), "moved_at": now, **values})


def continued(loading: Loading, now: int) -> Errand:
    """The errand that goes on with a loading. `now` in epoch milliseconds."""
    data = {name: getattr(loading, name) for name in ("purpose", "repository", "since", "started_at")}
    identity = f"load_{loading.purpose}_{loading.repository}_{loading.started_at}_{loading.pages}_{now}"
    return Errand(loading.repository, "loading", identity, data)


def reconciliations(table: Table, now: int) -> Iterator[Errand]:
    """An errand for each repository that a service is tied to."""
    repositories = {Service.from_item(item).repository for item in table.query(SERVICES)}
    for repository in sorted(name for name in repositories if name):
        yield begin(RECONCILE, repository, now - RECONCILED_DAYS * DAY, now)


def stuck(table: Table, now: int) -> Iterator[Errand]:
    """Loadings that were cut off: a limit that is over by now, or a worker that died."""
    for purpose in (BACKFILL, RECONCILE):
        for item in table.query(f"loading#{purpose}"):
            loading = Loading.from_item(item)
            if not loading.done and now - loading.moved_at >= STUCK_AFTER:
                yield continued(loading, now)


def _rules(table: Table, repository: str) -> CodeHost:
    sources = Sources.from_item(table.get([SOURCES_KEY]).get(SOURCES_KEY))
    host = repository.partition("/")[0]
    kinds = {"gitlab": sources.gitlab, "bitbucket": sources.bitbucket}
    return next((rules for name, rules in kinds.items() if name in host), sources.github)


def _version(table: Table, repository: str) -> int:
    key = lock_key(repository)
    version: int = table.get([key]).get(key, {}).get("v", 0)
    return version

"""Loading what a code host knows of the last days: a backfill that was started, or the hourly reconciliation.

Lost webhook deliveries are not sent again (GitHub), so every hour what was merged and deployed in the last three days is requested
and folded; what was known already changes nothing. A page is one message; how far a loading is, and what it found, is
one item, so a loading that was cut off (a rate limit, a dead worker) goes on where it was:

    loading#backfill    | github.com/acme/api
    loading#reconcile   | github.com/acme/api
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from compute.apply import fold
from compute.jobs.sweep import SOURCE
from compute.vcs.enrich import recent
from compute.vcs.port import VcsError
from leadline.contract.messages import CommitsMessage, LoadingMessage
from leadline.queue import Message, addressed
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
    """How far it is. `since`: from when on (epoch milliseconds). It counts what was received; `mended`: how much of that was new.

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


def begin(purpose: str, repository: str, since: int, now: int) -> LoadingMessage:
    """The message that starts a loading from its beginning."""
    event_id = f"load_{purpose}_{repository}_{now}"
    return LoadingMessage(
        event_id=event_id, received_at=now, purpose=purpose, repository=repository, since=since, started_at=now
    )


def load_page(table: Table, connections: "Connections", message: LoadingMessage, now: int) -> LoadingMessage | None:
    """Loads a page and returns the next message; None after the last page, or if the host is unavailable now."""
    key = loading_key(message.purpose, message.repository)
    item = table.get([key]).get(key)
    loading = Loading.from_item(item) if item else None
    if loading is None or loading.started_at < message.started_at:
        loading = Loading(message.purpose, message.repository, message.since, message.started_at, now)
    if loading.done or loading.started_at > message.started_at:
        return None
    try:
        moved = _load(table, connections, loading, now)
    except VcsError as error:
        moved = replace(loading, moved_at=now, trouble=type(error).__name__)
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
        return replace(loading, moved_at=now, done=True, trouble="NotConfigured")
    page = recent(host, loading.repository, loading.since, loading.cursor, _rules(table, loading.repository), now)
    counts = {"commits": 0, "change": 0, "deployment": 0}
    mended = 0
    for message in page.messages:
        version = _version(table, loading.repository)
        fold(table, message)
        mended += _version(table, loading.repository) > version
        counts[message.kind] += len(message.data["commits"]) if isinstance(message, CommitsMessage) else 1
    return replace(
        loading,
        moved_at=now,
        cursor=page.cursor,
        pages=loading.pages + 1,
        commits=loading.commits + counts["commits"],
        changes=loading.changes + counts["change"],
        deployments=loading.deployments + counts["deployment"],
        mended=loading.mended + mended,
        done=page.cursor is None,
        trouble=None,
    )


def continued(loading: Loading, now: int) -> LoadingMessage:
    """The message that goes on with a loading. `now` in epoch milliseconds."""
    return LoadingMessage(
        event_id=f"load_{loading.purpose}_{loading.repository}_{loading.started_at}_{loading.pages}_{now}",
        received_at=now,
        source="compute",
        purpose=loading.purpose,
        repository=loading.repository,
        since=loading.since,
        started_at=loading.started_at,
    )


def reconciliations(table: Table, now: int) -> Iterator[Message]:
    """A message for each repository that a service is tied to."""
    repositories = {Service.from_item(item).repository for item in table.query(SERVICES)}
    for repository in sorted(name for name in repositories if name):
        message = begin(RECONCILE, repository, now - RECONCILED_DAYS * DAY, now)
        yield addressed(replace(message, source=SOURCE), repository)


def stuck(table: Table, now: int) -> Iterator[Message]:
    """Messages for loadings that were cut off: by a limit that is over by now, or by a worker that died."""
    for purpose in (BACKFILL, RECONCILE):
        for item in table.query(f"loading#{purpose}"):
            loading = Loading.from_item(item)
            if not loading.done and now - loading.moved_at >= STUCK_AFTER:
                yield addressed(replace(continued(loading, now), source=SOURCE), loading.repository)


def _rules(table: Table, repository: str) -> CodeHost:
    sources = Sources.from_item(table.get([SOURCES_KEY]).get(SOURCES_KEY))
    host = repository.partition("/")[0]
    kinds = {"gitlab": sources.gitlab, "bitbucket": sources.bitbucket}
    return next((rules for name, rules in kinds.items() if name in host), sources.github)


def _version(table: Table, repository: str) -> int:
    key = lock_key(repository)
    version: int = table.get([key]).get(key, {}).get("v", 0)
    return version

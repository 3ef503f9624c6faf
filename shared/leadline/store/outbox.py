"""Jobs and the outbox: work that a change of the configuration starts, stored in the same transaction as the change.

    jobs   | job_1790000000000_3f9a12c0ffee        what people see: how many messages there are, how many are applied
    outbox | job_1790000000000_3f9a12c0ffee#000    messages that the queue has not got yet; deleted once it has

`leadline.relay` sends what is in the outbox: the request that stored the change does so at once, compute's sweep where that failed.
A message may be sent twice. Its event id is made of the job and its place in the job, so it is applied and counted once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from leadline.contract.event_ids import event_id
from leadline.store.table import ABSENT, Add, Item, Key, Put, Write

JOBS = "jobs"
OUTBOX = "outbox"
KEEP_DAYS = 90
"""How long a job is kept after it last moved: as long as the traces of its events, so that a parked one can still be retried."""
AUTHORS_PER_RECORD = 500
"""A record of so many authors takes some 100 KB at most."""

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
SERVICES, ROSTER = "services", "roster"
"""What a record fans out to: every service and custom metric, or those that hold changes of some authors."""

Position = tuple[int, str, int]
"""A message's place in its job, in the order of sending: stage, lock or name, first author."""

_PREFIXES = {
    "service": "svc",
    "roster": "ros",
    "points": "pts",
    "renaming": "ren",
    "deletion of points": "del",
}


@dataclass(frozen=True, slots=True)
class Job:
    """`name`: what was changed; `who`: the id of the key that changed it. `open`: outbox records that are left.

    `total`: messages that were sent; `done` of them are applied, `failed` are parked. Times in epoch milliseconds.
    """

    id: str
    kind: str
    started_at: int
    moved_at: int
    name: str | None = None
    who: str | None = None
    open: int = 0
    total: int = 0
    done: int = 0
    failed: int = 0
    ttl: int | None = None

    @property
    def key(self) -> Key:
        return job_key(self.id)

    @property
    def state(self) -> str:
        settled = self.done + self.failed
        if self.open or settled < self.total:
            return RUNNING if settled else QUEUED
        return DONE if self.done >= self.total else FAILED

    def to_item(self) -> Item:
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "id"}
        return {"pk": JOBS, "sk": self.id, **{name: value for name, value in values.items() if value is not None}}

    @classmethod
    def from_item(cls, item: Item) -> Job:
        known = {field.name for field in fields(cls)}
        return cls(id=item["sk"], **{name: value for name, value in item.items() if name in known})


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message to send. `lock`: what compute writes it under."""

    kind: str
    lock: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FanOut:
    """Messages that are made when they are sent, since what they go to is only read then.

    `to` is SERVICES or ROSTER. `days`: `from` and `to` of a change of teams, absent where open.
    """

    to: str
    authors: Sequence[str] = ()
    days: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class OutboxRecord:
    """`part`: its number in the job. `after`: the position of the last message that was sent; `sent`: how many were."""

    job: str
    part: int
    received_at: int
    messages: Sequence[OutboxMessage] = ()
    fan_out: FanOut | None = None
    after: Position | None = None
    sent: int = 0
    version: int = 0

    @property
    def key(self) -> Key:
        return (OUTBOX, f"{self.job}#{self.part:03d}")

    def event_id(self, kind: str, position: Position) -> str:
        return message_event_id(self.job, kind, position, self.part)

    def to_item(self) -> Item:
        """The item of the next version."""
        pk, sk = self.key
        item: Item = {"pk": pk, "sk": sk, "received_at": self.received_at, "sent": self.sent, "v": self.version + 1}
        if self.messages:
            item["messages"] = [
                {"kind": message.kind, "lock": message.lock, "data": dict(message.data)} for message in self.messages
            ]
        if self.fan_out is not None:
            item |= {"to": self.fan_out.to, "authors": list(self.fan_out.authors) or None, "days": self.fan_out.days}
        if self.after is not None:
            item["after"] = list(self.after)
        return {name: value for name, value in item.items() if value is not None}

    @classmethod
    def from_item(cls, item: Item) -> OutboxRecord:
        job, _, part = item["sk"].partition("#")
        after = item.get("after")
        fan_out = FanOut(item["to"], item.get("authors", []), item.get("days")) if "to" in item else None
        return cls(
            job=job,
            part=int(part),
            received_at=item["received_at"],
            messages=[OutboxMessage(each["kind"], each["lock"], each["data"]) for each in item.get("messages", [])],
            fan_out=fan_out,
            after=(after[0], after[1], after[2]) if after else None,
            sent=item["sent"],
            version=item["v"],
        )


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job with its outbox records, to be stored together with the change that starts it."""

    job: Job
    records: Sequence[OutboxRecord]

    @classmethod
    def of(
        cls,
        job: Job,
        messages: Sequence[OutboxMessage] = (),
        fan_out: FanOut | None = None,
    ) -> NewJob:
        fan_outs = _parts(fan_out) if fan_out is not None else [None]
        records = [
            OutboxRecord(job.id, part, job.started_at, () if part else messages, each)
            for part, each in enumerate(fan_outs)
        ]
        return cls(replace(job, open=len(records)), [replace(record, version=1) for record in records])

    def writes(self) -> list[Write]:
        """What goes into the transaction that stores the change."""
        records = [replace(record, version=0).to_item() for record in self.records]
        return [Put(self.job.to_item(), ABSENT), *(Put(item, ABSENT) for item in records)]


def job_key(job: str) -> Key:
    return (JOBS, job)


def job_id(started_at: int, *identity: str | int) -> str:
    """The id of the job with this identity, such as the version of what was changed. Ids sort by the time that the job started."""
    digest = hashlib.sha256("\n".join(map(str, identity)).encode()).hexdigest()
    return f"{job_prefix(started_at)}_{digest[:12]}"


def job_prefix(started_at: int) -> str:
    """What the ids of the jobs of this moment begin with."""
    return f"job_{started_at:013d}"


def message_event_id(job: str, kind: str, position: Position = (0, "", 0), part: int = 0) -> str:
    stage, name, start = position
    return event_id(_PREFIXES[kind], f"{job} {part} {kind} {stage} {start} {name}")


def moved(job: str, now: int, **numbers: int) -> Add:
    """The write that adds to a job's numbers."""
    return Add(job_key(job), numbers, latest={"moved_at": now, "ttl": job_ttl(now)})


def job_ttl(now: int) -> int:
    return now // 1000 + KEEP_DAYS * 24 * 3600


def _parts(fan_out: FanOut) -> list[FanOut | None]:
    authors = fan_out.authors
    if len(authors) <= AUTHORS_PER_RECORD:
        return [fan_out]
    starts = range(0, len(authors), AUTHORS_PER_RECORD)
    return [replace(fan_out, authors=authors[start : start + AUTHORS_PER_RECORD]) for start in starts]

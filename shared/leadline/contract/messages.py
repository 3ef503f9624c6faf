"""The messages on the queue to compute: one dataclass per kind, and the one place where they become JSON and are read back.

    {"v": 1, "kind": "deployment", "event_id": "dep_…", "received_at": epoch ms, "data": {…},
     "source": "webhook:github", "source_time": epoch ms, "hops": 3, "job": "…"}

`received_at` is when Leadline received it, `source_time` when its source says that it was made. `source` is where it came from
("api", "webhook:github", "compute", "sweep", "product_api"). Both are absent where they are not known. `hops`, absent for 0, is the
number of messages that led to this one, each sent by the one before. `job`, mostly absent, is the job that it belongs to
(`leadline.store.outbox`).

Adding a kind: a dataclass in `KINDS`, its logic in `compute.apply` (or `compute.worker` for a job), and its row in
docs/architecture.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Self, get_origin

from leadline.contract import reasons
from leadline.contract.event_ids import canonical
from leadline.domain.errors import NotUnderstood, Poison

VERSION = 1
"""Of the form of messages. Compute understands no other: it waits to be updated, or for its update to come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every message has, whatever its version and kind. `data` is not checked."""

    kind: str
    event_id: str
    received_at: int
    data: Mapping[str, Any]
    version: int = VERSION
    source: str | None = None
    source_time: int | None = None
    hops: int = 0
    job: str | None = None

    def to_json(self) -> str:
        optional = {"source": self.source, "source_time": self.source_time, "hops": self.hops or None, "job": self.job}
        return canonical(
            {
                "v": self.version,
                "kind": self.kind,
                "event_id": self.event_id,
                "received_at": self.received_at,
                "data": self.data,
                **{name: value for name, value in optional.items() if value is not None},
            }
        )

    @classmethod
    def from_json(cls, body: str) -> Self:
        """Raises Poison where the body is not JSON or lacks what every message has."""
        return cls._from_values(_load(body))

    @classmethod
    def _from_values(cls, values: dict[str, Any]) -> Self:
        _check(values, _ENVELOPE, "message")
        return cls(
            version=values["v"],
            **{name: values[name] for name in _ENVELOPE if name != "v" and values.get(name) is not None},
        )

    def subject(self) -> dict[str, str | int]:
        """What the message is about as far as it says so itself, by the names of `leadline.store.events.Trace`."""
        kind = KINDS.get(self.kind)
        return _subject(self.data, kind.about if kind is not None else {})


_ENVELOPE: dict[str, tuple[type, ...]] = {
    "v": (int,),
    "kind": (str,),
    "event_id": (str,),
    "received_at": (int,),
    "data": (dict,),
    "source": (str, type(None)),
    "source_time": (int, type(None)),
    "hops": (int, type(None)),
    "job": (str, type(None)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage:
    """A message of a known kind. The fields of a kind are those of its `data`; None stands for an absent one.

    `about`: which fields of `data` say what the message is about, by the names of `leadline.store.events.Trace`.
    `resent_by_sweep`: the schedule sends it again by itself, so that nothing is lost when it is given up.
    """

    kind: ClassVar[str]
    about: ClassVar[Mapping[str, str]] = {}
    resent_by_sweep: ClassVar[bool] = False

    event_id: str
    received_at: int
    source: str | None = None
    source_time: int | None = None
    hops: int = 0
    job: str | None = None

    def to_json(self) -> str:
        return Envelope(
            kind=self.kind,
            event_id=self.event_id,
            received_at=self.received_at,
            data=self.to_data(),
            source=self.source,
            source_time=self.source_time,
            hops=self.hops,
            job=self.job,
        ).to_json()

    def to_data(self) -> dict[str, Any]:
        values = {name: getattr(self, attribute) for name, (attribute, _) in _fields_of(self.kind).items()}
        return {name: value for name, value in values.items() if value is not None}

    def subject(self) -> dict[str, str | int]:
        """What the message is about as far as it says so itself, by the names of `leadline.store.events.Trace`."""
        return _subject(self.to_data(), self.about)

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Raises Poison where `data` does not have the form of this kind."""
        own = _fields_of(cls.kind)
        _check(envelope.data, {name: types for name, (_, types) in own.items()}, cls.kind)
        return cls(
            event_id=envelope.event_id,
            received_at=envelope.received_at,
            source=envelope.source,
            source_time=envelope.source_time,
            hops=envelope.hops,
            job=envelope.job,
            **{attribute: envelope.data.get(name) for name, (attribute, _) in own.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMessage(QueueMessage):
    """An event that a sender reported: its fields are declared in `leadline.contract.events`.

    `required`: those that compute cannot do without.
    """

    required: ClassVar[dict[str, tuple[type, ...]]]

    data: dict[str, Any]

    def to_data(self) -> dict[str, Any]:
        return self.data

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        _check(envelope.data, cls.required, cls.kind)
        return cls(
            event_id=envelope.event_id,
            received_at=envelope.received_at,
            source=envelope.source,
            source_time=envelope.source_time,
            hops=envelope.hops,
            job=envelope.job,
            data=dict(envelope.data),
        )


class DeploymentMessage(EventMessage):
    kind = "deployment"
    required: ClassVar = {"environment": (str,), "status": (str,)}


class ChangeMessage(EventMessage):
    kind = "change"
    required: ClassVar = {"repository": (str,), "number": (int,)}


class CommitsMessage(EventMessage):
    kind = "commits"
    required: ClassVar = {"repository": (str,), "commits": (list,)}


class IncidentMessage(EventMessage):
    kind = "incident"
    required: ClassVar = {"id": (str,), "started_at": (int,)}


class PointMessage(EventMessage):
    kind = "point"
    about: ClassVar = {"metric": "name"}
    required: ClassVar = {"name": (str,), "value": (int,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsMessage(QueueMessage):
    """A metric's points have to be derived again: the time zone changed or, with `authors`, their teams between two days."""

    kind = "points"
    about: ClassVar = {"metric": "metric"}

    metric: str
    authors: list[str] | None = None
    first_day: str | None = field(default=None, metadata={"name": "from"})
    end_day: str | None = field(default=None, metadata={"name": "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterMessage(QueueMessage):
    """The teams of these authors changed between two days: what they shipped under one repository's lock is counted again."""

    kind = "roster"

    lock: str
    services: list[str]
    authors: list[str]
    first_day: str | None = field(default=None, metadata={"name": "from"})
    end_day: str | None = field(default=None, metadata={"name": "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMessage(QueueMessage):
    """A service's repository, its paths or the settings changed. `locks`: those under which it was written before, and is now."""

    kind = "service"
    about: ClassVar = {"service": "service"}

    service: str
    locks: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionMessage(QueueMessage):
    """Somebody corrected a deployment. With `merge`, fields that are missing stay as they are and null takes one back."""

    kind = "correction"
    about: ClassVar = {"service": "service", "deployment": "deployment"}

    deployment: str
    correction: dict[str, Any]
    service: str | None = None
    merge: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementMessage(QueueMessage):
    """A deployment's SHA was looked for long enough."""

    kind = "settlement"
    about: ClassVar = {"deployment": "deployment"}

    deployment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentDeletion(QueueMessage):
    kind = "deletion of deployment"
    about: ClassVar = {"service": "service", "deployment": "deployment"}

    deployment: str
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDeletion(QueueMessage):
    kind = "deletion of change"
    about: ClassVar = {"change": "number"}

    repository: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDeletion(QueueMessage):
    kind = "deletion of incident"
    about: ClassVar = {"service": "service", "incident": "incident"}

    service: str
    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsDeletion(QueueMessage):
    """Deletes all points of a metric that were received before this message."""

    kind = "deletion of points"
    about: ClassVar = {"metric": "metric"}

    metric: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupMessage(QueueMessage):
    """Ask the code host for what a deployment's attribution lacks."""

    kind = "lookup"
    about: ClassVar = {"deployment": "deployment"}
    resent_by_sweep = True

    deployment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadingMessage(QueueMessage):
    """Load the next page of what a code host knows since then. Times in epoch milliseconds."""

    kind = "loading"
    resent_by_sweep = True

    purpose: str
    repository: str
    since: int
    started_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamingMessage(QueueMessage):
    """Rename people in the next page of the table. `number`: that of the renaming in the settings."""

    kind = "renaming"
    resent_by_sweep = True

    number: int


KINDS: dict[str, type[QueueMessage]] = {
    message.kind: message
    for message in (
        DeploymentMessage,
        ChangeMessage,
        CommitsMessage,
        IncidentMessage,
        PointMessage,
        PointsMessage,
        RosterMessage,
        ServiceMessage,
        CorrectionMessage,
        SettlementMessage,
        DeploymentDeletion,
        ChangeDeletion,
        IncidentDeletion,
        PointsDeletion,
        LookupMessage,
        LoadingMessage,
        RenamingMessage,
    )
}


def parse(body: str) -> QueueMessage:
    """The message in a queued text.

    Raises Poison (NOT_JSON, MALFORMED) where it can never be understood, NotUnderstood (UNKNOWN_VERSION, UNKNOWN_KIND) where
    another version of Leadline may understand it.
    """
    values = _load(body)
    version = values.get("v")
    if isinstance(version, int) and version != VERSION:
        raise NotUnderstood(
            reasons.UNKNOWN_VERSION, f"this version of Leadline does not understand messages of version {version}"
        )
    envelope = Envelope._from_values(values)
    kind = KINDS.get(envelope.kind)
    if kind is None:
        raise NotUnderstood(
            reasons.UNKNOWN_KIND, f"this version of Leadline does not know the kind {envelope.kind[:40]!r}"
        )
    return kind.from_envelope(envelope)


def without_hops(body: str) -> str:
    """The message as the first of a chain, so that a retried one may start as long a chain again."""
    try:
        values = json.loads(body)
    except ValueError:
        return body
    if not isinstance(values, dict) or "hops" not in values:
        return body
    return canonical({name: value for name, value in values.items() if name != "hops"})


def _load(body: str) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError as error:
        raise Poison(reasons.NOT_JSON, "the message is not JSON") from error
    if not isinstance(values, dict):
        raise Poison(reasons.MALFORMED, "the message is not a JSON object")
    return values


def _subject(data: Mapping[str, Any], about: Mapping[str, str]) -> dict[str, str | int]:
    """Leaves out what has the wrong form: messages are parked because of that."""
    found = {name: data.get(source) for name, source in {"repository": "repository", **about}.items()}
    return {name: value for name, value in found.items() if isinstance(value, int if name == "change" else str)}


def _check(values: Mapping[str, Any], types: Mapping[str, tuple[type, ...]], what: str) -> None:
    wrong = [name for name, allowed in types.items() if not isinstance(values.get(name), allowed)]
    if wrong:
        raise Poison(reasons.MALFORMED, f"missing or of the wrong type in the {what}: {', '.join(wrong)}")


@cache
def _fields_of(kind: str) -> dict[str, tuple[str, tuple[type, ...]]]:
    """The attribute and the types of each field of `data` of this kind, by its name in JSON."""
    envelope = {each.name for each in fields(QueueMessage)}
    return {
        each.metadata.get("name", each.name): (each.name, _types_of(each.type))
        for each in fields(KINDS[kind])
        if each.name not in envelope
    }


def _types_of(annotation: Any) -> tuple[type, ...]:
    parts = annotation.__args__ if isinstance(annotation, UnionType) else (annotation,)
    return tuple(get_origin(part) or part for part in parts)

"""A deployment as reported: the reports of one run, joined so that neither order nor repetition matters."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

SUCCESS, FAILURE, CANCELLED, IN_PROGRESS = "success", "failure", "cancelled", "in_progress"
_RANK = {IN_PROGRESS: 0, CANCELLED: 1, FAILURE: 2, SUCCESS: 3}


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One report of a run's status. Times in epoch milliseconds. `received_at`: when Leadline first received it."""

    status: str
    received_at: int
    id: str | None = None
    deployment_id: str | None = None
    started_at: int | None = None
    finished_at: int | None = None
    previous_id: str | None = None
    baseline: bool = False
    remediates: str | None = None
    version: str | None = None
    url: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    event_id: str | None = None

    @property
    def finish(self) -> int:
        return self.received_at if self.finished_at is None else self.finished_at

    @property
    def timed(self) -> bool:
        """Whether the sender gave an id or a time, which tells a repeated report from a new run."""
        return self.deployment_id is not None or self.finished_at is not None or self.started_at is not None

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "StatusReport":
        """From the fields of an event or item. Ignores unknown fields."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known and value is not None}
        labels = values.get("labels", {})
        values["labels"] = tuple(sorted(labels.items()))
        return cls(**values)

    def to_data(self) -> dict[str, Any]:
        """The known fields: the form in which a report is stored."""
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        data["labels"] = dict(self.labels)
        return {name: value for name, value in data.items() if value not in (None, {}, False)}

    def join(self, other: "StatusReport") -> "StatusReport":
        """Joins two reports of the same status: first receipt, latest finish, greatest of the rest. Order never matters."""
        values: dict[str, Any] = {}
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if mine is None or theirs is None:
                values[each.name] = theirs if mine is None else mine
            elif each.name == "received_at":
                values[each.name] = min(mine, theirs)
            elif each.name == "labels":
                values[each.name] = tuple(sorted(dict(sorted([*mine, *theirs])).items()))  # of each name the greatest
            else:
                values[each.name] = max(mine, theirs)
        return StatusReport(**values)


def relabelled(report: StatusReport, renamed: Mapping[str, str]) -> StatusReport:
    """The report with these label values replaced."""
    labels = tuple((name, renamed.get(value, value)) for name, value in report.labels)
    return replace(report, labels=labels) if labels != report.labels else report


@dataclass(frozen=True, slots=True)
class Deployment:
    """One run on a timeline: at most one report per status. Its key is its natural identity.

    `report` is the one that stands: a finished one before a running one, then the latest, with the others' fields filled in. There
    is none before the first report is joined in.
    """

    key: str
    service: str
    environment: str
    reports: tuple[StatusReport, ...]
    report: StatusReport = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.reports:
            object.__setattr__(self, "report", self._standing_report())

    def _standing_report(self) -> StatusReport:
        ranked = sorted(self.reports, key=_rank, reverse=True)
        standing = ranked[0]
        values = {each.name: getattr(standing, each.name) for each in fields(standing)}
        for other in ranked[1:]:
            for name in ("id", "deployment_id", "started_at", "previous_id", "remediates", "version", "url"):
                if values[name] is None:
                    values[name] = getattr(other, name)
            values["labels"] = values["labels"] or other.labels
        return StatusReport(**values)

    def with_report(self, report: StatusReport) -> "Deployment":
        """This deployment with another report joined in."""
        by_status = {known.status: known for known in self.reports}
        known = by_status.get(report.status)
        by_status[report.status] = known.join(report) if known else report
        ordered = tuple(by_status[status] for status in sorted(by_status))
        return Deployment(self.key, self.service, self.environment, ordered)


def _rank(report: StatusReport) -> tuple[bool, int, int]:
    return (report.status != IN_PROGRESS, report.finish, _RANK[report.status])


def deployment_key(service: str, environment: str, report: StatusReport) -> str:
    """The key of the run that a report is about: 24 hex digits of a hash of its natural identity.

    That is the sender's `deployment_id`; without it the SHA and a time of the run; without either the SHA and the time of receipt.
    """
    if report.deployment_id is not None:
        identity: Iterable[Any] = ("id", report.deployment_id)
    elif report.finished_at is not None:
        identity = ("finished", report.id, report.finished_at)
    elif report.started_at is not None:
        identity = ("started", report.id, report.started_at)
    else:
        identity = ("received", report.id, report.status, report.received_at)
    return _digest(service, environment, *identity)


def identified_key(service: str, environment: str, deployment_id: str) -> str:
    """The key of the run with this `deployment_id`."""
    return _digest(service, environment, "id", deployment_id)


def _digest(*parts: Any) -> str:
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:24]

"""Deployments in the table.

dep#9f3c… | dep                 one deployment: its reports, what was derived from them, its first part
dep#9f3c… | part#001            the changes that don't fit into the first part
line#checkout#production#2026 | 1790000000000#9f3c…   its entry on the timeline, with the state that the next one starts from
claim#checkout#production#run-17 | claim              incidents and deployments that refer to this deployment id or SHA
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from leadline.contract import reasons
from leadline.domain.attribution import Attribution, State, Tip
from leadline.domain.deployments import Deployment, StatusReport
from leadline.domain.facts import CarriedChange, FactPart, Summary
from leadline.domain.ledger import Span
from leadline.domain.outcomes import LinkedIncident, Outcome, Remedy
from leadline.store.names import join
from leadline.store.table import Item, Key


def deployment_item_key(key: str) -> Key:
    return (f"dep#{key}", "dep")


def part_key(key: str, position: int) -> Key:
    return (f"dep#{key}", "dep" if position == 0 else f"part#{position:03d}")


def line_partition(service: str, environment: str, year: int) -> str:
    return join("line", service, environment, str(year))


def place_of(finish: int, key: str) -> str:
    """The sort key of a deployment on its timeline: its finish time, then its key."""
    return f"{finish:013d}#{key}"


def year_of(place: str) -> int:
    return datetime.fromtimestamp(int(place[:13]) / 1000, UTC).year


def reference_key(service: str, environment: str, reference: str) -> Key:
    return reference_keys(service, environment, [reference])[reference]


def reference_keys(service: str, environment: str, references: Iterable[str]) -> dict[str, Key]:
    """The key of each reference. Those that may be SHAs are kept by their first seven digits, so that short and full ones meet."""
    short = {name: name[:7].lower() if is_sha(name) else name for name in references}
    return {name: (join("claim", service, environment, kept), "claim") for name, kept in short.items()}


def is_sha(text: str) -> bool:
    return 7 <= len(text) <= 64 and all(digit in "0123456789abcdef" for digit in text.lower())


def same_sha(one: str | None, other: str | None) -> bool:
    """Whether two SHAs, each possibly abbreviated, may be the same commit."""
    if not one or not other:
        return False
    one, other = one.lower(), other.lower()
    return one.startswith(other) or other.startswith(one)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A deployment's entry on its timeline. `live`: it reached the environment and counts. `after`: the state it leaves.

    `rolled_back`: later rollbacks to a commit before it, as (remedy, the node rolled back to). `repairs`: by a rule of the settings
    it repaired the deployment before it. `underived`: attribution has yet to process it.
    """

    place: str
    key: str
    sha: str | None
    live: bool
    node: str | None = None
    after: State = field(default_factory=State)
    rollback: bool = False
    spans: tuple[Span, ...] = ()
    rolled_back: tuple[tuple[Remedy, str], ...] = ()
    underived: bool = False
    repairs: bool = False

    @property
    def finish(self) -> int:
        return int(self.place[:13])

    def to_item(self, partition: str) -> Item:
        """`partition`: that of its timeline and year."""
        values: Item = {
            "pk": partition,
            "sk": self.place,
            "id": self.sha,
            "live": self.live or None,
            "n": self.node if self.node != self.sha else None,
            "s": _state_to_data(self.after),
            "rb": self.rollback or None,
            "rp": self.repairs or None,
            "sp": [[span.branch, span.low, span.high] for span in self.spans] or None,
            "by": [[remedy.key, remedy.finished_at, node] for remedy, node in self.rolled_back] or None,
            "new": self.underived or None,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_item(cls, item: Item) -> "TimelineEntry":
        return cls(
            place=item["sk"],
            key=item["sk"].partition("#")[2],
            sha=item.get("id"),
            live=item.get("live", False),
            node=item.get("n", item.get("id")),
            after=_state_from_data(item.get("s", {})),
            rollback=item.get("rb", False),
            repairs=item.get("rp", False),
            spans=tuple(Span(*span) for span in item.get("sp", [])),
            rolled_back=tuple((Remedy(key, at, rollback=True), node) for key, at, node in item.get("by", [])),
            underived=item.get("new", False),
        )


def _state_to_data(state: State) -> dict[str, Any] | None:
    values = {
        "l": state.line,
        "t": [[tip.sha, tip.at] for tip in state.tips] or None,
        "e": list(state.early) or None,
        "f": state.floor,
        "y": list(state.last_success) if state.last_success else None,
        "n": list(state.last_failure) if state.last_failure else None,
    }
    return {name: value for name, value in values.items() if value is not None} or None


def _state_from_data(data: dict[str, Any]) -> State:
    success, failure = data.get("y"), data.get("n")
    return State(
        line=data.get("l"),
        tips=tuple(Tip(sha, at) for sha, at in data.get("t", [])),
        early=tuple(data.get("e", [])),
        floor=data.get("f"),
        last_success=(success[0], success[1]) if success else None,
        last_failure=(failure[0], failure[1]) if failure else None,
    )


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's correction of a deployment. `failed` overrides what was derived; `excluded`: it counts nowhere."""

    failed: bool | None = None
    excluded: bool = False
    remediates: str | None = None
    note: str | None = None

    def to_data(self) -> dict[str, Any]:
        values = {
            "failed": self.failed,
            "excluded": self.excluded or None,
            "remediates": self.remediates,
            "note": self.note,
        }
        return {name: value for name, value in values.items() if value is not None and value != ""}


@dataclass(frozen=True, slots=True)
class Record:
    """A deployment as stored: its reports, what was derived from them, and the parts that cells count.

    `live`: it reached its environment and counts. `never_live`: it failed before that. `direct`: commits that belong to no change,
    as (SHA, author, authored at). `mismatch`: the repository that was sent, if the service is tied to another one. `settled`: the
    search for its SHA was given up. `unavailable`: its code host did not answer the last search. `deleted_at`: when somebody
    deleted it; a report received later creates it again. `counts_as_failed`: by the settings it counts as failed although it never
    went live. `labelled`: by the settings a change's label, source branch or title makes it rework.
    """

    deployment: Deployment
    repository: str | None
    place: str
    status: str = "pending"
    reason: str = reasons.SHA_NOT_FOUND
    from_id: str | None = None
    to_id: str | None = None
    rollback: bool = False
    outcome: Outcome = field(default_factory=Outcome)
    direct: tuple[tuple[str, str | None, int], ...] = ()
    waits_for: tuple[str, ...] = ()
    parts: tuple[FactPart, ...] = ()
    live: bool = False
    never_live: bool = False
    mismatch: str | None = None
    settled: bool = False
    unavailable: bool = False
    deleted_at: int | None = None
    counts_as_failed: bool = False
    labelled: bool = False
    correction: Correction = field(default_factory=Correction)

    @property
    def key(self) -> str:
        return self.deployment.key

    @property
    def changes(self) -> tuple[CarriedChange, ...]:
        return tuple(change for part in self.parts for change in part.changes if change.sha is None)

    @property
    def commits(self) -> dict[str, CarriedChange]:
        """The direct commits that count as changes of their own, by SHA."""
        return {change.sha: change for part in self.parts for change in part.changes if change.sha is not None}

    @property
    def rework(self) -> bool:
        """Whether it was made to repair another one: the sender or a person says so, or one of its changes matches a rule."""
        return self.remediates is not None or self.labelled

    @property
    def remediates(self) -> str | None:
        return self.correction.remediates or self.deployment.report.remediates

    @property
    def failed(self) -> bool:
        """Whether it failed after it reached its environment."""
        if not self.live:
            return False
        return self.outcome.failed if self.correction.failed is None else self.correction.failed

    def mapped(self, found: Attribution) -> "Record":
        return replace(
            self,
            status=str(found.status),
            reason=str(found.reason),
            from_id=found.from_id,
            to_id=found.to_id,
            rollback=found.reason == reasons.ROLLBACK,
            direct=tuple((node.sha, node.author, node.authored_at or node.at) for node in found.direct),
            waits_for=tuple(sorted(found.waits_for)),
        )

    def header_item(self) -> Item:
        """The header item, which includes the first part. Each further part has its own item."""
        pk, sk = deployment_item_key(self.key)
        outcome = self.outcome
        values: Item = {
            "pk": pk,
            "sk": sk,
            "service": self.deployment.service,
            "environment": self.deployment.environment,
            "repository": self.repository,
            "place": self.place,
            "status": self.status,
            "reason": self.reason,
            "from": self.from_id,
            "to": self.to_id,
            "rb": self.rollback or None,
            "inc": [[t.id, t.started_at, t.resolved_at] for t in outcome.incidents] or None,
            "rem": [[r.key, r.finished_at, r.rollback] for r in outcome.remedies] or None,
            "direct": [list(commit) for commit in self.direct] or None,
            "waits": list(self.waits_for) or None,
            "parts": len(self.parts) if len(self.parts) > 1 else None,
            "mismatch": self.mismatch,
            "settled": self.settled or None,
            "na": self.unavailable or None,
            "deleted": self.deleted_at,
            "lab": self.labelled or None,
            "fix": self.correction.to_data() or None,
            **(part_to_data(self.parts[0]) if self.parts else {}),
            "reports": [report.to_data() for report in self.deployment.reports],
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_items(cls, header: Item, others: Iterator[Item] | None = None) -> "Record":
        """From the header item and the items of any further parts, in order."""
        key = header["pk"].partition("#")[2]
        reports = tuple(StatusReport.from_data(report) for report in header["reports"])
        deployment = Deployment(key, header["service"], header["environment"], reports)
        parts = [part_from_data(header, 0, deployment)] if "day" in header else []
        parts += [part_from_data(item, int(item["sk"][5:]), deployment) for item in others or ()]
        return cls(
            deployment=deployment,
            repository=header.get("repository"),
            place=header["place"],
            status=header["status"],
            reason=header["reason"],
            from_id=header.get("from"),
            to_id=header.get("to"),
            rollback=header.get("rb", False),
            outcome=Outcome(
                tuple(LinkedIncident(*incident) for incident in header.get("inc", [])),
                tuple(Remedy(*remedy) for remedy in header.get("rem", [])),
            ),
            direct=tuple((sha, author, at) for sha, author, at in header.get("direct", [])),
            waits_for=tuple(header.get("waits", [])),
            parts=tuple(parts),
            live=bool(parts) and parts[0].summary.live,
            never_live=bool(parts) and parts[0].summary.never_live,
            counts_as_failed=bool(parts) and parts[0].summary.counts_as_failed,
            labelled=header.get("lab", False),
            mismatch=header.get("mismatch"),
            settled=header.get("settled", False),
            unavailable=header.get("na", False),
            deleted_at=header.get("deleted"),
            correction=Correction(**header.get("fix", {})),
        )


def references(record: Record) -> list[str]:
    """The ids and SHAs by which an incident or a remedy may refer to this deployment."""
    report = record.deployment.report
    names = dict.fromkeys([report.deployment_id, report.id, record.to_id])
    return [name for name in names if name]


def part_to_data(part: FactPart) -> dict[str, Any]:
    """A part's attributes, under short names. The service and environment are in the header."""
    summary = part.summary
    values = {
        "day": summary.day.strftime("%Y%m%d"),
        "live": summary.live or None,
        "x": summary.never_live or None,
        "y": summary.counts_as_failed or None,
        "map": summary.mapping if summary.mapping != "mapped" else None,
        "f": summary.failed or None,
        "rw": summary.rework or None,
        "rec": summary.recovery,
        "ch": [change.to_data() for change in part.changes] or None,
        "au": list(part.authors) or None,
        "te": list(part.teams) or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def part_from_data(item: Item, position: int, deployment: Deployment) -> FactPart:
    day = item["day"]
    summary = Summary(
        service=deployment.service,
        environment=deployment.environment,
        day=date(int(day[:4]), int(day[4:6]), int(day[6:])),
        live=item.get("live", False),
        never_live=item.get("x", False),
        counts_as_failed=item.get("y", False),
        mapping=item.get("map", "mapped"),
        failed=item.get("f", False),
        rework=item.get("rw", False),
        recovery=item.get("rec"),
    )
    changes = tuple(CarriedChange.from_data(change) for change in item.get("ch", []))
    return FactPart(summary, position, changes, tuple(item.get("au", [])), tuple(item.get("te", [])))


def part_item(key: str, part: FactPart) -> Item:
    pk, sk = part_key(key, part.position)
    return {"pk": pk, "sk": sk, **part_to_data(part)}

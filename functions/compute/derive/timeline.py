"""A timeline: one service in one environment, its deployments in order of finish time.

`derive` goes along the timeline from each place that something changed at, re-attributing deployments until one leaves the same
state as before. So a late deployment re-derives itself and its successor, and nothing else unless more really changes.
"""

from collections.abc import Iterator
from dataclasses import replace

from compute.derive.records import save_record, with_changes
from compute.derive.rework import is_rework, repairs_the_one_before
from compute.derive.unit_of_work import ATTRIBUTE, ATTRIBUTE_ALL, OUTCOME, UnitOfWork
from leadline.domain.attribution import Attribution, DeploymentRun, Reason, State, Status, attribute
from leadline.domain.deployments import FAILURE, SUCCESS, StatusReport
from leadline.domain.facts import carry, carry_commits
from leadline.domain.outcomes import Outcome
from leadline.store.attention import PENDING, UNMATCHED, attention_key
from leadline.store.change_filter import change_filter, commits_that_count
from leadline.store.deployments import (
    Record,
    TimelineEntry,
    deployment_item_key,
    line_partition,
    same_sha,
    year_of,
)
from leadline.store.services import Service

_PAGE = 10
_SHA_SEARCH = 500


class Timeline:
    """One service in one environment, seen through a workspace.

    `_end`, where it is known: nothing is stored at or after this place, and the place of the last entry before it. With it the
    usual event, the newest deployment of its timeline, costs one query.
    """

    def __init__(self, work: UnitOfWork, service: Service, environment: str) -> None:
        self.work = work
        self.service = service
        self.environment = environment
        self._end: tuple[str, str | None] | None = None

    def record(self, key: str) -> Record | None:
        header = self.work.changes.get(deployment_item_key(key))
        if header is None:
            return None
        others = self.work.changes.query(f"dep#{key}", "part#") if header.get("parts", 1) > 1 else None
        return Record.from_items(header, others)

    def entry(self, place: str) -> TimelineEntry | None:
        item = self.work.changes.get((self._partition(year_of(place)), place))
        return TimelineEntry.from_item(item) if item else None

    def entries(self, first: str) -> Iterator[TimelineEntry]:
        """The timeline's entries from this place on, in order."""
        if self._end is not None and first >= self._end[0]:
            planned = self.entry(self._end[0]) if first == self._end[0] else None
            yield from [planned] if planned else []
            return
        for year in self._years():
            if year >= year_of(first):
                for item in self.work.changes.query(self._partition(year), first):
                    yield TimelineEntry.from_item(item)

    def entries_before(self, place: str) -> Iterator[TimelineEntry]:
        """The timeline's entries before this place, last first."""
        last = place
        if self._end is not None and place == self._end[0]:
            if self._end[1] is None:
                return
            last = self._end[1]
            known = self.entry(last)  # as it is by now: it may have been attributed anew meanwhile
            yield from [known] if known else []
        for year in reversed(self._years()):
            if year > year_of(last):
                continue
            page = [last]
            while page:
                items = self.work.changes.query(self._partition(year), "", last, reverse=True, limit=_PAGE)
                found = [entry for item in items if (entry := TimelineEntry.from_item(item)).place < last]
                yield from found
                page = [entry.place for entry in found]
                last = page[-1] if page else last

    def look_at_end(self, place: str) -> None:
        """Finds out, with one query, whether anything is stored at or after this place."""
        for year in reversed(self._years()):
            for item in self.work.changes.query(self._partition(year), reverse=True, limit=1):
                self._end = (place, item["sk"]) if item["sk"] < place else None
                return
        self._end = (place, None)

    def live_before(self, place: str) -> TimelineEntry | None:
        return next((entry for entry in self.entries_before(place) if entry.live), None)

    def live_after(self, place: str) -> TimelineEntry | None:
        return next((entry for entry in self.entries(place + "~") if entry.live), None)

    def with_sha(self, sha: str, before: str) -> Iterator[TimelineEntry]:
        """Live entries of this (perhaps short) SHA before this place, last first; it looks at the last _SHA_SEARCH entries."""
        for count, entry in enumerate(self.entries_before(before)):
            if count == _SHA_SEARCH:
                return
            if entry.live and (same_sha(entry.sha, sha) or same_sha(entry.node, sha)):
                yield entry

    def is_newest(self, place: str) -> bool:
        return next(self.entries(place + "~"), None) is None

    def mark(self, kind: str, place: str) -> None:
        self.work.mark(kind, self.service.name, self.environment, place)

    def unmark(self, kind: str, place: str) -> None:
        self.work.unmark(kind, self.service.name, self.environment, place)

    def put_entry(self, entry: TimelineEntry) -> None:
        year = year_of(entry.place)
        if year not in self._years():
            self.service = self.service.deployed_in(self.environment, year)
            self.work.save_service(self.service)
        self.work.changes.put(entry.to_item(self.service.name, self.environment))
        self.work.changes.note(last_finish=max(self.work.changes.lock.get("last_finish", 0), entry.finish))

    def redo(self, place: str) -> None:
        """Marks a deployment to be attributed again, although what came before it is the same."""
        entry = self.entry(place)
        if entry is not None:
            self.put_entry(replace(entry, underived=True))
            self.mark(ATTRIBUTE, place)

    def remove_entry(self, place: str) -> None:
        self.work.changes.delete((self._partition(year_of(place)), place))

    def derive_all(self, start: str) -> None:
        """Re-attributes every deployment from this place on: the rules changed, not what was told."""
        state = next((entry.after for entry in self.entries_before(start)), State())
        for entry in self.entries(start):
            state = self._attribute(entry, state)
            self.unmark(ATTRIBUTE_ALL, start)
            start = entry.place + "~"
            self.mark(ATTRIBUTE_ALL, start)
            self.mark(OUTCOME, entry.place)
        self.unmark(ATTRIBUTE_ALL, start)

    def derive(self, places: set[str]) -> None:
        """Re-attributes from each of these places on, and marks for their outcome those that were."""
        left = set(places)
        while left:
            start = min(left)
            state = next((entry.after for entry in self.entries_before(start)), State())
            settled = True
            for entry in self.entries(start):
                done = {place for place in left if place <= entry.place}
                after = self._attribute(entry, state)
                settled = after == entry.after and not entry.underived
                if not settled:
                    self.mark(ATTRIBUTE, entry.place + "~")
                for place in done:
                    self.unmark(ATTRIBUTE, place)
                left -= done
                self.unmark(ATTRIBUTE, start)
                start = entry.place + "~"
                self.mark(OUTCOME, entry.place)
                if settled:
                    break
                state = after
            self.unmark(ATTRIBUTE, start)
            left = {place for place in left if place > start}

    def _attribute(self, entry: TimelineEntry, state: State) -> State:
        record = self.record(entry.key)
        if record is None:
            return state
        report = record.deployment.report
        found = self._found(record, report, state)
        live = report.status == SUCCESS and found.counted
        derived = replace(record.mapped(found), repository=self.service.repository)
        if not live:
            derived = replace(derived, outcome=Outcome())
        calendar = self.work.organisation.calendar
        day = calendar.day_of(report.finish)
        commits = commits_that_count(self.work.changes, found.direct, self.work.organisation)
        names = [*(change.author for change in found.changes), *(commit.author for commit in commits)]
        authors = {name for name in names if name is not None}
        teams = self.work.roster.on(day, authors) if authors else {}
        never_live = report.status == FAILURE and found.counted
        counted = replace(
            derived,
            live=live,
            never_live=never_live,
            counts_as_failed=never_live and self.work.organisation.failure_status_counts,
            labelled=live and is_rework(self.work, found.changes),
        )
        repairs = self.work.organisation.rework_means_failure and repairs_the_one_before(counted)
        no_more = (entry.rollback and not derived.rollback) or (entry.repairs and not repairs)
        if no_more and (before := self.live_before(entry.place)):
            self.mark(OUTCOME, before.place)
        carried = carry(found.changes, report.finish, teams)
        carried += carry_commits(self.service.repository or "", commits, report.finish, teams)
        counted = with_changes(counted, carried if live else (), day)
        # First, so that it is stored no later than the header, by which it is known whether this is still to do.
        self._keep_attention(record, counted)
        save_record(self.work, record, counted)
        self.put_entry(
            replace(
                entry,
                sha=report.id,
                live=live,
                node=found.to_id or report.id,
                after=found.after,
                rollback=derived.rollback,
                repairs=repairs,
                spans=found.spans,
                rolled_back=entry.rolled_back if live else (),
                underived=False,
            )
        )
        return found.after

    def _found(self, record: Record, report: StatusReport, state: State) -> Attribution:
        if record.mismatch not in (None, self.service.repository):  # the service may have been tied to it since
            return Attribution(state, Status.UNMATCHED, Reason.REPOSITORY_MISMATCH, counted=False)
        if record.correction.excluded:
            return Attribution(state, Status.MAPPED, Reason.EXCLUDED, counted=False)
        concerns = change_filter(self.work.changes, self.service, self.work.organisation)
        found = attribute(state, run_of(report), self.work.ledger, self.work.organisation.calendar, concerns)
        if found.status != Status.PENDING:
            return found
        reason = Reason.VCS_UNAVAILABLE if record.unavailable else found.reason
        return replace(found, status=Status.UNMATCHED if record.settled else Status.PENDING, reason=reason)

    def _keep_attention(self, old: Record, new: Record) -> None:
        """Keeps the lists of deployments whose SHA is looked for, or was not found."""
        listed = _attention_of(new)
        if listed is None or _attention_of(old) != listed:
            self.forget_attention(old)
        if listed is not None:
            about = {
                "service": self.service.name,
                "environment": self.environment,
                "repository": self.service.repository,
                "reason": new.reason,
                "event_id": new.deployment.report.event_id,
                "since": min(report.received_at for report in new.deployment.reports),
            }
            pk, sk = attention_key(listed, new.place)
            known = self.work.changes.get((pk, sk)) or {}
            self.work.changes.put({**known, "pk": pk, "sk": sk, **about})

    def forget_attention(self, record: Record) -> None:
        """Takes the deployment off the list it is on, if it is on one."""
        listed = _attention_of(record)
        if listed is not None:
            self.work.changes.delete(attention_key(listed, record.place))

    def _partition(self, year: int) -> str:
        return line_partition(self.service.name, self.environment, year)

    def _years(self) -> list[int]:
        return self.service.years.get(self.environment, [])


def _attention_of(record: Record) -> str | None:
    """The list a derived deployment belongs on."""
    if not record.parts or record.status not in (PENDING, UNMATCHED) or not (record.live or record.mismatch):
        return None
    return record.status


def run_of(report: StatusReport) -> DeploymentRun:
    """What attribution needs of the report that stands."""
    return DeploymentRun(
        sha=report.id,
        successful=report.status == SUCCESS,
        failed_to_run=report.status == FAILURE,
        finished_at=report.finish,
        timed=report.timed,
        baseline=report.baseline,
        previous_id=report.previous_id,
    )

"""Attributing a timeline's deployments: what each carries, whether it counts, and the state that it hands on.

From each place that something changed at, deployments are attributed again until one leaves the same state as before. So a late
deployment derives itself and its successor again, and nothing else unless more really changes.
"""

from collections.abc import Sequence
from dataclasses import replace

from compute.derive.records import with_changes
from compute.derive.timeline import ATTRIBUTE, ATTRIBUTE_ALL, OUTCOME, Timeline
from compute.derive.unit_of_work import UnitOfWork
from leadline.domain.attribution import Attribution, DeploymentRun, Reason, State, Status, attribute
from leadline.domain.changes import Change
from leadline.domain.deployments import FAILURE, SUCCESS
from leadline.domain.facts import carry, carry_commits
from leadline.domain.outcomes import Outcome
from leadline.domain.patterns import matches
from leadline.store.change_filter import change_filter, commits_that_count
from leadline.store.deployments import Record, TimelineEntry
from leadline.store.ledger import change_key


def attribute_all(work: UnitOfWork, timeline: Timeline, start: str) -> None:
    """Attributes every deployment from this place on: the configuration changed."""
    state = next((entry.after for entry in timeline.entries_before(start)), State())
    for entry in timeline.entries(start):
        state = _attribute(work, timeline, entry, state)
        timeline.unmark(ATTRIBUTE_ALL, start)
        start = entry.place + "~"
        timeline.mark(ATTRIBUTE_ALL, start)
        timeline.mark(OUTCOME, entry.place)
    timeline.unmark(ATTRIBUTE_ALL, start)


def attribute_from(work: UnitOfWork, timeline: Timeline, places: set[str]) -> None:
    """Attributes from each of these places on, and marks the outcomes of all that it has attributed."""
    left = set(places)
    while left:
        start = min(left)
        state = next((entry.after for entry in timeline.entries_before(start)), State())
        settled = True
        for entry in timeline.entries(start):
            done = {place for place in left if place <= entry.place}
            after = _attribute(work, timeline, entry, state)
            settled = after == entry.after and not entry.underived
            if not settled:
                timeline.mark(ATTRIBUTE, entry.place + "~")
            for place in done:
                timeline.unmark(ATTRIBUTE, place)
            left -= done
            timeline.unmark(ATTRIBUTE, start)
            start = entry.place + "~"
            timeline.mark(OUTCOME, entry.place)
            if settled:
                break
            state = after
        timeline.unmark(ATTRIBUTE, start)
        left = {place for place in left if place > start}


def _attribute(work: UnitOfWork, timeline: Timeline, entry: TimelineEntry, state: State) -> State:
    record = timeline.record(entry.key)
    if record is None:
        return state
    report = record.deployment.report
    run = DeploymentRun(
        sha=report.id,
        successful=report.status == SUCCESS,
        failed_to_run=report.status == FAILURE,
        finished_at=report.finish,
        timed=report.timed,
        baseline=report.baseline,
        previous_id=report.previous_id,
    )
    found = _found(work, timeline, record, run, state)
    live = report.status == SUCCESS and found.counted
    never_live = report.status == FAILURE and found.counted
    attributed = replace(
        record.mapped(found),
        repository=timeline.service.repository,
        outcome=record.outcome if live else Outcome(),
        live=live,
        never_live=never_live,
        counts_as_failed=never_live and work.organisation.failure_status_counts,
        labelled=live and _is_rework(work, found.changes),
    )
    repairs = work.organisation.rework_means_failure and _repairs_the_one_before(attributed)
    no_more = (entry.rollback and not attributed.rollback) or (entry.repairs and not repairs)
    if no_more and (before := timeline.live_before(entry.place)):
        timeline.mark(OUTCOME, before.place)
    commits = commits_that_count(work.changes, found.direct, work.organisation) if found.direct else []
    names = [*(change.author for change in found.changes), *(commit.author for commit in commits)]
    authors = {name for name in names if name is not None}
    roster = work.roster if authors else None
    day = work.calendar.day_of(run.finished_at)
    teams = roster.on(day, authors) if roster is not None else {}
    carried = carry(found.changes, run.finished_at, teams)
    if commits:
        carried += carry_commits(timeline.service.repository or "", commits, run.finished_at, teams)
    attributed = with_changes(attributed, carried if live else (), day)
    # First, so that it is stored no later than the header, by which it is known whether this is still to do.
    timeline.list_for_attention(record, attributed)
    timeline.save_record(record, attributed)
    timeline.put_entry(
        replace(
            entry,
            sha=report.id,
            live=live,
            node=found.to_id or report.id,
            after=found.after,
            rollback=attributed.rollback,
            repairs=repairs,
            spans=found.spans,
            rolled_back=entry.rolled_back if live else (),
            underived=False,
        )
    )
    return found.after


def _found(work: UnitOfWork, timeline: Timeline, record: Record, run: DeploymentRun, state: State) -> Attribution:
    if record.mismatch not in (None, timeline.service.repository):  # the service may have been tied to it since
        return Attribution(state, Status.UNMATCHED, Reason.REPOSITORY_MISMATCH, counted=False)
    if record.correction.excluded:
        return Attribution(state, Status.MAPPED, Reason.EXCLUDED, counted=False)
    concerns = change_filter(work.changes, timeline.service, work.organisation)
    found = attribute(state, run, work.ledger, work.calendar, concerns)
    if found.status != Status.PENDING:
        return found
    reason = Reason.VCS_UNAVAILABLE if record.unavailable else found.reason
    return replace(found, status=Status.UNMATCHED if record.settled else Status.PENDING, reason=reason)


def _is_rework(work: UnitOfWork, changes: Sequence[Change]) -> bool:
    """Whether the settings' patterns of labels, source branches or titles make one of the changes a repair.

    Where there are patterns this costs one read, of all the changes.
    """
    rules = work.organisation
    if not changes or not (rules.rework_labels or rules.rework_branches or rules.rework_titles):
        return False
    keys = [change_key(change.repository, change.number) for change in changes]
    work.changes.prefetch(keys)
    stored = [Change.from_data({**(work.changes.get(key) or {}), "repository": "", "number": 0}) for key in keys]
    return any(
        any(matches(label, rules.rework_labels) for label in change.labels)
        or matches(change.head_branch or "", rules.rework_branches)
        or matches(change.title or "", rules.rework_titles)
        for change in stored
    )


def _repairs_the_one_before(record: Record) -> bool:
    """Whether only a pattern makes it a repair. Nothing then names what it repairs: the deployment before it on its timeline."""
    return record.labelled and record.remediates is None and not record.rollback

"""A deployment's record as it counts: the day, whether it is live or failed, and the changes in its parts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from leadline.domain.facts import CarriedChange, Summary, divide
from leadline.domain.outcomes import Outcome
from leadline.store.deployments import Record


def with_changes(record: Record, changes: Sequence[CarriedChange], day: date) -> Record:
    """The record carrying these changes, counted on this day."""
    return replace(record, parts=divide(_summary_of(record, day), changes))


def with_outcome(record: Record, outcome: Outcome) -> Record:
    """The record after this outcome: all of its parts count it."""
    after = replace(record, outcome=outcome)
    parts = [replace(part, summary=_summary_of(after, part.summary.day)) for part in record.parts]
    return replace(after, parts=tuple(parts))


def _summary_of(record: Record, day: date) -> Summary:
    rework, failed = record.rework or record.rollback, record.failed
    return Summary(
        service=record.deployment.service,
        environment=record.deployment.environment,
        day=day,
        live=record.live,
        never_live=record.never_live,
        counts_as_failed=record.never_live and record.counts_as_failed,
        mapping=record.status,
        failed=failed,
        rework=record.live and rework,
        recovery=record.outcome.recovery_seconds(record.deployment.report.finish) if failed else None,
    )

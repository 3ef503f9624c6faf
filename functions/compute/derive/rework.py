"""Which deployments were made to repair: by the settings' patterns of their changes' labels, source branches and titles."""

from collections.abc import Sequence

from compute.derive.unit_of_work import UnitOfWork
from leadline.domain.changes import Change
from leadline.domain.patterns import matches
from leadline.store.deployments import Record
from leadline.store.ledger import change_key


def is_rework(work: UnitOfWork, changes: Sequence[Change]) -> bool:
    """Whether one of the changes repairs something by a rule. Where there are rules this costs a read, of all of them at once."""
    rules = work.organisation
    if not changes or not (rules.rework_labels or rules.rework_branches or rules.rework_titles):
        return False
    keys = [change_key(change.repository, change.number) for change in changes]
    work.changes.prefetch(keys)
    told = [Change.from_data({**(work.changes.get(key) or {}), "repository": "", "number": 0}) for key in keys]
    return any(
        any(matches(label, rules.rework_labels) for label in change.labels)
        or matches(change.head_branch or "", rules.rework_branches)
        or matches(change.title or "", rules.rework_titles)
        for change in told
    )


def repairs_the_one_before(record: Record) -> bool:
    """Whether by a rule alone it repairs, so that nothing says which deployment: that is the one before it on its timeline."""
    return record.labelled and record.remediates is None and not record.rollback

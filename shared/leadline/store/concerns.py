"""What counts for a service: changes of its files that no bot made and, by the settings, commits without a change."""

from collections.abc import Callable, Iterable

from leadline.domain.changes import Change
from leadline.domain.ledger import Node
from leadline.domain.paths import touches
from leadline.domain.patterns import matches
from leadline.store.changeset import Changeset
from leadline.store.configuration import COUNT, Organisation
from leadline.store.ledger import change_key
from leadline.store.services import Service


def concerns_of(changes: Changeset, service: Service, organisation: Organisation) -> Callable[[Change], bool]:
    """Whether a change counts for the service. One whose files nobody told may. Costs a read a change where it has `paths`."""

    def concerns(change: Change) -> bool:
        if change.author is not None and matches(change.author, organisation.bots):
            return False
        if not service.paths:
            return True
        told = changes.get(change_key(change.repository, change.number)) or {}
        return "paths" not in told or touches(told["paths"], service.paths)

    return concerns


def commits_that_count(direct: Iterable[Node], organisation: Organisation) -> list[Node]:
    """Those of these commits without a change that count as changes of their own."""
    if organisation.direct_commits != COUNT:
        return []
    return [commit for commit in direct if commit.author is None or not matches(commit.author, organisation.bots)]

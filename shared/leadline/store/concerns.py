"""Which changes count for a service: those of its files that no bot made."""

from collections.abc import Callable

from leadline.domain.changes import Change
from leadline.domain.paths import touches
from leadline.domain.patterns import matches
from leadline.store.changeset import Changeset
from leadline.store.configuration import Organisation
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

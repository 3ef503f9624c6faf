"""What counts for a service: changes of its files that no bot made and, by the settings, commits without a change."""

from collections.abc import Callable, Iterable

from leadline.contract.settings_schema import COUNT
from leadline.domain.changes import Change
from leadline.domain.ledger import Node
from leadline.domain.paths import touches
from leadline.domain.patterns import matches
from leadline.domain.people import is_former_bot, is_pseudonym
from leadline.store.configuration import OrganisationSettings
from leadline.store.ledger import change_key
from leadline.store.people import person_key
from leadline.store.planned_writes import PlannedWrites
from leadline.store.services import Service


def change_filter(
    changes: PlannedWrites, service: Service, organisation: OrganisationSettings
) -> Callable[[Change], bool]:
    """Whether a change counts for the service. One whose files nobody told may. Costs a read a change where it has `paths`."""

    def concerns(change: Change) -> bool:
        if is_by_bot(changes, change.author, organisation):
            return False
        if not service.paths:
            return True
        told = changes.get(change_key(change.repository, change.number)) or {}
        return "paths" not in told or touches(told["paths"], service.paths)

    return concerns


def is_by_bot(changes: PlannedWrites, author: str | None, organisation: OrganisationSettings) -> bool:
    """Whether this author is a bot by the settings. Costs a read of the name that a pseudonym stands for."""
    if author is None or is_former_bot(author):
        return author is not None
    if organisation.bots and is_pseudonym(author):
        author = (changes.get(person_key(author)) or {}).get("name", author)
    return matches(author, organisation.bots)


def commits_that_count(
    changes: PlannedWrites, direct: Iterable[Node], organisation: OrganisationSettings
) -> list[Node]:
    """Those of these commits without a change that count as changes of their own."""
    if organisation.direct_commits != COUNT:
        return []
    return [commit for commit in direct if not is_by_bot(changes, commit.author, organisation)]

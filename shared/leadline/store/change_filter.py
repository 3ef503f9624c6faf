"""Which changes and commits count for a service: not those of bots, nor of files that belong to another service."""

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
    """A test of whether a change counts for the service. Costs a read for each change if the service has `paths`."""

    def counts(change: Change) -> bool:
        if is_by_bot(changes, change.author, organisation):
            return False
        if not service.paths:
            return True
        stored = changes.get(change_key(change.repository, change.number)) or {}
        # A change whose files are unknown may belong to the service.
        return "paths" not in stored or touches(stored["paths"], service.paths)

    return counts


def is_by_bot(changes: PlannedWrites, author: str | None, organisation: OrganisationSettings) -> bool:
    """Whether the settings call this author a bot. Costs a read if the author is stored under a pseudonym."""
    if author is None or is_former_bot(author):
        return author is not None
    if organisation.bots and is_pseudonym(author):
        author = (changes.get(person_key(author)) or {}).get("name", author)
    return matches(author, organisation.bots)


def commits_that_count(
    changes: PlannedWrites, direct: Iterable[Node], organisation: OrganisationSettings
) -> list[Node]:
    """The direct commits that count as changes of their own, by the setting `direct_commits`."""
    if organisation.direct_commits != COUNT:
        return []
    return [commit for commit in direct if not is_by_bot(changes, commit.author, organisation)]

"""How the setting `individuals` shows people: as they are stored, or not at all. Removed people are never shown."""

from __future__ import annotations

from collections.abc import Mapping

from leadline.contract.settings_schema import OFF
from leadline.domain.people import is_stand_in
from leadline.http.problems import Problem
from leadline.store.configuration import OrganisationSettings


def shown(author: str | None, organisation: OrganisationSettings) -> str | None:
    """The author as an answer names them."""
    if author is None or organisation.individuals == OFF or is_stand_in(author):
        return None
    return author


def labels_shown(labels: Mapping[str, str]) -> dict[str, str]:
    """A deployment's labels, without those whose value named a removed person."""
    return {name: value for name, value in labels.items() if not is_stand_in(value)}


def check_individuals(organisation: OrganisationSettings) -> None:
    """Raises Problem (403) where numbers by author are switched off."""
    if organisation.individuals == OFF:
        raise Problem(403, "Individuals are off", 'The setting "individuals" is "off": there are no numbers by author.')


def check_author_pages(organisation: OrganisationSettings) -> None:
    """Raises Problem (403) where author pages are switched off."""
    check_individuals(organisation)
    if not organisation.author_pages:
        raise Problem(403, "Author pages are off", 'The setting "author_pages" is false.')

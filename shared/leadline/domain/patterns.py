"""Name patterns: those of the settings (authors, labels, branches, titles) and of the sources (branches, environments, tags).

All patterns of a list are matched at once (see `wildcards`). A name has at most 2,000 characters, a list of the settings 10,000
bytes, one of the sources 1,000 patterns of 200 bytes: that is at most about 4,000 and 50,000 steps for a name.
"""

from collections.abc import Iterable
from functools import lru_cache

from leadline.domain.wildcards import Wildcard, Wildcards

LONGEST = 2_000
"""In characters. Longer names match no pattern; none are stored, but a webhook may contain one."""

_STAR = {"*": Wildcard.MANY}
_STAR_AND_MARK = {**_STAR, "?": Wildcard.ONE}


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether the name matches any of these patterns of the settings.

    `*` stands for anything, everything else for itself. Case is ignored by Unicode's case folding, so STRASSE matches straße.
    """
    return len(name) <= LONGEST and _without_case(tuple(patterns)).first(name.casefold()) is not None


def first_fit(name: str, patterns: Iterable[str]) -> str | None:
    """The first of these patterns of the sources that the name matches.

    `*` stands for anything, `?` for one character, everything else for itself. Case matters.
    """
    known = tuple(patterns)
    index = _with_case(known).first(name) if len(name) <= LONGEST else None
    return known[index] if index is not None else None


@lru_cache(maxsize=32)
def _without_case(patterns: tuple[str, ...]) -> Wildcards:
    return Wildcards([_STAR.get(character, character) for character in each.casefold()] for each in patterns)


@lru_cache(maxsize=32)
def _with_case(patterns: tuple[str, ...]) -> Wildcards:
    return Wildcards([_STAR_AND_MARK.get(character, character) for character in each] for each in patterns)

"""Finds the tags that are releases, and when each was released."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from leadline_cli.commit_graph import CommitGraph

ONE_RUN = 3600
"""Tags put on one commit within so many seconds name one release (`v1.2.0` and `1.2`), not two."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag and its commit. `at` is when the tag was made; not `is_dated`: that is unknown, its commit's time stands in.
    (Epoch seconds. Lightweight tags have no date.)"""

    name: str
    sha: str
    at: int
    is_dated: bool = True


_VERSION = re.compile(r"(?:v|rel(?:ease)?[-_/]?v?)?\d+(?:[._]\d+)+(?:[-+._]?[0-9A-Za-z].*)?", re.IGNORECASE)
_PRERELEASE = re.compile(
    r"\d[-._+]?(?:a|b|c|m|alpha|beta|rc|cr|pre|preview|dev|snapshot|nightly|canary|next|milestone|ea|test)(?:[-._]?\d.*)?$",
    re.IGNORECASE,
)


def is_version(name: str) -> bool:
    """`1.2`, `v1.2.3`, `release-1.2`; not `v1`, which moves, nor `tool/v1.2.3`, which is one of several tools' there."""
    return _VERSION.fullmatch(name) is not None


def is_prerelease(name: str) -> bool:
    """`1.0rc1`, `v2.0.0-beta.3`, `1.0.0.dev0`, `2.0-SNAPSHOT`."""
    return _PRERELEASE.search(name) is not None


def chosen_tags(tags: Iterable[Tag], patterns: Sequence[str] = (), *, prereleases: bool = True) -> list[Tag]:
    """The tags that name releases: those that fit one of the patterns (as in `v*`), or that look like a version."""
    return [
        tag
        for tag in tags
        if (any(fnmatchcase(tag.name, pattern) for pattern in patterns) if patterns else is_version(tag.name))
        and (prereleases or not is_prerelease(tag.name))
    ]


def releases(tags: Iterable[Tag], graph: CommitGraph) -> list[Tag]:
    """One tag a release, in the order in which they went out.

    A tag that was made when a later release already held its commit was made late (or again, by a clean-up), for nobody
    goes back by tagging: it is dated by its commit instead, or it would read as a rollback.
    """
    held = bytearray(len(graph))
    dated: list[Tag] = []
    last = ""
    for tag in sorted(tags, key=_order):
        commit = graph.numbers[tag.sha]
        late = held[commit] and tag.sha != last
        dated.append(replace(tag, at=min(tag.at, graph.committed[commit])) if late else tag)
        for _ in graph.reach([commit], held):
            pass
        last = last if late else tag.sha
    found: list[Tag] = []
    latest: dict[str, int] = {}
    with_date = {tag.sha for tag in dated if tag.is_dated}
    for tag in sorted(dated, key=lambda tag: (*_order(tag)[:1], graph.numbers[tag.sha], *_order(tag)[1:])):
        if not tag.is_dated and tag.sha in with_date:
            continue  # another name for a release whose date is known
        if tag.sha not in latest or tag.at - latest[tag.sha] >= ONE_RUN:
            latest[tag.sha] = tag.at
            found.append(tag)
    return found


def first_releases(tags: Iterable[Tag], graph: CommitGraph) -> array[int]:
    """For each commit the place of the first of these releases that holds it; their count where none does."""
    ordered = list(tags)
    places = array("q", [len(ordered)]) * len(graph)
    seen = bytearray(len(graph))
    for place, tag in enumerate(ordered):
        for commit in graph.reach([graph.numbers[tag.sha]], seen):
            places[commit] = place
    return places


def _order(tag: Tag) -> tuple[int, int, str]:
    # Of two names given at once the longer one, which says more, comes first and stays.
    return (tag.at, -len(tag.name), tag.name)

"""A change: a pull or merge request, put together from all reports about it.

Reports join field by field, so any order and any repetition of them gives the same change: the earliest of the times that mark a
beginning, the latest of other times, the union of lists, and the greatest of other values that differ. Further reported authors
are kept, too (`leadline.domain.people.one_author`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from leadline.domain.people import one_author

_EARLIEST = frozenset({"first_commit_at", "opened_at", "first_review_at", "approved_at"})
_UNION = frozenset({"commit_shas", "paths", "labels"})
_PEOPLE = frozenset({"author", "other_authors"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a repository. Times in epoch milliseconds. It is merged if `merge_sha` is known; `merged_at` then is, too."""

    repository: str
    number: int
    author: str | None = None
    base_branch: str | None = None
    merge_sha: str | None = None
    head_sha: str | None = None
    commit_shas: tuple[str, ...] = ()
    first_commit_at: int | None = None
    opened_at: int | None = None
    first_review_at: int | None = None
    approved_at: int | None = None
    merged_at: int | None = None
    paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    head_branch: str | None = None
    title: str | None = None
    url: str | None = None
    other_authors: tuple[str, ...] = ()

    @property
    def merged(self) -> bool:
        return self.merge_sha is not None

    @property
    def branch(self) -> str:
        return self.base_branch or "main"

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Change":
        """From the fields of an event or item. Ignores unknown fields."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        for name in (_UNION | {"other_authors"}) & values.keys():
            values[name] = tuple(sorted(set(values[name])))
        return cls(**values)

    def to_data(self) -> dict[str, Any]:
        """The known fields, with lists instead of tuples: the form in which a change is stored."""
        data: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value not in (None, ()):
                data[field.name] = list(value) if isinstance(value, tuple) else value
        return data

    def join(self, other: "Change") -> "Change":
        """Joins another report of the same change. Commutative, associative and idempotent."""
        author, others = one_author((self.author, self.other_authors), (other.author, other.other_authors))
        values: dict[str, Any] = {"author": author, "other_authors": others}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if field.name in _PEOPLE:
                continue
            if field.name in _UNION:
                values[field.name] = tuple(sorted({*mine, *theirs}))
            elif mine is None or theirs is None:
                values[field.name] = theirs if mine is None else mine
            elif field.name in _EARLIEST:
                values[field.name] = min(mine, theirs)
            else:
                values[field.name] = max(mine, theirs)
        return Change(**values)

    def shas(self) -> dict[str, str]:
        """Every SHA that stands for this change, with its strongest role: "merge", "head" or "commit"."""
        roles = dict.fromkeys(self.commit_shas, "commit")
        if self.head_sha:
            roles[self.head_sha] = "head"
        if self.merge_sha:
            roles[self.merge_sha] = "merge"
        return roles

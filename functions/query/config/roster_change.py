"""What compute must still be told of a changed roster.

It is kept in the roster's own item until the queue has taken it: between storing a team and telling of it, a crash loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from leadline.domain.roster import Membership


@dataclass(frozen=True, slots=True)
class RosterChange:
    """Authors whose teams changed somewhere in these days: `start` inclusive, `end` exclusive, None where open."""

    authors: frozenset[str] = frozenset()
    start: date | None = None
    end: date | None = None

    @classmethod
    def between(cls, old: Collection[Membership], new: Collection[Membership]) -> RosterChange:
        """What differs between a team's members then and now. Where nothing does, all of them: a repetition repairs."""
        members = (set(old) ^ set(new)) or set(new)
        if not members:
            return cls()
        starts = [member.start for member in members]
        ends = [member.end for member in members]
        return cls(
            frozenset(member.author for member in members),
            None if None in starts else min(start for start in starts if start),
            None if None in ends else max(end for end in ends if end),
        )

    def __bool__(self) -> bool:
        return bool(self.authors)

    def joined(self, other: RosterChange) -> RosterChange:
        """Both: at least what each of them covers."""
        if not self or not other:
            return self or other
        starts, ends = (self.start, other.start), (self.end, other.end)
        return RosterChange(
            self.authors | other.authors,
            None if None in starts else min(start for start in starts if start),
            None if None in ends else max(end for end in ends if end),
        )

    def days(self) -> dict[str, str]:
        """`from` and `to` as they are sent, absent where open."""
        known = {"from": self.start, "to": self.end}
        return {name: day.isoformat() for name, day in known.items() if day is not None}

    def to_data(self) -> dict[str, Any]:
        return {"authors": sorted(self.authors), **self.days()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | None) -> RosterChange:
        if data is None:
            return cls()
        start, end = data.get("from"), data.get("to")
        return cls(
            frozenset(data["authors"]),
            date.fromisoformat(start) if start else None,
            date.fromisoformat(end) if end else None,
        )

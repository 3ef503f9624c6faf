"""The authors whose teams change when a team's members change, and the affected days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from leadline.domain.roster import Membership


@dataclass(frozen=True, slots=True)
class RosterChange:
    """Authors whose teams changed on some of these days: `start` inclusive, `end` exclusive; None means open-ended."""

    authors: frozenset[str] = frozenset()
    start: date | None = None
    end: date | None = None

    @classmethod
    def between(cls, old: Collection[Membership], new: Collection[Membership]) -> RosterChange:
        """The differences between a team's old and new members."""
        members = set(old) ^ set(new)
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

    def days(self) -> dict[str, str]:
        """`from` and `to` as dates in text form, absent if open-ended."""
        known = {"from": self.start, "to": self.end}
        return {name: day.isoformat() for name, day in known.items() if day is not None}

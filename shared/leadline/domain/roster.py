"""Teams and who was in them when. Membership is by day: `start` inclusive, `end` exclusive, either may be open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Membership:
    author: str
    start: date | None = None
    end: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Roster:
    """All teams: team name → its memberships."""

    teams: Mapping[str, tuple[Membership, ...]]

    def teams_of(self, author: str, day: date) -> tuple[str, ...]:
        """The names of the teams the author was in on that day, in order."""
        return tuple(
            sorted(
                team
                for team, members in self.teams.items()
                if any(member.author == author and member.holds_on(day) for member in members)
            )
        )

    def on(self, day: date, authors: Iterable[str]) -> dict[str, tuple[str, ...]]:
        return {author: self.teams_of(author, day) for author in authors}

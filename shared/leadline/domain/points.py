"""Points of custom metrics, and the cells in which they are counted. Pure functions, so every number can be rebuilt.

A point is one value that somebody told of a metric: three review comments, a queue of 17 jobs, a build of 412 seconds. Values are
kept in whole millionths, so that sums are exact. What a cell holds does not depend on how its metric is defined: that decides
only how it is read (`leadline.domain.custom_metrics`).

    n, total               how many points, and the sum of their values
    least, most            the smallest and the greatest value
    last                   the newest point: its time, its key (which decides between equal times) and its value
    buckets                a histogram (`leadline.domain.sketch`, of millionths; those of negative values have negative indices)
    authors                how many of the points are each author's; of places and teams only

Unlike those of deployments, these cells are no sums: a point that is taken away may have been the smallest. So a cell is changed by
adding a point to what it holds, or by counting the points of its day again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from leadline.domain.people import is_stand_in
from leadline.domain.roster import Roster
from leadline.domain.sketch import bucket_of
from leadline.domain.windows import Calendar

MICRO = 1_000_000
"""Millionths in one."""

NOWHERE = ""
"""The place of points that name neither a service nor a repository."""

_SERVICE, _REPOSITORY = "service:", "repository:"


def place_of(service: str | None, repository: str | None) -> str:
    """Where a point belongs, as it was told. Which service a repository's points are of shows only when they are read."""
    if service is not None:
        return _SERVICE + service
    return _REPOSITORY + repository if repository is not None else NOWHERE


def service_in(place: str) -> str | None:
    """The service that a place names."""
    return place.removeprefix(_SERVICE) if place.startswith(_SERVICE) else None


def repository_in(place: str) -> str | None:
    """The repository that a place names."""
    return place.removeprefix(_REPOSITORY) if place.startswith(_REPOSITORY) else None


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric. `value` in millionths, `time` and `received_at` in epoch milliseconds.

    `key` sets it apart from all other points of its metric. `team` is the one that was told; `day` and `teams` (which it counts
    for) are derived. `event_id`: the event that is counted by it.
    """

    metric: str
    key: str
    time: int
    value: int
    environment: str = "production"
    place: str = NOWHERE
    team: str | None = None
    author: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    id: str | None = None
    event_id: str = ""
    received_at: int = 0
    day: date = date.min
    teams: tuple[str, ...] = ()

    def derived(self, calendar: Calendar, roster: Roster) -> "Point":
        """The point with its day, and the teams that it counts for: the one that was told, else its author's on that day."""
        day = calendar.day_of(self.time)
        if self.team is not None:
            return replace(self, day=day, teams=(self.team,))
        return replace(self, day=day, teams=roster.teams_of(self.author, day) if self.author is not None else ())


@dataclass(frozen=True, slots=True)
class PointScope:
    """Whose points a cell counts: everyone's, a place's, a team's, a team's in a place, or an author's in a place.

    An author's cells are kept apart by the `teams` that their points count for, so that a person's share of a team can be read.
    """

    environment: str
    place: str | None = None
    team: str | None = None
    author: str | None = None
    teams: tuple[str, ...] = ()

    @property
    def names_authors(self) -> bool:
        """Whether its cells tell whose points they count."""
        return self.author is None and (self.place, self.team) != (None, None)


@dataclass(frozen=True, slots=True)
class PointCell:
    scope: PointScope
    day: date


Last = tuple[int, str, int]
"""A point's time, key and value."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What a cell holds, or several together. Values are millionths. Of no points `least`, `most` and `last` are None."""

    n: int = 0
    total: int = 0
    least: int | None = None
    most: int | None = None
    last: Last | None = None
    buckets: Mapping[int, int] = field(default_factory=dict)
    authors: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, point: Point) -> "Spread":
        """That of one point, without its author."""
        value = point.value
        return cls(1, value, value, value, (point.time, point.key, value), {signed_bucket(value): 1})


def signed_bucket(value: int) -> int:
    """The bucket of a value in millionths."""
    return bucket_of(value) if value >= 0 else -bucket_of(-value)


def merged(spreads: Iterable[Spread]) -> Spread:
    """What these hold together: the same in any order."""
    held = [spread for spread in spreads if spread.n]
    if not held:
        return Spread()
    buckets: Counter[int] = Counter()
    authors: Counter[str] = Counter()
    for spread in held:
        buckets.update(spread.buckets)
        authors.update(spread.authors)
    return Spread(
        sum(spread.n for spread in held),
        sum(spread.total for spread in held),
        min(spread.least for spread in held if spread.least is not None),
        max(spread.most for spread in held if spread.most is not None),
        max(spread.last for spread in held if spread.last is not None),
        dict(buckets),
        dict(authors),
    )


def contributions(point: Point) -> dict[PointCell, Spread]:
    """The cells that count a point, and what it adds to each. A former member is named in none of them."""
    bare = Spread.of(point)
    named = point.author is not None and not is_stand_in(point.author)
    signed = replace(bare, authors={point.author: 1}) if named and point.author is not None else bare
    return {PointCell(scope, point.day): signed if scope.names_authors else bare for scope in scopes_of(point)}


def scopes_of(point: Point) -> Iterator[PointScope]:
    """Whose point it is."""
    yield PointScope(point.environment)
    yield PointScope(point.environment, point.place)
    for team in point.teams:
        yield PointScope(point.environment, team=team)
        yield PointScope(point.environment, point.place, team)
    if point.author is not None:
        yield PointScope(point.environment, point.place, author=point.author, teams=point.teams)


def fold(points: Iterable[Point]) -> dict[PointCell, Spread]:
    """All cells of these points: what the stored cells must equal."""
    held: dict[PointCell, list[Point]] = {}
    for point in points:
        for scope in scopes_of(point):
            held.setdefault(PointCell(scope, point.day), []).append(point)
    return {cell: _counted(some, cell.scope.names_authors) for cell, some in held.items()}


def _counted(points: Sequence[Point], names_authors: bool) -> Spread:
    """What `merged` makes of these points' contributions, without making each of them."""
    values = [point.value for point in points]
    authors = [point.author for point in points if point.author is not None and not is_stand_in(point.author)]
    return Spread(
        len(values),
        sum(values),
        min(values),
        max(values),
        max((point.time, point.key, point.value) for point in points),
        Counter(map(signed_bucket, values)),
        Counter(authors) if names_authors else {},
    )

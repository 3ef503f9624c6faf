"""Points of custom metrics, and the cells in which they are counted. Pure functions, so every number can be rebuilt.

A point is one reported value of a metric: three review comments, a queue of 17 jobs, a build of 412 seconds. Values are stored in
whole millionths, so sums are exact. A metric's definition does not change what its cells contain, only how they are read
(`leadline.domain.custom_metrics`).

    n, total               how many points, and the sum of their values
    least, most            the smallest and the greatest value
    last                   the newest point: its time, its key (which decides between equal times) and its value
    buckets                a histogram (`leadline.domain.sketch`, of millionths; those of negative values have negative indices)
    authors                the number of points of each author; only in cells of places and teams

Unlike the cells of deployments, these are not sums: a point that is removed may have been the smallest. So a point is added to what
a cell contains, but for any other change the points of the day are counted again.
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
"""The place of points without a service and a repository."""

_SERVICE, _REPOSITORY = "service:", "repository:"


def place_of(service: str | None, repository: str | None) -> str:
    """The place that a point was reported for. Which service a repository stands for is decided when points are read."""
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

    `key` is unique within its metric. `team`: as reported. `day`, and the `teams` that it counts for, are derived. `event_id`: the
    event that reported it.
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
        """The point with its day and the teams it counts for: the reported one, else its author's on that day."""
        day = calendar.day_of(self.time)
        if self.team is not None:
            return replace(self, day=day, teams=(self.team,))
        return replace(self, day=day, teams=roster.teams_of(self.author, day) if self.author is not None else ())


@dataclass(frozen=True, slots=True)
class PointScope:
    """Which points a cell counts: all, those of a place, of a team, of a team in a place, or of an author in a place.

    An author has separate cells for each set of `teams` that points count for, so the author's share of a team can be read.
    """

    environment: str
    place: str | None = None
    team: str | None = None
    author: str | None = None
    teams: tuple[str, ...] = ()

    @property
    def names_authors(self) -> bool:
        """Whether its cells count points by author."""
        return self.author is None and (self.place, self.team) != (None, None)


@dataclass(frozen=True, slots=True)
class PointCell:
    scope: PointScope
    day: date


Last = tuple[int, str, int]
"""A point's time, key and value."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The content of a cell, or of several merged. Values in millionths. Without points `least`, `most` and `last` are None."""

    n: int = 0
    total: int = 0
    least: int | None = None
    most: int | None = None
    last: Last | None = None
    buckets: Mapping[int, int] = field(default_factory=dict)
    authors: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, point: Point) -> "Spread":
        """The spread of one point, without its author."""
        value = point.value
        return cls(1, value, value, value, (point.time, point.key, value), {signed_bucket(value): 1})


def signed_bucket(value: int) -> int:
    """The bucket of a value in millionths."""
    return bucket_of(value) if value >= 0 else -bucket_of(-value)


def merged(spreads: Iterable[Spread]) -> Spread:
    """Merges these spreads. Order does not matter."""
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
    """The cells that count a point, and what it adds to each. Removed people are named in none of them."""
    bare = Spread.of(point)
    named = point.author is not None and not is_stand_in(point.author)
    signed = replace(bare, authors={point.author: 1}) if named and point.author is not None else bare
    return {PointCell(scope, point.day): signed if scope.names_authors else bare for scope in scopes_of(point)}


def scopes_of(point: Point) -> Iterator[PointScope]:
    """The scopes that count a point."""
    yield PointScope(point.environment)
    yield PointScope(point.environment, point.place)
    for team in point.teams:
        yield PointScope(point.environment, team=team)
        yield PointScope(point.environment, point.place, team)
    if point.author is not None:
        yield PointScope(point.environment, point.place, author=point.author, teams=point.teams)


def fold(points: Iterable[Point]) -> dict[PointCell, Spread]:
    """All cells of these points. The stored cells must equal them."""
    held: dict[PointCell, list[Point]] = {}
    for point in points:
        for scope in scopes_of(point):
            held.setdefault(PointCell(scope, point.day), []).append(point)
    return {cell: _counted(some, cell.scope.names_authors) for cell, some in held.items()}


def _counted(points: Sequence[Point], names_authors: bool) -> Spread:
    """The merged contributions of these points, without creating each one."""
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

"""Cells: counters per scope and day. They are a pure function of facts, so every number can be rebuilt.

`contributions` says what one part of a fact adds to which cell. When a fact changes, its new contributions are added and the old
ones subtracted. All are whole numbers, so adding and subtracting are exact inverses.

A cell's attributes have short names, since they are stored and paid for millions of times:

    d  successful deployments     m b p u  of these mapped, baseline, pending, unmatched
    f  of these failed            r  of these rework            x  runs that never went live
    o  failed and still open      c  changes                    i  changes without first_commit_at
    y  runs that never went live and count as failed, by the settings
    L.. C.. P.. V.. Y.. R..  histogram buckets of lead time, coding, pickup, review, deploy, recovery (leadline.domain.sketch)
    L C P V Y R              the sums of their seconds

A bucket's name is the letter and the bucket index in base 36, two digits. A service's cell also counts the deployments with changes
of each author, as `@` and the name: that is how the service's authors are found.

Of a removed person (`leadline.domain.people`) only deployments are counted, under a stand-in that is never shown. It is needed to
find these deployments when teams change.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from leadline.domain.facts import CarriedChange, FactPart, Summary
from leadline.domain.people import is_stand_in
from leadline.domain.sketch import bucket_of

LEAD, RECOVERY = "L", "R"
AUTHOR_MARK = "@"
STAGE_LETTERS = ("C", "P", "V", "Y")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAPPING = {"mapped": "m", "baseline": "b", "pending": "p", "unmatched": "u"}

Numbers = Counter[str]


@dataclass(frozen=True, slots=True, order=True)
class CellScope:
    """What a cell counts: everything, a service, a team, an author, or a team's or author's share of a service.

    Authors have cells per service only. They work on few services, so the sum is cheap to read, and each deployment saves a write.
    """

    environment: str
    service: str | None = None
    team: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    scope: CellScope
    day: date


def bucket_name(letter: str, bucket: int) -> str:
    return letter + _DIGITS[bucket // 36] + _DIGITS[bucket % 36]


def buckets_of(numbers: Mapping[str, int], letter: str) -> dict[int, int]:
    """The histogram with this letter in a cell's numbers."""
    return {
        int(name[1:], 36): count for name, count in numbers.items() if len(name) == 3 and name[0] == letter and count
    }


def contributions(part: FactPart) -> dict[CellKey, Numbers]:
    """What a part of a deployment's fact adds to each cell. The contributions of all parts add up to the deployment's."""
    summary = part.summary
    cells: dict[CellKey, Numbers] = {}
    if not summary.live and not summary.never_live:
        return cells

    def cell(**scope: str) -> Numbers:
        key = CellKey(CellScope(summary.environment, **scope), summary.day)
        return cells.setdefault(key, Counter())

    run = _run_numbers(summary)
    if part.position == 0:
        cell().update(run)
        cell(service=summary.service).update(run)
    names = [*part.authors, *(change.author for change in part.changes if change.author is not None)]
    stand_ins = {name for name in names if is_stand_in(name)}
    if summary.live:
        former = stand_ins.intersection(part.authors)
        for author in sorted(former):
            cell(author=author, service=summary.service).update({"d": 1})
        if marks := {AUTHOR_MARK + author: 1 for author in part.authors if author not in former}:
            cell(service=summary.service).update(marks)
    for scope in _members(part, summary.service, stand_ins):
        cell(**scope).update(run)
    for change in part.changes:
        numbers = _change_numbers(change)
        cell().update(numbers)
        cell(service=summary.service).update(numbers)
        named = change.author if change.author not in stand_ins else None
        for scope in _members_of(change.teams, named, summary.service):
            cell(**scope).update(numbers)
    return cells


def _members(part: FactPart, service: str, stand_ins: Set[str]) -> Iterator[dict[str, str]]:
    for author in part.authors:
        if author not in stand_ins:
            yield from _members_of((), author, service)
    yield from _members_of(part.teams, None, service)


def _members_of(teams: Iterable[str], author: str | None, service: str) -> Iterator[dict[str, str]]:
    for team in teams:
        yield {"team": team}
        yield {"team": team, "service": service}
    if author is not None:
        yield {"author": author, "service": service}


def _run_numbers(summary: Summary) -> Numbers:
    if summary.never_live:
        return Counter({"x": 1, "y": 1} if summary.counts_as_failed else {"x": 1})
    numbers = Counter({"d": 1, _MAPPING[summary.mapping]: 1})
    if summary.failed:
        numbers["f"] = 1
        if summary.recovery is None:
            numbers["o"] = 1
        else:
            _count(numbers, [(RECOVERY, summary.recovery)])
    if summary.rework:
        numbers["r"] = 1
    return numbers


def _change_numbers(change: CarriedChange) -> Numbers:
    numbers: Numbers = Counter({"c": 1})
    if not change.lead.complete:
        numbers["i"] = 1
    stages = zip(STAGE_LETTERS, change.lead.stages, strict=True)
    known = [(letter, seconds) for letter, seconds in stages if seconds is not None]
    _count(numbers, [(LEAD, change.lead.seconds), *known])
    return numbers


def _count(numbers: Numbers, durations: Sequence[tuple[str, int]]) -> None:
    """Adds durations in seconds to the histograms and sums of their letters."""
    buckets = [bucket_of(seconds) for _, seconds in durations]
    for (letter, seconds), bucket in zip(durations, buckets, strict=True):
        numbers[bucket_name(letter, bucket)] += 1
        if seconds:
            numbers[letter] += seconds


def difference(
    new: Mapping[CellKey, Mapping[str, int]], old: Mapping[CellKey, Mapping[str, int]]
) -> dict[CellKey, dict[str, int]]:
    """What to add to each cell to turn the old contributions into the new ones. Cells that stay the same are left out."""
    changed: dict[CellKey, dict[str, int]] = {}
    for key in sorted(new.keys() | old.keys(), key=str):
        after, before = new.get(key, {}), old.get(key, {})
        numbers = {
            name: delta
            for name in sorted(after.keys() | before.keys())
            if (delta := after.get(name, 0) - before.get(name, 0))
        }
        if numbers:
            changed[key] = numbers
    return changed


def fold(parts: Iterable[FactPart]) -> dict[CellKey, Numbers]:
    """All cells of these facts. The stored cells must equal them."""
    cells: dict[CellKey, Numbers] = {}
    for part in parts:
        for key, numbers in contributions(part).items():
            cells.setdefault(key, Counter()).update(numbers)
    return cells

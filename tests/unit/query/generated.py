"""Generated facts of several services, environments, teams and people, and a table that holds their cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from leadline.domain.cells import fold
from leadline.domain.facts import CarriedChange, FactPart, Summary, divide
from leadline.domain.lead_time import LeadTime
from leadline.domain.roster import Membership, Roster
from leadline.store.cells import cell_key
from leadline.store.configuration import ROSTER_KEY
from leadline.store.memory import MemoryTable
from leadline.store.services import Service
from leadline.store.table import Put
from tests.unit.query.exact import Fact

FIRST = date(2026, 8, 20)
"""The facts lie in the seventy days from here on: in the window that is asked for, in the one before, and outside."""

SERVICES = {"api": "acme/api", "web": "acme/shop", "cart": "acme/shop", "a#b%": None}
ENVIRONMENTS = ("production", "staging")
AUTHORS = ("ann", "bob", "cid", "d#1")
TEAMS = ("pay", "plat#form", "empty")

some = settings(max_examples=40)
"""Drawing a world costs more than looking at it; forty of them hold some two hundred deployments."""

_seconds = st.one_of(
    st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 40_000_000), st.sampled_from([0, 1, 3600, 86_400])
)
_days = st.integers(0, 69).map(lambda offset: FIRST + timedelta(days=offset))


@st.composite
def _rosters(draw: Any) -> Roster:
    members = st.builds(
        lambda author, start, length: Membership(author, start, start + length if start and length else None),
        st.sampled_from(AUTHORS),
        st.none() | _days,
        st.none() | st.integers(1, 30).map(lambda days: timedelta(days=days)),
    )
    return Roster({team: tuple(draw(st.lists(members, max_size=4))) for team in TEAMS if team != "empty"})


@st.composite
def _changes(draw: Any, day: date, roster: Roster) -> tuple[CarriedChange, ...]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        author = draw(st.none() | st.sampled_from(AUTHORS))
        coding, pickup, review, deploy = (draw(st.none() | _seconds) for _ in range(4))
        total = sum(stage or 0 for stage in (coding, pickup, review, deploy))
        lead = LeadTime(total, (coding, pickup, review, deploy), complete=coding is not None)
        teams = roster.teams_of(author, day) if author else ()
        found.append(CarriedChange("acme/api", number, author, teams, lead))
    return tuple(found)


@st.composite
def _facts(draw: Any, roster: Roster) -> Fact:
    day = draw(_days)
    live = draw(st.sampled_from([True, True, True, False]))
    failed = live and draw(st.booleans())
    summary = Summary(
        service=draw(st.sampled_from(sorted(SERVICES))),
        environment=draw(st.sampled_from([*ENVIRONMENTS, "production"])),
        day=day,
        live=live,
        never_live=not live and draw(st.booleans()),
        mapping=draw(st.sampled_from(["mapped", "baseline", "pending", "unmatched"])),
        failed=failed,
        rework=live and draw(st.booleans()),
        recovery=draw(st.none() | _seconds) if failed else None,
    )
    return Fact(summary, draw(_changes(day, roster)) if live else ())


@dataclass(frozen=True)
class World:
    """Facts, and who was in which team when."""

    facts: tuple[Fact, ...]
    roster: Roster

    def parts(self) -> list[FactPart]:
        return [part for fact in self.facts for part in divide(fact.summary, fact.changes)]

    def table(self) -> MemoryTable:
        return a_table(self.parts(), self.roster)


@st.composite
def worlds(draw: Any, most: int = 12) -> World:
    roster = draw(_rosters())
    return World(tuple(draw(st.lists(_facts(roster), max_size=most))), roster)


def a_table(parts: Iterable[FactPart], roster: Roster) -> MemoryTable:
    """A table with the parts' cells, the services and the roster."""
    parts = list(parts)
    table = MemoryTable()
    for key, numbers in fold(parts).items():
        pk, sk = cell_key(key)
        table.write([Put({"pk": pk, "sk": sk, **numbers})])
    for name, repository in SERVICES.items():
        years = {part.summary.environment: [part.summary.day.year] for part in parts if part.summary.service == name}
        table.write([Put(Service(name, repository, years).to_item())])
    teams = {team: {"members": [_member(m) for m in members]} for team, members in roster.teams.items()}
    table.write([Put({"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1], "teams": teams, "v": 1})])
    return table


def _member(member: Membership) -> dict[str, str]:
    days = {"from": member.start, "to": member.end}
    return {"author": member.author, **{name: day.isoformat() for name, day in days.items() if day is not None}}

"""A deployment's fact in parts: each fits a transaction, together they are the deployment; and rosters change it exactly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.cells import contributions
from leadline.domain.facts import PART_SIZE, PART_TEAMS, CarriedChange, Summary, divide
from leadline.domain.lead_time import LeadTime
from leadline.store.configuration import ROSTER_KEY
from leadline.store.memory import MemoryTable
from leadline.store.table import LAST, MAX_WRITES, Item, Put
from tests.builders import (
    REPOSITORY,
    Event,
    a_change,
    a_deployment,
    a_line,
    an_incident,
    at,
    commits,
    event,
    numbers,
    tell,
    the_deployment,
)
from tests.stored import folded_cells, stored_cells
from tests.unit.domain.test_cells import CARRIED, SUMMARIES

TEAMS = [f"team-{number:02d}" for number in range(60)]
TEAMED = st.builds(
    CarriedChange,
    repository=st.just(REPOSITORY),
    number=st.integers(1, 400),
    author=st.sampled_from(["ann", "bob", "cid", "dan"]),
    teams=st.sets(st.sampled_from(TEAMS), max_size=PART_TEAMS).map(lambda teams: tuple(sorted(teams))),
    lead=st.just(LeadTime(3600, (600, 600, 600, 1800), complete=True)),
)


@given(SUMMARIES, st.lists(CARRIED, max_size=5 * PART_SIZE))
def test_a_fact_has_at_least_one_part_and_no_part_more_changes_than_it_may(
    summary: Summary, changes: list[CarriedChange]
) -> None:
    parts = divide(summary, changes)
    assert [part.position for part in parts] == list(range(max(1, -(-len(changes) // PART_SIZE))))
    assert [change for part in parts for change in part.changes] == changes


@given(SUMMARIES, st.lists(TEAMED, max_size=12))
def test_a_part_and_its_cells_fit_a_transaction_however_many_teams_people_are_in(
    summary: Summary, changes: list[CarriedChange]
) -> None:
    parts = divide(summary, changes)
    assert [change for part in parts for change in part.changes] == changes
    assert [part.position for part in parts] == list(range(len(parts)))
    for part in parts:
        assert (
            len(contributions(part)) + 2 * len(part.changes) + 1 <= MAX_WRITES - 4
        )  # who shipped, the header, the lock


@given(SUMMARIES, st.lists(TEAMED, max_size=12))
def test_each_author_and_team_takes_part_through_exactly_one_part(
    summary: Summary, changes: list[CarriedChange]
) -> None:
    parts = divide(summary, changes)
    authors = [author for part in parts for author in part.authors]
    teams = [team for part in parts for team in part.teams]
    assert sorted(authors) == sorted({change.author for change in changes if change.author})
    assert sorted(teams) == sorted({team for change in changes for team in change.teams})


# --- rosters -----------------------------------------------------------------------------------------------------------

AUTHORS = ["ann", "bob", "cid", "dan"]


def a_roster(**teams: list[str]) -> Put:
    members = {team: {"members": [{"author": author} for author in authors]} for team, authors in teams.items()}
    return Put({"pk": ROSTER_KEY[0], "sk": ROSTER_KEY[1], "v": 1, "teams": members})


def shipped() -> list[Event]:
    """Eight changes by four people, shipped together."""
    names = [f"m{number}" for number in range(1, 9)]
    changes = [a_change(n, f"m{n}", at(1, n), author=AUTHORS[n % 4]) for n in range(1, 9)]
    runs = [a_deployment("base", at(2), deployment_id="a"), a_deployment("m8", at(3), deployment_id="b")]
    return [commits(*a_line("base", *names), start=at(1, 0)), *changes, *runs]


def the_roster_changed(*authors: str) -> Event:
    return event("roster", {"lock": REPOSITORY, "services": ["shop"], "authors": list(authors)}, at(9))


def teams_counted(table: MemoryTable) -> dict[str, int]:
    """Per team how many changes it shipped."""
    return {
        key.scope.team: n["c"] for key, n in stored_cells(table).items() if key.scope.team and not key.scope.service
    }


@pytest.mark.parametrize("each", [1, 11, 25])
def test_a_deployment_by_people_in_many_teams_is_counted(each: int) -> None:
    table = MemoryTable()
    table.write([a_roster(**{f"{author}-{number}": [author] for author in AUTHORS for number in range(each)})])
    tell(table, *shipped(), an_incident("I", at(3, 13)))
    assert stored_cells(table) == folded_cells(table)
    assert numbers(the_deployment(table, "b")) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert teams_counted(table) == {f"{author}-{number}": 2 for author in AUTHORS for number in range(each)}


def test_people_who_change_teams_take_what_they_shipped_with_them() -> None:
    table = MemoryTable()
    table.write([a_roster(web=["ann", "bob"], core=["cid"])])
    tell(table, *shipped())
    assert teams_counted(table) == {"web": 4, "core": 2}
    table.write([a_roster(web=["ann"], core=["cid", "bob", "dan"])])
    tell(table, the_roster_changed("bob", "dan"))
    assert teams_counted(table) == {"web": 2, "core": 6}
    assert stored_cells(table) == folded_cells(table)


class LaggingTable(MemoryTable):
    """Answers an eventually consistent query as DynamoDB may: without what was written lately."""

    def query(
        self,
        pk: str,
        first: str = "",
        last: str = LAST,
        *,
        reverse: bool = False,
        limit: int | None = None,
        consistent: bool = True,
    ) -> Iterator[Item]:
        return super().query(pk, first, last, reverse=reverse, limit=limit) if consistent else iter(())


def test_a_roster_change_finds_what_was_counted_a_moment_ago() -> None:
    table = LaggingTable()
    tell(table, *shipped())
    table.write([a_roster(web=AUTHORS)])
    tell(table, the_roster_changed(*AUTHORS))
    assert teams_counted(table) == {"web": 8}

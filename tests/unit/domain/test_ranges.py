"""Which changes a deployment carries: ancestry alone says it, and a change ships once, however it was merged and deployed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from leadline.store.memory import MemoryTable
from tests.builders import (
    DAY,
    HOUR,
    Event,
    a_change,
    a_deployment,
    a_line,
    at,
    carried,
    commits,
    deployments,
    numbers,
    picked,
    sha,
    tell,
    the_deployment,
    why,
)


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def the_line(count: int = 6) -> list[Event]:
    """main: base, m1, m2, ..., an hour apart on 1 October; change n merged as m<n> by squash."""
    graph = commits(*a_line("base", *(f"m{number}" for number in range(1, count + 1))), start=at(1, 0))
    return [graph, *(a_change(number, f"m{number}", at(1, number)) for number in range(1, count + 1))]


def runs(*steps: tuple[str, str, int], **fields: Any) -> list[Event]:
    """Deployments as (deployment id, commit, finished)."""
    return [a_deployment(commit, finished, deployment_id=name, **fields) for name, commit, finished in steps]


def test_a_deployment_carries_what_the_one_before_did_not_have(table: MemoryTable) -> None:
    tell(table, *the_line(), *runs(("a", "m1", at(2)), ("b", "m3", at(3)), ("c", "m6", at(4))))
    assert carried(table, "bc") == {"b": [2, 3], "c": [4, 5, 6]}
    found = the_deployment(table, "b")
    assert why(found) == ("mapped", "RANGE")
    assert (found.from_id, found.to_id) == (sha("m1"), sha("m3"))


def test_ancestry_and_not_the_clock_says_what_is_in_production(table: MemoryTable) -> None:
    # m3 was merged before b was deployed, but b was built from m2: in flight, m3 ships with c.
    tell(table, *the_line(3), *runs(("a", "m1", at(2)), ("b", "m2", at(3)), ("c", "m3", at(4))))
    assert carried(table, "bc") == {"b": [2], "c": [3]}


@pytest.mark.parametrize("strategy", ["merge", "squash", "rebase"])
def test_a_change_ships_with_its_merge_however_it_was_merged(table: MemoryTable, strategy: str) -> None:
    side = ["w1 <- base", "w2 <- w1", "m1 <- base"]
    landed = {"merge": ["m2 <- m1 w2"], "squash": ["m2 <- m1"], "rebase": ["r1 <- m1", "m2 <- r1"]}[strategy]
    pushed = [sha("w1"), sha("w2")]
    tell(
        table,
        commits("base", *side, *landed, start=at(1, 0)),
        a_change(1, "m1", at(1, 3)),
        a_change(2, "m2", at(1, 5), head_sha=sha("w2"), commit_shas=pushed),
        *runs(("a", "m1", at(2)), ("b", "m2", at(3)), ("c", "m2", at(4))),
    )
    assert carried(table, "bc") == {"b": [2], "c": []}


def test_a_merge_commit_brings_the_changes_merged_into_its_branch(table: MemoryTable) -> None:
    graph = commits("base", "f1 <- base", "f2 <- f1", "m1 <- base", "m2 <- m1 f2", start=at(1, 0))
    stacked = a_change(8, "f1", at(1, 1), base_branch="feature")
    tell(table, graph, stacked, a_change(1, "m1", at(1, 3)), a_change(2, "m2", at(1, 4)))
    tell(table, *runs(("a", "m1", at(2)), ("b", "m2", at(3))))
    assert carried(table, "b") == {"b": [2, 8]}


def test_a_deployed_head_ships_its_change_and_the_merge_does_not_ship_it_again(table: MemoryTable) -> None:
    graph = commits("base", "m1 <- base", "h2 <- m1", "m2 <- m1", "m3 <- m2", start=at(1, 0))
    two = a_change(2, "m2", at(3), head_sha=sha("h2"), commit_shas=[sha("h2")])
    tell(table, graph, a_change(1, "m1", at(1, 1)), two, a_change(3, "m3", at(3, 14)))
    tell(table, *runs(("a", "m1", at(2)), ("b", "h2", at(2, 18)), ("c", "m3", at(4))))
    assert carried(table, "bc") == {"b": [2], "c": [3]}


def test_a_deployed_head_that_nobody_told_parents_of_stands_where_its_change_was_merged(table: MemoryTable) -> None:
    tell(
        table,
        *(a_change(number, f"m{number}", at(1, number)) for number in (1, 2)),
        a_change(3, "m3", at(1, 3), head_sha=sha("h3")),
        *runs(("a", "m1", at(2)), ("b", "h3", at(3))),
    )
    assert carried(table, "b") == {"b": [2, 3]}


def test_without_a_commit_graph_merges_ship_in_the_order_they_were_merged(table: MemoryTable) -> None:
    tell(table, *the_line()[1:], *runs(("a", "m1", at(2)), ("b", "m3", at(3)), ("c", "m6", at(4))))
    assert carried(table, "bc") == {"b": [2, 3], "c": [4, 5, 6]}


@pytest.mark.parametrize("length", [7, 12, 39])
def test_a_short_sha_is_the_one_commit_it_fits(table: MemoryTable, length: int) -> None:
    short = a_deployment("m3", at(3), deployment_id="b", id=sha("m3")[:length])
    tell(table, *the_line(), *runs(("a", "m1", at(2))), short, *runs(("c", "m4", at(4))))
    assert carried(table, "bc") == {"b": [2, 3], "c": [4]}
    assert the_deployment(table, "b").to_id == sha("m3")


def test_a_short_sha_that_fits_two_commits_waits_and_is_said_to_be_ambiguous(table: MemoryTable) -> None:
    twins = ["abcdef1" + "0" * 33, "abcdef1" + "1" * 33]
    graph = commits("base", "m1 <- base", start=at(1, 0))
    graph["data"]["commits"] += [
        {"sha": twin, "parents": [sha("m1")], "committed_at": at(1, 5), "authored_at": at(1, 5)} for twin in twins
    ]
    tell(table, graph, a_change(1, "m1", at(1, 1)), *runs(("a", "base", at(2))))
    tell(table, a_deployment(None, at(3), deployment_id="b", id="abcdef1"), *runs(("c", "m1", at(4))))
    assert why(the_deployment(table, "b")) == ("pending", "SHA_AMBIGUOUS")
    assert carried(table, "bc") == {"b": [], "c": [1]}


def test_a_rollback_carries_nothing_and_what_it_took_back_does_not_ship_again(table: MemoryTable) -> None:
    steps = runs(("a", "m1", at(2)), ("b", "m3", at(3)), ("back", "m1", at(4)), ("c", "m4", at(5)))
    tell(table, *the_line(), *steps)
    assert why(the_deployment(table, "back")) == ("mapped", "ROLLBACK")
    assert carried(table, ["b", "back", "c"]) == {"b": [2, 3], "back": [], "c": [4]}


def test_a_roll_forward_to_what_was_there_before_the_rollback_carries_nothing_new(table: MemoryTable) -> None:
    steps = runs(("a", "m1", at(2)), ("b", "m3", at(3)), ("back", "m1", at(4)), ("again", "m3", at(5)))
    tell(table, *the_line(), *steps)
    assert carried(table, ["again"]) == {"again": []}
    assert why(the_deployment(table, "again")) == ("mapped", "RANGE")


def test_the_same_sha_again_is_a_redeploy_that_carries_nothing_and_is_no_failure(table: MemoryTable) -> None:
    tell(table, *the_line(), *runs(("a", "m1", at(2)), ("b", "m3", at(3)), ("again", "m3", at(4))))
    found = the_deployment(table, "again")
    assert (why(found), numbers(found), found.live) == (("mapped", "REDEPLOY"), [], True)
    assert not any(record.failed for record in deployments(table))


def test_a_deployment_that_arrives_late_takes_its_changes_from_its_successor(table: MemoryTable) -> None:
    first, late, last = runs(("a", "m1", at(2)), ("late", "m3", at(3)), ("c", "m6", at(4)))
    tell(table, *the_line(), first, last)
    assert carried(table, "c") == {"c": [2, 3, 4, 5, 6]}
    tell(table, late)
    assert carried(table, ["late", "c"]) == {"late": [2, 3], "c": [4, 5, 6]}
    assert the_deployment(table, "c").from_id == sha("m3")


@pytest.mark.parametrize("graph", [True, False])
def test_a_change_that_arrives_late_joins_the_deployment_whose_range_holds_it(table: MemoryTable, graph: bool) -> None:
    line = the_line()
    late = line.pop(2)
    tell(table, *(line if graph else line[1:]), *runs(("a", "m1", at(2)), ("b", "m3", at(3)), ("c", "m6", at(4))))
    assert carried(table, "bc") == {"b": [3], "c": [4, 5, 6]}
    tell(table, late)
    assert carried(table, "bc") == {"b": [2, 3], "c": [4, 5, 6]}


def test_a_sha_that_is_not_known_yet_is_pending_and_is_completed_when_it_comes(table: MemoryTable) -> None:
    graph, *changes = the_line(3)
    tell(table, commits("base", "m1 <- base", start=at(1, 0)), changes[0])
    tell(table, *runs(("a", "m1", at(2)), ("b", "m3", at(3))))
    waiting = the_deployment(table, "b")
    assert (why(waiting), waiting.live) == (("pending", "SHA_NOT_FOUND"), True)
    tell(table, graph, *changes[1:])
    assert carried(table, "b") == {"b": [2, 3]}
    assert why(the_deployment(table, "b")) == ("mapped", "RANGE")


def test_a_pending_deployment_does_not_move_the_line_until_it_is_completed(table: MemoryTable) -> None:
    graph, *changes = the_line(4)
    known = commits(*a_line("base", "m1"), start=at(1, 0))
    tell(table, known, *changes, *runs(("a", "m1", at(2)), ("b", "side", at(3))))
    tell(table, graph, *runs(("c", "m4", at(4))))
    assert carried(table, "bc") == {"b": [], "c": [2, 3, 4]}
    tell(table, commits("side <- m2", start=at(1, 3)))
    assert carried(table, "bc") == {"b": [2], "c": [3, 4]}


def test_previous_id_says_what_a_deployment_replaced_even_the_first(table: MemoryTable) -> None:
    tell(table, *the_line(), *runs(("a", "m4", at(9)), previous_id=sha("m2")))
    found = the_deployment(table, "a")
    assert (why(found), found.from_id, numbers(found)) == (("mapped", "SENT_RANGE"), sha("m2"), [3, 4])


def test_previous_id_overrules_the_deployment_before(table: MemoryTable) -> None:
    tell(table, *the_line(), *runs(("a", "m1", at(2))), *runs(("b", "m5", at(3)), previous_id=sha("m3")))
    tell(table, *runs(("c", "m6", at(4))))
    assert carried(table, "bc") == {"b": [4, 5], "c": [6]}


def test_a_previous_id_that_is_not_known_yet_counts_as_soon_as_it_is(table: MemoryTable) -> None:
    graph, *changes = the_line(4)
    tell(table, *runs(("a", "m4", at(9)), previous_id=sha("m2")), *changes, graph)
    assert carried(table, "a") == {"a": [3, 4]}


@pytest.mark.parametrize("status", ["failure", "cancelled", "in_progress"])
def test_a_run_that_did_not_succeed_carries_nothing_and_never_moves_the_line(table: MemoryTable, status: str) -> None:
    tell(table, *the_line(), *runs(("a", "m1", at(2))), *runs(("b", "m3", at(3)), status=status))
    tell(table, *runs(("c", "m4", at(4))))
    found = the_deployment(table, "b")
    assert (why(found), numbers(found), found.live) == (("mapped", "NOT_SUCCESSFUL"), [], False)
    assert carried(table, "c") == {"c": [2, 3, 4]}


def test_a_run_that_succeeds_after_it_was_in_progress_is_one_deployment(table: MemoryTable) -> None:
    started = a_deployment("m3", None, deployment_id="b", status="in_progress", started_at=at(3), received=at(3))
    tell(table, *the_line(), *runs(("a", "m1", at(2))), started, *runs(("b", "m3", at(3, 13))))
    found = the_deployment(table, "b")
    assert (numbers(found), found.deployment.report.started_at) == ([2, 3], at(3))
    assert len(deployments(table)) == 2


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_environments_and_services_each_ship_a_change_once(table: MemoryTable, order: tuple[int, ...]) -> None:
    lines = [
        runs(("p1", "m1", at(2)), ("p2", "m3", at(4)), service="shop"),
        runs(("s1", "m1", at(2)), ("s2", "m3", at(3)), service="shop", environment="staging"),
        runs(("t1", "m2", at(2)), ("t2", "m3", at(5)), service="till"),
    ]
    tell(table, *the_line(), *(event for position in order for event in lines[position]))
    assert carried(table, ["p2", "s2", "t2"]) == {"p2": [2, 3], "s2": [2, 3], "t2": [3]}


# --- branches beside the line ------------------------------------------------------------------------------------------

HOTFIX = commits("base", "m1 <- base", "m2 <- m1", "fix <- m1", "m3 <- m2", "m4 <- m3", start=at(1, 0))
"""main goes on to m4 while `fix` leaves it at m1, the last release."""


def test_a_hotfix_from_an_old_release_carries_itself_alone_and_main_goes_on_from_its_own_line(
    table: MemoryTable,
) -> None:
    changes = [a_change(number, f"m{number}", at(1, number)) for number in range(1, 5)]
    fix = a_change(9, "fix", at(1, 3), base_branch="release")
    tell(table, HOTFIX, *changes, fix)
    tell(table, *runs(("a", "m2", at(2)), ("fix", "fix", at(3)), ("b", "m3", at(4)), ("c", "m4", at(5))))
    assert carried(table, ["fix", "b", "c"]) == {"fix": [9], "b": [3], "c": [4]}


def test_every_change_ships_once_while_releases_go_back_and_forth_between_two_branches(table: MemoryTable) -> None:
    lines = ["base", "m1 <- base", "r1 <- m1", "m2 <- m1", "r2 <- r1", "m3 <- m2", "r3 <- r2", "m4 <- m3"]
    tell(table, commits(*lines, start=at(1, 0)))
    tell(table, *(a_change(number, f"m{number}", at(1, 2 * number)) for number in range(1, 5)))
    tell(table, *(a_change(10 + n, f"r{n}", at(1, 2 * n + 1), base_branch="release") for n in range(1, 4)))
    order = ["m1", "r1", "m2", "r2", "m3", "r3", "m4", "r3", "m4"]
    tell(table, *runs(*((str(place), commit, at(2 + place)) for place, commit in enumerate(order))))
    shipped = [number for record in deployments(table)[1:] for number in numbers(record)]
    assert sorted(shipped) == [2, 3, 4, 11, 12, 13]


@pytest.mark.parametrize("told", ["before", "after"])
def test_a_cherry_pick_ships_the_change_it_was_picked_from_and_main_does_not_ship_it_again(
    table: MemoryTable, told: str
) -> None:
    graph = commits("base", "m1 <- base", "m2 <- m1", "m3 <- m2", "pick <- m1", start=at(1, 0))
    changes = [a_change(number, f"m{number}", at(1, number)) for number in range(1, 4)]
    steps = runs(("a", "m1", at(2)), ("hot", "pick", at(3)), ("b", "m3", at(4)))
    pick = picked(graph, "pick", "m3")
    tell(table, pick, *(changes + steps if told == "before" else steps + changes))
    assert carried(table, ["hot", "b"]) == {"hot": [3], "b": [2]}


def test_a_deployment_on_another_line_says_that_it_diverged_and_carries_only_its_own(table: MemoryTable) -> None:
    graph = commits("base", "m1 <- base", "m2 <- m1", "x1 <- base", "x2 <- x1", start=at(1, 0))
    tell(table, graph, *(a_change(n, f"m{n}", at(1, n)) for n in (1, 2)))
    tell(table, *(a_change(10 + n, f"x{n}", at(1, 2 + n), base_branch="next") for n in (1, 2)))
    tell(table, *runs(("a", "base", at(2)), ("b", "m2", at(3)), ("c", "x2", at(4))))
    assert carried(table, "bc") == {"b": [1, 2], "c": [11, 12]}
    assert why(the_deployment(table, "c")) == ("mapped", "DIVERGED")


def test_commits_that_no_change_accounts_for_are_listed_as_direct(table: MemoryTable) -> None:
    graph = commits(*a_line("base", "m1", "direct", "m2"), start=at(1, 0))
    tell(table, graph, a_change(1, "m1", at(1, 1)), a_change(2, "m2", at(1, 3)))
    tell(table, *runs(("a", "m1", at(2)), ("b", "m2", at(3))))
    found = the_deployment(table, "b")
    assert [commit for commit, _, _ in found.direct] == [sha("direct")]
    tell(table, a_change(7, "direct", at(1, 2)))
    found = the_deployment(table, "b")
    assert (numbers(found), found.direct) == ([2, 7], ())


def test_a_change_ships_with_the_lead_time_of_the_deployment_that_carries_it(table: MemoryTable) -> None:
    tell(table, *the_line(), *runs(("a", "m1", at(2)), ("c", "m3", at(5))))
    leads = {change.number: change.lead.seconds for change in the_deployment(table, "c").changes}
    assert leads == {n: (at(5) - (at(1, n) - DAY)) // 1000 for n in (2, 3)}
    tell(table, *runs(("b", "m2", at(3))))
    (change,) = the_deployment(table, "b").changes
    assert change.lead.seconds == (at(3) - (at(1, 2) - DAY)) // 1000


def test_another_word_about_a_change_that_shipped_is_counted_at_once(table: MemoryTable) -> None:
    tell(table, *the_line(), *runs(("a", "m1", at(2)), ("b", "m2", at(3))))
    tell(table, a_change(2, "m2", at(1, 2), first_commit_at=at(1, 1), opened_at=at(1, 1) + HOUR // 2))
    (change,) = the_deployment(table, "b").changes
    begun = at(1, 2) - DAY  # the earliest first commit that anybody told
    assert change.lead.stages[0] == (at(1, 1) + HOUR // 2 - begun) // 1000

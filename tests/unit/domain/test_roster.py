"""Teams: who was in which on a day."""

from datetime import date

import pytest

from leadline.domain.roster import Membership, Roster

JAN, JUL, DEC = date(2026, 1, 1), date(2026, 7, 1), date(2026, 12, 1)


@pytest.mark.parametrize(
    ("day", "held"),
    [(date(2025, 12, 31), False), (JAN, True), (date(2026, 6, 30), True), (JUL, False), (DEC, False)],
)
def test_a_membership_holds_from_its_first_day_up_to_but_not_on_its_end(day: date, held: bool) -> None:
    assert Membership("ann", JAN, JUL).holds_on(day) is held


def test_a_membership_without_dates_holds_always() -> None:
    assert Membership("ann").holds_on(date(1, 1, 1))
    assert Membership("ann").holds_on(date(9999, 12, 31))


def test_who_changes_teams_is_in_one_of_them_on_every_day() -> None:
    roster = Roster({"payments": (Membership("ann", None, JUL),), "search": (Membership("ann", JUL),)})
    assert roster.teams_of("ann", date(2026, 6, 30)) == ("payments",)
    assert roster.teams_of("ann", JUL) == ("search",)


def test_who_left_a_team_and_came_back_is_in_it_once() -> None:
    roster = Roster({"payments": (Membership("ann", None, JAN), Membership("ann", JUL), Membership("ann", JUL))})
    assert roster.teams_of("ann", date(2026, 3, 1)) == ()
    assert roster.teams_of("ann", DEC) == ("payments",)


def test_teams_are_named_in_order_for_each_author_that_is_asked_for() -> None:
    members = (Membership("ann"), Membership("bob"))
    roster = Roster({"web": members, "api": members, "ops": (Membership("bob"),)})
    assert roster.on(DEC, ["ann", "bob", "eve"]) == {"ann": ("api", "web"), "bob": ("api", "ops", "web"), "eve": ()}

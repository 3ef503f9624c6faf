"""People's names: pseudonyms are stable and lead nowhere, what was told before changes nothing, names are found where they are."""

from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.cells import AUTHOR_MARK, CellKey, CellScope, contributions, fold
from leadline.domain.changes import Change
from leadline.domain.facts import CarriedChange, FactPart, Summary, divide
from leadline.domain.lead_time import LeadTime
from leadline.domain.people import (
    Authors,
    is_former_bot,
    is_pseudonym,
    is_stand_in,
    names_in,
    one_author,
    pseudonym,
    renamed,
    stand_in,
)
from tests.unit.domain.test_cells import DAY, FACTS

NAMES = st.sampled_from(["ann", "bob", "cid", "dan"])
REPORTS = st.none() | NAMES
FORMER = stand_in("0123456789abcdef", bot=False)
FORMER_BOT = stand_in("0123456789abcdef", bot=True)


def told(*names: str | None) -> Authors:
    known: Authors = (None, ())
    for name in names:
        known = one_author(known, (name, ()))
    return known


def as_pseudonyms(known: Authors) -> Authors:
    author, others = known
    return (pseudonym("salt", author) if author else None, tuple(pseudonym("salt", name) for name in others))


def test_a_pseudonym_is_the_same_for_one_name_and_salt_and_another_for_any_other() -> None:
    assert is_pseudonym(pseudonym("salt", "ann"))
    assert pseudonym("salt", "ann") == pseudonym("salt", "ann")
    assert len({pseudonym(salt, name) for salt in ("a", "b") for name in ("ann", "Ann", "ann ")}) == 6
    assert not any(map(is_pseudonym, ("ann", "p-ann", "p-0123456789AB", "p-0123456789ab0", FORMER)))


def test_a_stand_in_is_told_from_names_and_says_whether_it_was_a_bot() -> None:
    assert is_stand_in(FORMER)
    assert is_stand_in(FORMER_BOT)
    assert [is_former_bot(name) for name in (FORMER, FORMER_BOT, "~bot-x", "dependabot")] == [False, True, False, False]
    assert not any(map(is_stand_in, ("ann", "~ann", FORMER + "0", pseudonym("salt", "ann"))))


@given(st.lists(REPORTS, max_size=6), st.randoms())
def test_who_made_it_depends_on_neither_order_nor_repetition(names: list[str | None], random: object) -> None:
    wanted = told(*names)
    again = [*names, *names]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert told(*again) == wanted
    assert wanted[0] == max([name for name in names if name], default=None)


@given(st.lists(REPORTS, max_size=6), st.lists(REPORTS, max_size=6))
def test_two_reports_join_alike_from_either_side(mine: list[str | None], theirs: list[str | None]) -> None:
    assert one_author(told(*mine), told(*theirs)) == one_author(told(*theirs), told(*mine)) == told(*mine, *theirs)


@given(st.lists(REPORTS, min_size=1, max_size=6))
def test_what_was_told_by_name_and_is_told_again_by_pseudonym_changes_nothing(names: list[str | None]) -> None:
    known = as_pseudonyms(told(*names))
    for name in names:
        assert one_author(known, as_pseudonyms((name, ()))) == known


@given(st.lists(NAMES, min_size=2, max_size=6), NAMES)
def test_a_removed_person_told_again_takes_nobodys_place(names: list[str], removed: str) -> None:
    def rename(name: str) -> str:
        return FORMER if name == removed else name

    author, others = told(*names)
    known: Authors = (rename(author or ""), tuple(map(rename, others)))
    for name in names:
        assert one_author(known, (rename(name), ())) == known


def test_a_change_told_by_two_names_keeps_both() -> None:
    one, other = (Change("github.com/acme/shop", 7, author=name) for name in ("ann", "bob"))
    joined = one.join(other)
    assert (joined.author, joined.other_authors) == ("bob", ("ann",))
    assert Change.from_data(joined.to_data()) == joined


MESSAGE = {
    "repository": "ann",
    "author": "ann",
    "commits": [{"sha": "ann", "author": "bob"}, {"sha": "b"}],
    "authors": ["ann", "cid"],
    "teams": {"ann": {"members": [{"author": "ann", "from": "2026-01-01"}]}},
    "number": 3,
}


def test_names_are_found_and_renamed_where_people_are_named_and_nowhere_else() -> None:
    assert sorted(names_in(MESSAGE)) == ["ann", "ann", "ann", "bob", "cid"]
    assert renamed(MESSAGE, lambda name: name) == MESSAGE
    assert renamed(MESSAGE, {"ann": "x", "bob": "y", "cid": "z"}.__getitem__) == {
        "repository": "ann",
        "author": "x",
        "commits": [{"sha": "ann", "author": "y"}, {"sha": "b"}],
        "authors": ["x", "z"],
        "teams": {"ann": {"members": [{"author": "x", "from": "2026-01-01"}]}},
        "number": 3,
    }


def with_former(parts: tuple[FactPart, ...], removed: str) -> tuple[FactPart, ...]:
    def rename(change: CarriedChange) -> CarriedChange:
        author = FORMER if change.author == removed else change.author
        return CarriedChange(change.repository, change.number, author, change.teams, change.lead)

    return divide(parts[0].summary, [rename(change) for part in parts for change in part.changes])


@given(FACTS, st.sampled_from(["ann", "bob", "cid"]))
def test_removing_a_person_leaves_every_number_that_is_not_theirs(parts: tuple[FactPart, ...], removed: str) -> None:
    def others(parts: tuple[FactPart, ...]) -> dict[CellKey, dict[str, int]]:
        cells = {
            key: dict(numbers) for key, numbers in fold(parts).items() if key.scope.author not in (removed, FORMER)
        }
        for numbers in cells.values():
            numbers.pop(AUTHOR_MARK + removed, None)
        return {key: numbers for key, numbers in cells.items() if numbers}

    assert others(with_former(parts, removed)) == others(parts)


def test_of_a_former_member_only_the_deployments_are_counted() -> None:
    lead = LeadTime(60, (None, None, None, 60), complete=False)
    carried = CarriedChange("github.com/acme/shop", 7, FORMER, ("api",), lead)
    parts = divide(Summary("shop", "production", DAY, live=True), [carried])
    cells = contributions(parts[0])
    assert cells[CellKey(CellScope("production", service="shop", author=FORMER), DAY)] == {"d": 1}
    assert not any(AUTHOR_MARK in name for numbers in cells.values() for name in numbers)
    assert cells[CellKey(CellScope("production", team="api"), DAY)]["c"] == 1

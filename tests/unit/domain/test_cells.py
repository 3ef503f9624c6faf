"""Cells: adding and taking back are exact inverses, parts add up to their deployment, names and keys are read back."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.cells import (
    CellKey,
    CellScope,
    Numbers,
    bucket_name,
    buckets_of,
    contributions,
    difference,
    fold,
)
from leadline.domain.facts import PART_SIZE, CarriedChange, FactPart, Summary, divide
from leadline.domain.lead_time import LeadTime
from leadline.domain.sketch import bucket_of
from leadline.domain.windows import Window
from leadline.store.cells import cell_key, parse_cell_key, read_cells
from leadline.store.memory import MemoryTable
from leadline.store.table import Add

DAY = date(2026, 10, 1)
SECONDS = st.none() | st.integers(0, 10_000_000)
LEADS = st.builds(LeadTime, st.integers(0, 10_000_000), st.tuples(SECONDS, SECONDS, SECONDS, SECONDS), st.booleans())
CARRIED = st.builds(
    CarriedChange,
    repository=st.just("github.com/acme/shop"),
    number=st.integers(1, 400),
    author=st.none() | st.sampled_from(["ann", "bob", "cid"]),
    teams=st.sets(st.sampled_from(["api", "web"])).map(lambda teams: tuple(sorted(teams))),
    lead=LEADS,
)
SUMMARIES = st.builds(
    Summary,
    service=st.sampled_from(["shop", "till"]),
    environment=st.sampled_from(["production", "staging"]),
    day=st.sampled_from([DAY, DAY + timedelta(days=1)]),
    live=st.booleans(),
    never_live=st.booleans(),
    mapping=st.sampled_from(["mapped", "baseline", "pending", "unmatched"]),
    failed=st.booleans(),
    rework=st.booleans(),
    recovery=SECONDS,
)
FACTS = st.builds(divide, SUMMARIES, st.lists(CARRIED, max_size=3 * PART_SIZE))
NASTY = st.text(st.sampled_from("ab#%|~ é/\U0001f680")).map(lambda name: f"a{name}") | st.sampled_from(
    ["%23", "#", "a#b", "%", "%25", "service", "all", "team#x", "~", " "]
)


def added(*each: dict[CellKey, Numbers] | dict[CellKey, dict[str, int]]) -> dict[CellKey, dict[str, int]]:
    """Cells as ADDs leave them, without what is zero."""
    sums: dict[CellKey, Counter[str]] = {}
    for cells in each:
        for key, numbers in cells.items():
            total = sums.setdefault(key, Counter())
            for name, number in numbers.items():
                total[name] += number
    plain = {key: {name: number for name, number in total.items() if number} for key, total in sums.items()}
    return {key: numbers for key, numbers in plain.items() if numbers}


@given(FACTS, FACTS, FACTS)
def test_adding_the_difference_turns_the_cells_of_one_fact_into_those_of_another(
    rest: tuple[FactPart, ...], old: tuple[FactPart, ...], new: tuple[FactPart, ...]
) -> None:
    stored = added(fold([*rest, *old]))
    assert added(stored, difference(fold(new), fold(old))) == added(fold([*rest, *new]))


@given(FACTS, FACTS)
def test_a_fact_added_and_taken_back_leaves_every_number_as_it_was(
    rest: tuple[FactPart, ...], fact: tuple[FactPart, ...]
) -> None:
    there = difference(fold(fact), {})
    back = difference({}, fold(fact))
    assert added(fold(rest), there, back) == added(fold(rest))


@given(FACTS)
def test_a_fact_that_stays_the_same_writes_nothing(fact: tuple[FactPart, ...]) -> None:
    assert difference(fold(fact), fold(fact)) == {}


@given(SUMMARIES, st.lists(CARRIED, max_size=3 * PART_SIZE))
def test_a_deployment_in_parts_counts_what_it_would_in_one(summary: Summary, changes: list[CarriedChange]) -> None:
    authors = sorted({change.author for change in changes if change.author is not None})
    teams = sorted({team for change in changes for team in change.teams})
    whole = FactPart(summary, 0, tuple(changes), tuple(authors), tuple(teams))
    assert added(fold(divide(summary, changes))) == added(contributions(whole))


@given(st.lists(FACTS, max_size=5))
def test_each_deployment_counts_once_for_all_its_service_and_each_author_and_team(
    facts: list[tuple[FactPart, ...]],
) -> None:
    cells = fold(part for fact in facts for part in fact)

    def counted(scope: CellScope) -> int:
        return sum(numbers["d"] for key, numbers in cells.items() if key.scope == scope)

    for environment in ("production", "staging"):
        live = [fact for fact in facts if fact[0].summary.live and not fact[0].summary.never_live]
        here = [fact for fact in live if fact[0].summary.environment == environment]
        shop = [fact for fact in here if fact[0].summary.service == "shop"]
        with_ann = [fact for fact in shop if any(change.author == "ann" for part in fact for change in part.changes)]
        with_api = [fact for fact in here if any("api" in change.teams for part in fact for change in part.changes)]
        assert counted(CellScope(environment)) == len(here)
        assert counted(CellScope(environment, service="shop")) == len(shop)
        assert counted(CellScope(environment, service="shop", author="ann")) == len(with_ann)
        assert counted(CellScope(environment, team="api")) == len(with_api)


@given(st.lists(FACTS, max_size=6), st.integers(0, 6))
def test_the_cells_of_two_sets_of_deployments_add_up_to_the_cells_of_their_union(
    facts: list[tuple[FactPart, ...]], split: int
) -> None:
    one, other, union = (
        fold(part for fact in chosen for part in fact) for chosen in (facts[:split], facts[split:], facts)
    )
    assert added(one, other) == added(union)


@given(FACTS)
def test_the_services_of_a_team_add_up_to_the_team(fact: tuple[FactPart, ...]) -> None:
    cells = fold(fact)
    teams = {key: numbers for key, numbers in cells.items() if key.scope.team is not None}
    whole = {key: numbers for key, numbers in teams.items() if key.scope.service is None}
    shares = [
        {CellKey(CellScope(key.scope.environment, team=key.scope.team), key.day): numbers}
        for key, numbers in teams.items()
        if key.scope.service is not None
    ]
    assert added(whole) == added(*shares)


@given(FACTS)
def test_a_run_that_never_went_live_counts_as_nothing_else(fact: tuple[FactPart, ...]) -> None:
    for part in fact:
        for numbers in contributions(part).values():
            if part.summary.never_live and not part.changes:
                assert set(numbers) == {"x"}


def test_a_run_that_is_neither_live_nor_failed_counts_nowhere() -> None:
    assert contributions(FactPart(Summary("shop", "production", DAY, live=False))) == {}


def test_a_failed_deployment_is_open_until_its_recovery_is_known() -> None:
    open_still = fold([FactPart(Summary("shop", "production", DAY, live=True, failed=True))])
    recovered = fold([FactPart(Summary("shop", "production", DAY, live=True, failed=True, recovery=90))])
    everyone = CellKey(CellScope("production"), DAY)
    assert open_still[everyone] == {"d": 1, "m": 1, "f": 1, "o": 1}
    assert recovered[everyone] == {"d": 1, "m": 1, "f": 1, bucket_name("R", bucket_of(90)): 1, "R": 90}


@given(st.integers(0, 36 * 36 - 1), st.sampled_from("LCPVYR"), st.integers(1, 9))
def test_a_bucket_is_read_back_from_its_name(bucket: int, letter: str, count: int) -> None:
    name = bucket_name(letter, bucket)
    assert len(name) == 3
    assert buckets_of({name: count, letter: 100, "d": 3}, letter) == {bucket: count}


def test_a_lead_time_of_a_century_still_has_a_bucket_name() -> None:
    assert len(bucket_name("L", bucket_of(100 * 366 * 86_400))) == 3


@given(NASTY, NASTY, NASTY, NASTY, st.dates(date(1990, 1, 1), date(9998, 12, 31)))
def test_a_cells_key_is_read_back_whatever_people_call_things(
    environment: str, service: str, team: str, author: str, day: date
) -> None:
    scopes = [
        CellScope(environment),
        CellScope(environment, service=service),
        CellScope(environment, team=team),
        CellScope(environment, service=service, team=team),
        CellScope(environment, service=service, author=author),
    ]
    keys = [cell_key(CellKey(scope, day)) for scope in scopes]
    assert [parse_cell_key(key) for key in keys] == [CellKey(scope, day) for scope in scopes]
    assert len(set(keys)) == len(keys)


def test_a_window_reads_its_first_day_and_not_the_day_it_ends_on() -> None:
    table = MemoryTable()
    for scope in (CellScope("production", service="shop"), CellScope("production", service="shop", author="ann")):
        for offset in range(5):
            table.write([Add(cell_key(CellKey(scope, DAY + timedelta(days=offset))), {"d": 1 + offset})])
        read = list(read_cells(table, scope, Window(DAY + timedelta(days=1), DAY + timedelta(days=3))))
        assert [(key.day.day, numbers) for key, numbers in read] == [(2, {"d": 2}), (3, {"d": 3})]


def test_an_authors_cells_are_of_all_services_or_of_the_one_asked_for() -> None:
    table = MemoryTable()
    for service in ("shop", "till"):
        table.write([Add(cell_key(CellKey(CellScope("production", service=service, author="ann"), DAY)), {"d": 1})])
    window = Window(DAY, DAY + timedelta(days=1))
    every = read_cells(table, CellScope("production", author="ann"), window)
    assert [key.scope.service for key, _ in every] == ["shop", "till"]
    one = read_cells(table, CellScope("production", author="ann", service="till"), window)
    assert [key.scope.service for key, _ in one] == ["till"]

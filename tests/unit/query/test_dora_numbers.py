"""GET /v1/metrics/dora on generated facts: whatever is filtered, grouped or cut in pieces, the numbers are the exact ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.windows import Window
from tests.unit.query.exact import Fact, Filter, differences, exact_coverage, exact_metrics
from tests.unit.query.generated import AUTHORS, ENVIRONMENTS, FIRST, SERVICES, TEAMS, World, some, worlds
from tests.unit.query.product_api import Pairs, ProductApi

WINDOW = Window(FIRST + timedelta(days=30), FIRST + timedelta(days=60))
DATES = (("from", WINDOW.start.isoformat()), ("to", WINDOW.end.isoformat()))

_services = st.lists(st.sampled_from([*SERVICES, "unknown"]), unique=True, max_size=3)
_repositories = st.lists(st.sampled_from(["acme/api", "acme/shop", "acme/unknown"]), unique=True, max_size=2)
_environments = st.lists(st.sampled_from([*ENVIRONMENTS, "unknown"]), unique=True, max_size=2)
_whose = st.one_of(
    st.none(),
    st.tuples(st.just("team"), st.sampled_from(TEAMS)),
    st.tuples(st.just("author"), st.sampled_from([*AUTHORS, "unknown"])),
)


@st.composite
def _asked(draw: Any) -> tuple[Pairs, Filter]:
    """A query's filters, and what they mean."""
    services, repositories, environments = draw(_services), draw(_repositories), draw(_environments)
    whose = draw(_whose)
    pairs = [
        *(("service", name) for name in services),
        *(("repository", name) for name in repositories),
        *(("environment", name) for name in environments),
        *([whose] if whose else []),
    ]
    left = set(services or [*SERVICES, "unknown"])
    if repositories:
        left = {name for name in left if SERVICES.get(name) in repositories}
    return pairs, Filter(environments or ("production",), left, **dict([whose] if whose else []))


def _wrong(found: Any, facts: list[Fact], window: Window = WINDOW) -> list[str]:
    return differences(found, exact_metrics(facts, window))


@some
@given(worlds(), _asked())
def test_every_combination_of_filters_gives_the_exact_numbers(world: World, asked: tuple[Pairs, Filter]) -> None:
    pairs, filtered = asked
    report = ProductApi(world.table()).dora([*DATES, *pairs])
    facts = filtered.of(world.facts)
    assert _wrong(report["metrics"], facts) == []
    assert report["coverage"] == exact_coverage(facts, WINDOW)
    previous = WINDOW.previous()
    assert report["previous"]["window"]["from"] == previous.start.isoformat()
    assert report["previous"]["window"]["to"] == report["window"]["from"]
    assert _wrong(report["previous"]["metrics"], facts, previous) == []


@some
@given(worlds(), _asked(), st.sampled_from(["day", "week", "month"]))
def test_a_series_divides_the_window_and_each_part_is_exact(
    world: World, asked: tuple[Pairs, Filter], interval: str
) -> None:
    pairs, filtered = asked
    report = ProductApi(world.table()).dora([*DATES, *pairs], interval=interval)
    facts = filtered.of(world.facts)
    parts = [
        Window(WINDOW.start.fromisoformat(part["from"]), WINDOW.start.fromisoformat(part["to"]))
        for part in report["series"]
    ]
    assert [part.start for part in parts] == [WINDOW.start, *(part.end for part in parts[:-1])]
    assert parts[-1].end == WINDOW.end
    for part, entry in zip(parts, report["series"], strict=True):
        assert _wrong(entry["metrics"], facts, part) == []
    total = sum(entry["metrics"]["deployment_frequency"]["deployments"] for entry in report["series"])
    assert total == report["metrics"]["deployment_frequency"]["deployments"]


@some
@given(worlds(), _asked(), st.sampled_from(["service", "repository", "team", "author"]))
def test_groups_combine_with_every_filter_and_are_exact(
    world: World, asked: tuple[Pairs, Filter], group_by: str
) -> None:
    pairs, filtered = asked
    report = ProductApi(world.table()).dora([*DATES, *pairs], group_by=group_by)
    facts = filtered.of(world.facts)
    expected = {}
    for key in _keys(facts, group_by):
        group = _of_group(facts, group_by, key)
        if any(WINDOW.start <= fact.summary.day < WINDOW.end and _counts(fact) for fact in group):
            expected[key] = group
    found = {group["key"]: group["metrics"] for group in report["groups"]}
    assert found.keys() == expected.keys()
    for key, group in expected.items():
        assert _wrong(found[key], group) == []


def _counts(fact: Fact) -> bool:
    return fact.summary.live or fact.summary.never_live


def _keys(facts: list[Fact], group_by: str) -> set[str | None]:
    match group_by:
        case "service":
            return {fact.summary.service for fact in facts}
        case "repository":
            return {SERVICES[fact.summary.service] for fact in facts}
        case "team":
            return {team for fact in facts for change in fact.changes for team in change.teams}
        case _:
            return {change.author for fact in facts for change in fact.changes if change.author is not None}


def _of_group(facts: list[Fact], group_by: str, key: str | None) -> list[Fact]:
    match group_by:
        case "service":
            return [fact for fact in facts if fact.summary.service == key]
        case "repository":
            return [fact for fact in facts if SERVICES[fact.summary.service] == key]
        case "team":
            return Filter(ENVIRONMENTS, team=key).of(facts)
        case _:
            return Filter(ENVIRONMENTS, author=key).of(facts)


@some
@given(worlds())
def test_the_services_of_everything_add_up_to_everything(world: World) -> None:
    api = ProductApi(world.table())
    for group_by in ("service", "repository"):
        report = api.dora(DATES, group_by=group_by)
        for metric, number in [
            ("deployment_frequency", "deployments"),
            ("change_lead_time", "n"),
            ("change_fail_rate", "failed"),
            ("change_fail_rate", "never_live"),
            ("failed_deployment_recovery_time", "open"),
            ("deployment_rework_rate", "rework"),
        ]:
            total = sum(group["metrics"][metric][number] for group in report["groups"])
            assert total == report["metrics"][metric][number]


@some
@given(worlds())
def test_the_changes_of_a_teams_people_add_up_to_the_teams(world: World) -> None:
    api = ProductApi(world.table())
    for team in TEAMS:
        report = api.dora(DATES, team=team, group_by="author")
        total = sum(group["metrics"]["change_lead_time"]["n"] for group in report["groups"])
        assert total == report["metrics"]["change_lead_time"]["n"]

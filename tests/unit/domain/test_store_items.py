"""What is stored is read back as it was, and lies where the key grammar says."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadline.domain.attribution import State, Tip
from leadline.domain.changes import Change
from leadline.domain.deployments import Deployment, StatusReport, deployment_key, identified_key
from leadline.domain.facts import CarriedChange, Summary, divide
from leadline.domain.ledger import Alias, Node, Span
from leadline.domain.outcomes import LinkedIncident, Outcome, Remedy
from leadline.store.deployments import (
    Record,
    TimelineEntry,
    line_partition,
    part_item,
    place_of,
    reference_key,
    same_sha,
    year_of,
)
from leadline.store.incidents import Incident, incident_line
from leadline.store.ledger import month_of, node_from_item, node_to_item, ship_key, takes_part
from leadline.store.services import Service
from leadline.store.table import Item
from tests.builders import REPOSITORY, at, sha
from tests.unit.domain.test_cells import CARRIED, NASTY
from tests.unit.domain.test_joins import INCIDENTS, REPORTS

SHAS = st.sampled_from([sha("a"), sha("b"), sha("c")])
INSTANTS = st.integers(at(1), at(900))
TEXTS = st.none() | st.sampled_from(["x", "y#z"])
STATES = st.builds(
    State,
    line=st.none() | SHAS,
    tips=st.lists(st.builds(Tip, SHAS, INSTANTS), max_size=3).map(tuple),
    early=st.lists(st.integers(1, 99), max_size=3).map(tuple),
    floor=st.none() | INSTANTS,
    last_success=st.none() | st.tuples(SHAS, INSTANTS),
    last_failure=st.none() | st.tuples(SHAS, INSTANTS),
)
REMEDIES = st.builds(Remedy, st.sampled_from(["k1", "k2"]), INSTANTS, st.booleans())
OUTCOMES = st.builds(
    Outcome,
    incidents=st.lists(st.builds(LinkedIncident, st.just("INC-1"), INSTANTS, st.none() | INSTANTS), max_size=2).map(
        tuple
    ),
    remedies=st.lists(REMEDIES, max_size=2).map(tuple),
)


@given(
    place=st.builds(place_of, INSTANTS, st.just("9f3c")),
    commit=SHAS,
    node=SHAS,
    live=st.booleans(),
    after=STATES,
    rollback=st.booleans(),
    spans=st.lists(st.builds(Span, st.just("main"), INSTANTS, INSTANTS), max_size=2).map(tuple),
    behind=st.lists(st.tuples(REMEDIES.map(lambda remedy: replace(remedy, rollback=True)), SHAS), max_size=2).map(
        tuple
    ),
    underived=st.booleans(),
    repairs=st.booleans(),
)
def test_a_deployments_place_on_its_timeline_is_read_back(
    place: str,
    commit: str,
    node: str,
    live: bool,
    after: State,
    rollback: bool,
    spans: tuple[Span, ...],
    behind: tuple[tuple[Remedy, str], ...],
    underived: bool,
    repairs: bool,
) -> None:
    entry = TimelineEntry(place, "9f3c", commit, live, node, after, rollback, spans, behind, underived, repairs)
    assert TimelineEntry.from_item(entry.to_item(line_partition("shop", "production", 2026))) == entry


def test_a_place_without_a_sha_is_read_back() -> None:
    entry = TimelineEntry(place_of(at(1), "9f3c"), "9f3c", None, live=True)
    assert TimelineEntry.from_item(entry.to_item(line_partition("shop", "production", 2026))) == entry


@given(reports=st.lists(REPORTS, min_size=1, max_size=1), carried=st.lists(CARRIED, max_size=9), outcome=OUTCOMES)
def test_a_deployments_record_is_read_back_in_however_many_parts(
    reports: list[StatusReport], carried: list[CarriedChange], outcome: Outcome
) -> None:
    deployment = Deployment("9f3c", "shop", "production", tuple(reports))
    summary = Summary("shop", "production", date(2026, 10, 1), live=True, failed=outcome.failed)
    record = Record(
        deployment,
        REPOSITORY,
        place_of(at(1), "9f3c"),
        status="mapped",
        reason="RANGE",
        from_id=sha("a"),
        to_id=sha("b"),
        outcome=outcome,
        direct=((sha("c"), "ann", at(1)), (sha("d"), None, at(1))),
        waits_for=(sha("e"),),
        parts=divide(summary, carried),
        live=True,
    )
    others = [part_item(record.key, part) for part in record.parts[1:]]
    assert Record.from_items(record.header_item(), iter(others)) == record


CHANGES = st.builds(
    Change,
    repository=st.just(REPOSITORY),
    number=st.integers(1, 99),
    author=TEXTS,
    base_branch=TEXTS,
    merge_sha=st.just(sha("a")),
    head_sha=st.none() | SHAS,
    first_commit_at=st.none() | INSTANTS,
    opened_at=st.none() | INSTANTS,
    first_review_at=st.none() | INSTANTS,
    merged_at=st.none() | INSTANTS,
)


def by_number(values: list[Any]) -> tuple[Any, ...]:
    return tuple({value.number: value for value in sorted(values, key=lambda value: value.number)}.values())


@given(
    st.builds(
        Node,
        sha=st.just(sha("a")),
        parents=st.none() | st.lists(SHAS, max_size=2).map(tuple),
        committed_at=st.none() | INSTANTS | st.just(0),
        authored_at=st.none() | INSTANTS,
        author=TEXTS,
        reported_branch=TEXTS,
        picked_from=st.none() | SHAS,
        merges=st.lists(CHANGES, max_size=3).map(by_number),
        aliases=st.lists(
            st.builds(Alias, st.integers(1, 99), st.sampled_from(["head", "commit"]), SHAS, INSTANTS), max_size=3
        ).map(by_number),
    )
)
def test_a_commit_is_read_back_with_the_changes_it_merges_and_stands_for(node: Node) -> None:
    item: Item = {"pk": "node", "sk": node.sha, **node_to_item(node)}
    assert node_from_item(item, REPOSITORY, node.sha) == node
    assert None not in item.values()


def test_a_commit_takes_part_in_the_order_of_time_once_its_time_or_its_merge_is_known() -> None:
    assert not takes_part(Node(sha("a")))
    assert takes_part(Node(sha("a"), committed_at=0))
    assert takes_part(Node(sha("a"), merges=(Change(REPOSITORY, 1),)))


@given(INCIDENTS, NASTY, NASTY)
def test_an_incident_is_read_back_whatever_it_and_its_service_are_called(
    incident: Incident, service: str, name: str
) -> None:
    named = replace(incident, service=service, id=name)
    assert Incident.from_item(named.to_item()) == named


@given(
    st.builds(
        Service,
        name=NASTY,
        repository=st.none() | st.just(REPOSITORY),
        years=st.dictionaries(st.sampled_from(["production", "qa"]), st.just([2025, 2026])),
        version=st.integers(0, 9),
    )
)
def test_a_service_is_read_back_one_version_on(service: Service) -> None:
    assert Service.from_item(service.to_item()) == replace(service, version=service.version + 1)


@given(st.lists(st.tuples(INSTANTS, st.sampled_from("abc")), min_size=2, max_size=9))
def test_places_sort_as_finish_times_do(finishes: list[tuple[int, str]]) -> None:
    assert [place_of(*finish) for finish in sorted(finishes)] == sorted(place_of(*finish) for finish in finishes)


def test_a_place_is_kept_in_the_partition_of_its_year_and_a_commit_in_that_of_its_month() -> None:
    new_year = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert [year_of(place_of(instant, "k")) for instant in (new_year - 1, new_year)] == [2026, 2027]
    assert [month_of(instant) for instant in (0, new_year - 1, new_year)] == ["1970-01", "2026-12", "2027-01"]


@example("a#b", "c", "a", "b#c")
@example("a%23b", "c", "a#b", "c")
@given(NASTY, NASTY, NASTY, NASTY)
def test_two_timelines_never_share_a_partition_whatever_they_are_called(
    service: str, environment: str, other: str, elsewhere: str
) -> None:
    one, two = (service, environment), (other, elsewhere)
    for names in (
        lambda timeline: line_partition(*timeline, 2026),
        lambda timeline: incident_line(*timeline),
        lambda timeline: reference_key(*timeline, "run-1"),
        lambda timeline: ship_key(REPOSITORY, 1, *timeline),
    ):
        assert (names(one) == names(two)) == (one == two)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("abcdef1", "abcdef1234", True),
        ("abcdef1234", "abcdef1", True),
        ("abcdef1", "abcdef2", False),
        ("ABCDEF1", "abcdef1234", True),
        ("", "abcdef1", False),
        (None, "abcdef1", False),
    ],
)
def test_short_and_full_spellings_of_a_sha_are_the_same(one: str | None, other: str | None, same: bool) -> None:
    assert same_sha(one, other) is same


def test_short_full_and_upper_case_spellings_of_a_sha_meet_in_one_claim() -> None:
    full = sha("a")
    keys = {reference_key("shop", "production", name) for name in (full, full[:7], full[:12], full.upper())}
    assert len(keys) == 1
    assert reference_key("shop", "production", "run-1") != reference_key("shop", "production", "run-2")


def test_a_run_is_known_by_its_id_else_its_sha_and_time_else_its_receipt() -> None:
    a_report = StatusReport("success", received_at=7, id=sha("a"))

    def key(**told: Any) -> str:
        return deployment_key("shop", "production", replace(a_report, **told))

    assert key(deployment_id="run-1") == key(deployment_id="run-1", finished_at=9, received_at=8)
    assert key(deployment_id="run-1") == identified_key("shop", "production", "run-1")
    assert key(finished_at=9) == key(finished_at=9, received_at=8)
    assert len({key(), key(finished_at=9), key(started_at=9), key(received_at=8), key(deployment_id="x")}) == 5
    assert deployment_key("till", "production", a_report) != key() != deployment_key("shop", "staging", a_report)

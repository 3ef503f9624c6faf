"""Reports of one thing join to the same, in whatever order and however often they come."""

from typing import Protocol, Self, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.changes import Change
from leadline.domain.deployments import CANCELLED, FAILURE, IN_PROGRESS, SUCCESS, Deployment, StatusReport
from leadline.store.incidents import Incident


class Joins(Protocol):
    def join(self, other: Self) -> Self: ...


J = TypeVar("J", bound=Joins)

TIMES = st.none() | st.integers(1, 6)
NAMES = st.none() | st.sampled_from("abc")
SHAS = st.none() | st.sampled_from(["a" * 40, "b" * 40, "c" * 40])
SETS = st.sets(st.sampled_from("xyz")).map(lambda chosen: tuple(sorted(chosen)))

CHANGES = st.builds(
    Change,
    repository=st.just("github.com/acme/shop"),
    number=st.just(7),
    author=NAMES,
    base_branch=NAMES,
    merge_sha=SHAS,
    head_sha=SHAS,
    commit_shas=SETS,
    first_commit_at=TIMES,
    opened_at=TIMES,
    first_review_at=TIMES,
    approved_at=TIMES,
    merged_at=TIMES,
    paths=SETS,
    labels=SETS,
    head_branch=NAMES,
    title=NAMES,
    url=NAMES,
)
LABELS = st.dictionaries(st.sampled_from("klm"), st.sampled_from("123")).map(lambda told: tuple(sorted(told.items())))


def reports(statuses: st.SearchStrategy[str]) -> st.SearchStrategy[StatusReport]:
    return st.builds(
        StatusReport,
        status=statuses,
        received_at=st.integers(1, 6),
        id=SHAS,
        deployment_id=NAMES,
        started_at=TIMES,
        finished_at=TIMES,
        previous_id=SHAS,
        baseline=st.booleans(),
        remediates=NAMES,
        version=NAMES,
        url=NAMES,
        labels=LABELS,
        event_id=NAMES,
    )


REPORTS = reports(st.just(SUCCESS))
INCIDENTS = st.builds(
    Incident,
    service=st.just("shop"),
    id=st.just("INC-1"),
    started_at=st.integers(1, 6),
    environment=NAMES,
    resolved_at=TIMES,
    deployment=NAMES,
    severity=NAMES,
    url=NAMES,
    event_id=NAMES,
)


def joins_without_order(one: J, two: J, three: J) -> bool:
    return (
        one.join(two) == two.join(one)
        and one.join(two).join(three) == one.join(two.join(three))
        and one.join(one) == one
        and one.join(two).join(two) == one.join(two)
    )


@given(CHANGES, CHANGES, CHANGES)
def test_reports_of_a_change_join_in_any_order_and_any_number(one: Change, two: Change, three: Change) -> None:
    assert joins_without_order(one, two, three)


@given(REPORTS, REPORTS, REPORTS)
def test_reports_of_a_status_join_in_any_order_and_any_number(
    one: StatusReport, two: StatusReport, three: StatusReport
) -> None:
    assert joins_without_order(one, two, three)


@given(INCIDENTS, INCIDENTS, INCIDENTS)
def test_reports_of_an_incident_join_in_any_order_and_any_number(one: Incident, two: Incident, three: Incident) -> None:
    assert joins_without_order(one, two, three)


@given(
    st.lists(reports(st.sampled_from([SUCCESS, FAILURE, CANCELLED, IN_PROGRESS])), min_size=1, max_size=5).flatmap(
        lambda told: st.tuples(st.just(told), st.permutations(told + told[:2]))
    )
)
def test_a_run_told_in_any_order_and_any_number_is_the_same_run(
    orders: tuple[list[StatusReport], list[StatusReport]],
) -> None:
    runs = []
    for order in orders:
        run = Deployment("k", "shop", "production", ())
        for report in order:
            run = run.with_report(report)
        runs.append((run, run.report))
    assert runs[0] == runs[1]


@given(CHANGES, CHANGES)
def test_a_change_begins_at_the_earliest_time_told_and_was_merged_at_the_latest(one: Change, two: Change) -> None:
    both = one.join(two)
    for name, pick in {"first_commit_at": min, "opened_at": min, "first_review_at": min, "merged_at": max}.items():
        known = [time for time in (getattr(one, name), getattr(two, name)) if time is not None]
        assert getattr(both, name) == (pick(known) if known else None)


@given(CHANGES)
def test_a_change_is_read_back_as_it_was_stored(change: Change) -> None:
    assert Change.from_data(change.to_data()) == change


@given(REPORTS)
def test_a_report_is_read_back_as_it_was_stored(report: StatusReport) -> None:
    assert StatusReport.from_data(report.to_data()) == report


def test_a_finished_report_stands_before_a_running_one_that_came_later() -> None:
    run = Deployment("k", "shop", "production", ())
    run = run.with_report(StatusReport(SUCCESS, 5, id="a" * 40, finished_at=5)).with_report(
        StatusReport(IN_PROGRESS, 9, started_at=4)
    )
    assert (run.report.status, run.report.started_at, run.report.finish) == (SUCCESS, 4, 5)


def test_the_strongest_role_of_a_sha_is_the_one_it_has() -> None:
    change = Change("r", 7, merge_sha="m", head_sha="h", commit_shas=("c", "h", "m"))
    assert change.shas() == {"c": "commit", "h": "head", "m": "merge"}

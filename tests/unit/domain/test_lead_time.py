"""Lead time: the stages that are known always add up to it, whatever times are missing or out of order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.changes import Change
from leadline.domain.lead_time import LeadTime, lead_time
from tests.builders import DAY, HOUR, SECOND, at

INSTANTS = st.integers(at(1), at(20))
MAYBE = st.none() | INSTANTS


def a_lead_time(finished: int, **times: int | None) -> LeadTime:
    return lead_time(Change("github.com/acme/shop", 7, merge_sha="a" * 40, **times), finished)  # type: ignore[arg-type]


@given(MAYBE, MAYBE, MAYBE, MAYBE, INSTANTS)
def test_the_known_stages_add_up_to_the_lead_time_exactly(
    first: int | None, opened: int | None, reviewed: int | None, merged: int | None, finished: int
) -> None:
    found = a_lead_time(finished, first_commit_at=first, opened_at=opened, first_review_at=reviewed, merged_at=merged)
    assert sum(stage for stage in found.stages if stage is not None) == found.seconds


@given(MAYBE, MAYBE, MAYBE, MAYBE, INSTANTS)
def test_no_stage_and_no_lead_time_is_negative(
    first: int | None, opened: int | None, reviewed: int | None, merged: int | None, finished: int
) -> None:
    found = a_lead_time(finished, first_commit_at=first, opened_at=opened, first_review_at=reviewed, merged_at=merged)
    assert found.seconds >= 0
    assert all(stage >= 0 for stage in found.stages if stage is not None)


@given(INSTANTS, MAYBE, MAYBE, MAYBE, INSTANTS)
def test_with_a_first_commit_lead_time_is_first_commit_to_finish_whatever_else_is_known(
    first: int, opened: int | None, reviewed: int | None, merged: int | None, finished: int
) -> None:
    found = a_lead_time(finished, first_commit_at=first, opened_at=opened, first_review_at=reviewed, merged_at=merged)
    assert found.seconds == max(0, finished // SECOND - first // SECOND)
    assert found.complete


def test_stages_lie_between_the_times_that_bound_them() -> None:
    found = a_lead_time(
        at(5),
        first_commit_at=at(1, 0),
        opened_at=at(1, 4),
        first_review_at=at(2, 0),
        merged_at=at(4, 0),
    )
    assert found.stages == (4 * 3600, 20 * 3600, 48 * 3600, 36 * 3600)
    assert found.seconds == 108 * 3600


@pytest.mark.parametrize(
    ("missing", "stages"),
    [
        ("opened_at", (None, 24, 24, 24)),
        ("first_review_at", (12, None, 36, 24)),
        ("merged_at", (12, 12, None, 48)),
    ],
)
def test_a_missing_time_leaves_its_stage_unknown_and_its_hours_to_the_next(
    missing: str, stages: tuple[int | None, ...]
) -> None:
    times = {
        "first_commit_at": at(1, 0),
        "opened_at": at(1, 12),
        "first_review_at": at(2, 0),
        "merged_at": at(3, 0),
    }
    found = a_lead_time(at(4, 0), **{name: time for name, time in times.items() if name != missing})
    assert found.stages == tuple(None if hours is None else hours * 3600 for hours in stages)


def test_a_review_before_the_pull_request_was_opened_clips_pickup_to_zero_and_nothing_is_lost() -> None:
    found = a_lead_time(
        at(4, 0), first_commit_at=at(1, 0), opened_at=at(3, 0), first_review_at=at(2, 0), merged_at=at(3, 12)
    )
    assert found.stages == (48 * 3600, 0, 12 * 3600, 12 * 3600)


def test_a_commit_authored_after_the_deployment_has_a_lead_time_of_zero() -> None:
    found = a_lead_time(at(2), first_commit_at=at(3), opened_at=at(1), merged_at=at(2))
    assert (found.seconds, found.stages) == (0, (0, None, 0, 0))


@pytest.mark.parametrize("name", ["opened_at", "first_review_at", "merged_at"])
def test_without_a_first_commit_the_earliest_time_known_stands_in_and_is_said_to(name: str) -> None:
    times = {"merged_at": at(5), name: at(2)}
    found = a_lead_time(at(6), **times)
    assert found.seconds == 4 * DAY // SECOND
    assert not found.complete
    assert found.stages[0] is None


def test_a_change_with_no_times_at_all_has_a_lead_time_of_zero_that_is_not_complete() -> None:
    assert a_lead_time(at(6)) == LeadTime(0, (None, None, None, 0), complete=False)


def test_fractions_of_a_second_never_make_the_stages_disagree_with_the_whole() -> None:
    found = a_lead_time(
        at(1) + 2 * HOUR + 999,
        first_commit_at=at(1) + 1,
        opened_at=at(1) + 999,
        first_review_at=at(1) + 1_998,
        merged_at=at(1) + HOUR + 500,
    )
    assert sum(stage or 0 for stage in found.stages) == found.seconds == 7200

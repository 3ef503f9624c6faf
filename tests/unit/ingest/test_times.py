"""Times as senders write them, to epoch milliseconds, and the ones that are refused."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.times import read_commit_time, read_event_time, read_time

NOON = 1_790_856_000_000  # 2026-10-01T12:00:00Z


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2026-10-01T12:00:00Z", NOON),
        ("2026-10-01t12:00:00z", NOON),
        ("2026-10-01 12:00:00+00:00", NOON),
        ("2026-10-01T12:00:00-00:00", NOON),
        ("2026-10-01T14:00:00+02:00", NOON),
        ("2026-10-01T14:00:00+0200", NOON),
        ("2026-10-01T02:30:00-09:30", NOON),
        ("2026-10-02T11:59:00+23:59", NOON),
        ("2026-10-01T12:00:00.1Z", NOON + 100),
        ("2026-10-01T12:00:00.123Z", NOON + 123),
        ("2026-10-01T12:00:00.123999999999Z", NOON + 123),
        (" 2026-10-01T12:00:00Z\n", NOON),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        (1_790_856_000, NOON),
        (1_790_856_000.0, NOON),
        (1_790_856_000.123, NOON + 123),
        (1_790_856_000_123, NOON + 123),
        (1_790_856_000_123.9, NOON + 123),
        ("1790856000", NOON),
        ("1790856000123", NOON + 123),
        (99_999_999_999, 99_999_999_999_000),  # the last seconds
        (100_000_000_000, 100_000_000_000),  # the first milliseconds
    ],
)
def test_a_time_is_read(sent: object, at: int) -> None:
    assert read_time(sent) == at


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("2026-10-01T12:00:00", "time_zone"),
        ("2026-10-01 12:00", "time_zone"),
        ("2026-10-01", "time_zone"),
        ("2026-02-29T12:00:00Z", "time"),
        ("2026-13-01T12:00:00Z", "time"),
        ("2026-10-01T24:00:00Z", "time"),
        ("2026-10-01T12:00:61Z", "time"),
        ("2026-10-01T12:00Z", "time"),
        ("2026-10-01T12:00:00+24:00", "time"),
        ("2026-10-01T12:00:00+01:60", "time"),
        ("2026-10-01T12:00:00+1", "time"),
        ("2026-10-01T12:00:00 UTC", "time"),
        ("20261001T120000Z", "time"),
        ("٢٠٢٦-١٠-٠١T١٢:٠٠:٠٠Z", "time"),
        ("١٧٩٠٨٥٦٠٠٠", "time"),
        ("", "time"),
        ("-1790856000", "time"),
        ("1.5", "time"),
        (float("inf"), "range"),
        (float("nan"), "range"),
        (10**400, "range"),
        (True, "type"),
        (None, "type"),
        ([], "type"),
        ({}, "type"),
    ],
)
def test_a_time_that_can_not_be_told_is_refused(sent: object, code: str) -> None:
    with pytest.raises(InvalidValue) as invalid:
        read_time(sent)
    assert invalid.value.code == code


@pytest.mark.parametrize("sent", [946_684_799, 0, -1, 20261001, "1999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"])
def test_an_event_before_2000_is_a_unit_mistaken(sent: object) -> None:
    with pytest.raises(InvalidValue) as invalid:
        read_event_time(sent, NOON)
    assert invalid.value.code == "range"


def test_an_event_may_be_up_to_24_hours_ahead() -> None:
    assert read_event_time("2026-10-02T12:00:00Z", NOON) == NOON + 86_400_000
    with pytest.raises(InvalidValue) as invalid:
        read_event_time("2026-10-02T12:00:00.001Z", NOON)
    assert invalid.value.code == "future"


def test_a_commits_time_is_taken_as_git_tells_it_from_1970_to_2100() -> None:
    assert read_commit_time(0) == 0
    assert read_commit_time("2099-12-31T23:59:59Z") == 4_102_444_799_000
    for sent in (-1, "2100-01-01T00:00:00Z"):
        with pytest.raises(InvalidValue):
            read_commit_time(sent)


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001  hypothesis wants these
    st.integers(min_value=-23 * 60, max_value=23 * 60),
)
def test_every_moment_is_read_as_python_reads_it(local: datetime, offset: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read_time(moment.isoformat(timespec="microseconds")) == expected


@given(st.text() | st.floats() | st.integers() | st.booleans())
def test_anything_is_read_or_refused(value: object) -> None:
    with contextlib.suppress(InvalidValue):  # anything else that is raised fails
        assert isinstance(read_time(value), int)

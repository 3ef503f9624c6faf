"""Days and windows: every instant lies on one day, days follow each other without gap, and parts add up."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.windows import Calendar, Interval, Window

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # until 2019 summer began at midnight: that day has no 00:00
    "America/Havana",  # summer ends at 01:00, so 00:30 comes twice
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # skipped 2011-12-30 altogether
]
DAYS = st.dates(date(1990, 1, 1), date(2035, 12, 31))
INTERVALS = st.sampled_from(get_args(Interval))
WINDOWS = st.tuples(DAYS, st.integers(0, 800)).map(lambda drawn: Window(drawn[0], drawn[0] + timedelta(drawn[1])))


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@given(WINDOWS, INTERVALS)
def test_the_parts_of_a_window_add_up_to_it(window: Window, interval: Interval) -> None:
    parts = list(window.split(interval))
    assert sum(part.days for part in parts) == window.days
    assert all(earlier.end == later.start for earlier, later in pairwise(parts))
    assert all(part.days > 0 for part in parts)
    if parts:
        assert (parts[0].start, parts[-1].end) == (window.start, window.end)


@given(WINDOWS, INTERVALS)
def test_no_part_reaches_over_a_boundary_of_its_interval(window: Window, interval: Interval) -> None:
    for part in window.split(interval):
        last = part.end - timedelta(days=1)
        name = {
            "day": date.isoformat,
            "week": lambda day: str(day.isocalendar()[:2]),
            "month": lambda day: f"{day:%Y-%m}",
        }
        assert name[interval](part.start) == name[interval](last)


@given(WINDOWS, INTERVALS)
def test_two_parts_never_lie_in_the_same_day_week_or_month(window: Window, interval: Interval) -> None:
    for earlier, later in pairwise(window.split(interval)):
        if interval == "week":
            assert later.start.weekday() == 0
        if interval == "month":
            assert later.start.day == 1
        assert earlier.end == later.start


@given(WINDOWS)
def test_the_previous_window_is_as_long_and_ends_where_this_one_starts(window: Window) -> None:
    before = window.previous()
    assert (before.days, before.end) == (window.days, window.start)


@pytest.mark.parametrize("zone", ZONES)
@given(day=DAYS)
def test_a_day_begins_where_the_day_before_ends(zone: str, day: date) -> None:
    calendar = Calendar(zone)
    start = calendar.start_of(day)
    assert calendar.day_of(start - 1) < day
    assert calendar.day_of(start) >= day  # after, where the zone left this day out


@pytest.mark.parametrize("zone", ZONES)
@given(at=st.integers(instant("1990-01-01T00:00:00Z"), instant("2035-12-31T00:00:00Z")))
def test_every_instant_lies_between_the_start_of_its_day_and_of_the_next(zone: str, at: int) -> None:
    calendar = Calendar(zone)
    day = calendar.day_of(at)
    assert calendar.start_of(day) <= at < calendar.start_of(day + timedelta(days=1))


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00:00Z", 23),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00:00Z", 25),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T04:00:00Z", 25),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00Z", 23),
        ("America/Sao_Paulo", date(2018, 2, 17), "2018-02-17T02:00:00Z", 25),
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00Z", 25),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00Z", 0),
    ],
)
def test_days_on_which_clocks_change_have_their_own_length(zone: str, day: date, begins: str, hours: int) -> None:
    calendar = Calendar(zone)
    assert calendar.start_of(day) == instant(begins)
    assert calendar.start_of(day + timedelta(days=1)) - calendar.start_of(day) == hours * 3_600_000


def test_the_same_instant_is_another_day_in_another_zone() -> None:
    at = instant("2026-10-01T23:30:00Z")
    assert Calendar().day_of(at) == date(2026, 10, 1)
    assert Calendar("Europe/Berlin").day_of(at) == date(2026, 10, 2)
    assert datetime.fromtimestamp(at / 1000, UTC).date() == date(2026, 10, 1)

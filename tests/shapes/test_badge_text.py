"""A number as people say it, and the colour of a level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.domain.levels import EDITIONS, levels_of
from query.badges.text import HEADLINES, colour_of, duration, label_of, message_of, rate
from query.reports.statistics import SINGLE

HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (0.4, "0.4 seconds"),
        (1, "1 second"),
        (59.4, "59 seconds"),
        (59.99, "1 minute"),
        (90, "1.5 minutes"),
        (3599, "1 hour"),
        (HOUR, "1 hour"),
        (9.96 * HOUR, "10 hours"),
        (20.4 * HOUR, "20 hours"),
        (23 * HOUR, "23 hours"),
        (23.99 * HOUR, "1 day"),
        (1.3 * DAY, "1.3 days"),
        (9.94 * DAY, "9.9 days"),
        (12.5 * DAY, "12 days"),
        (400 * DAY, "400 days"),
    ],
)
def test_a_duration_is_told_in_its_largest_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


_UNITS = {"second": 1, "minute": 60, "hour": HOUR, "day": DAY}


@given(st.floats(1, 1e8))
def test_what_a_duration_says_is_within_a_twentieth_of_it(seconds: float) -> None:
    number, unit = duration(seconds).split()
    assert float(number) >= 1
    assert abs(float(number) * _UNITS[unit.removesuffix("s")] - seconds) <= seconds / 19
    assert (number == "1") is not unit.endswith("s")


@pytest.mark.parametrize(
    ("per_day", "text"),
    [
        (0, "0 per month"),
        (1 / 30, "1 per month"),
        (0.2, "1.4 per week"),
        (0.99, "1 per day"),
        (2.13, "2.1 per day"),
        (45.4, "45 per day"),
    ],
)
def test_a_rate_is_told_per_day_week_or_month(per_day: float, text: str) -> None:
    assert rate(per_day) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "s", "no data"),
        (None, "ratio", "no data"),
        (0.0666, "ratio", "6.7%"),
        (0.0, "ratio", "0%"),
        (1.0, "ratio", "100%"),
        (0, "deployments", "0 deployments"),
        (1, "changes", "1 change"),
        (45, "days", "45 days"),
    ],
)
def test_shares_and_counts_are_told_with_their_unit_and_what_is_not_known_is_no_number(
    value: float | None, unit: str, text: str
) -> None:
    assert message_of(value, unit) == text


def test_every_number_has_a_label_of_its_own() -> None:
    labels = [label_of(*number) for number in SINGLE]
    assert len(set(labels)) == len(labels)
    assert label_of("change_lead_time", "p50") == "change lead time"
    assert label_of("change_lead_time.stages.review", "mean") == "review time (mean)"


@given(st.sampled_from(sorted(EDITIONS)), st.sampled_from(sorted(HEADLINES)), st.floats(0, 1e9))
def test_a_colour_says_a_level_only_where_there_is_exactly_one(edition: str, metric: str, value: float) -> None:
    levels = levels_of(edition, metric, value)
    colour = colour_of(metric, HEADLINES[metric], value, edition)
    coloured = {"brightgreen": "elite", "green": "high", "yellow": "medium", "orange": "low"}.get(colour)
    assert (
        (coloured == levels[0])
        if len(levels) == 1 and (metric, value) != ("deployment_frequency", 0)
        else colour == "blue"
    )


def test_without_an_edition_a_number_is_neutral_and_without_a_number_grey() -> None:
    assert colour_of("change_lead_time", "p50", 60.0, None) == "blue"
    assert colour_of("change_lead_time", "p90", 60.0, "2023") == "blue"
    assert colour_of("change_lead_time", "p50", None, "2023") == "lightgrey"

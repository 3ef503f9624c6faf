"""A moving window of the last days, for addresses that are read again and again."""

from __future__ import annotations

from datetime import date, timedelta

from leadline.domain.windows import Window
from query.http.parameters import Parameter
from query.http.values import count_up_to
from query.reports.period import DEFAULT_DAYS, MAX_DAYS

DAYS = Parameter(
    "days",
    count_up_to(MAX_DAYS),
    "Length of the window in days, up to and including today.",
    {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS},
)


def last_days(days: int, today: date) -> Window:
    """The window of this many days that ends with today."""
    tomorrow = today + timedelta(days=1)
    return Window(tomorrow - timedelta(days=days), tomorrow)

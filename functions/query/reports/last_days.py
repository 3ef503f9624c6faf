"""A window that moves along: so many days up to and with today, for what is asked for again and again at one address."""

from __future__ import annotations

from datetime import date, timedelta

from leadline.domain.windows import Window
from query.reports.period import DEFAULT_DAYS, MAX_DAYS
from query.web.parameters import Parameter
from query.web.values import count_up_to

DAYS = Parameter(
    "days",
    count_up_to(MAX_DAYS),
    "The window: so many days up to and with today.",
    {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS},
)


def last_days(days: int, today: date) -> Window:
    """The window of so many days that ends with today."""
    tomorrow = today + timedelta(days=1)
    return Window(tomorrow - timedelta(days=days), tomorrow)

"""A window that moves along: so many days up to and with today, for what is asked for again and again at one address."""

from __future__ import annotations

import re
from datetime import date, timedelta

from leadline.contract.invalid_value import InvalidValue
from leadline.domain.windows import Window
from query.reports.period import DEFAULT_DAYS, MAX_DAYS
from query.web.parameters import Parameter

_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


def _read_days(value: object) -> int:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value) or not 1 <= int(value) <= MAX_DAYS:
        raise InvalidValue("range", f"must be a whole number from 1 to {MAX_DAYS}")
    return int(value)


DAYS = Parameter(
    "days",
    _read_days,
    "The window: so many days up to and with today.",
    {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS},
)


def last_days(days: int, today: date) -> Window:
    """The window of so many days that ends with today."""
    tomorrow = today + timedelta(days=1)
    return Window(tomorrow - timedelta(days=days), tomorrow)

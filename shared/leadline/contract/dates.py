"""Reader of dates."""

from __future__ import annotations

from datetime import date

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import matching

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)
"""No deployment is older than the first; a date after the last is a typing mistake."""

_read_form = matching("[0-9]{4}-[0-9]{2}-[0-9]{2}", "date", "must be a date such as 2026-10-01")


def read_date(value: object) -> date:
    """A date such as 2026-10-01."""
    text = _read_form(value)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidValue("date", "is not a day of the calendar") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidValue("range", f"must be from {FIRST_DAY} to {LAST_DAY}")
    return day

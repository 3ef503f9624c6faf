"""Which days a request asks about."""

from __future__ import annotations

from datetime import timedelta

from leadline.contract.invalid_value import InvalidValue
from leadline.domain.windows import Calendar, Window
from query.web.parameters import Sent

DEFAULT_DAYS = 30
MAX_DAYS = 400
"""A year and a month: the window and the one before it are read as single days' cells."""


def read_window(sent: Sent, calendar: Calendar, now: int) -> Window:
    """The window, by default the last 30 days up to and with today. `now` in epoch ms. Adds to the faults what is wrong."""
    tomorrow = calendar.day_of(now) + timedelta(days=1)
    return window_or(sent, Window(tomorrow - timedelta(days=DEFAULT_DAYS), tomorrow))


def window_or(sent: Sent, default: Window) -> Window:
    """The window that was sent; of one end alone, as long as the default. Adds to the faults what is wrong."""
    end = sent.one("to", default.end)
    start = sent.one("from", end - timedelta(days=default.days))
    window = Window(start, end)
    if not days_are_told(sent):
        return window
    if window.days < 1:
        hint = "" if sent.values.get("to") else f", which is {end} where it is not given"
        sent.faults.add("?from", InvalidValue("order", f"must be before to{hint}"))
    elif window.days > MAX_DAYS:
        sent.faults.add("?from", InvalidValue("too_long", f"is more than {MAX_DAYS} days before to"))
    return window


def days_are_told(sent: Sent) -> bool:
    """Whether `from` and `to`, as far as they were given, are dates: else what they were meant to be is not known."""
    return all(values for name, values in sent.values.items() if name in ("from", "to"))

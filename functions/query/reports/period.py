"""The window of a request."""

from __future__ import annotations

from datetime import timedelta

from leadline.contract.invalid_value import InvalidValue
from leadline.domain.windows import Calendar, Window
from query.http.parameters import Sent

DEFAULT_DAYS = 30
MAX_DAYS = 400
"""A year and a month. The window and the previous one are read as cells of single days."""


def read_window(sent: Sent, calendar: Calendar, now: int) -> Window:
    """The window; by default the last 30 days including today. `now` in epoch milliseconds. Adds a fault for an invalid one."""
    tomorrow = calendar.day_of(now) + timedelta(days=1)
    return window_or(sent, Window(tomorrow - timedelta(days=DEFAULT_DAYS), tomorrow))


def window_or(sent: Sent, default: Window) -> Window:
    """The window that was sent; with one end only, as long as the default. Adds a fault for an invalid one."""
    end = sent.one("to", default.end)
    start = sent.one("from", end - timedelta(days=default.days))
    window = Window(start, end)
    if not dates_are_valid(sent):
        return window
    if window.days < 1:
        hint = "" if sent.values.get("to") else f", which defaults to {end}"
        sent.faults.add("?from", InvalidValue("order", f"must be before to{hint}"))
    elif window.days > MAX_DAYS:
        sent.faults.add("?from", InvalidValue("too_long", f"must be at most {MAX_DAYS} days before to"))
    return window


def dates_are_valid(sent: Sent) -> bool:
    """Whether `from` and `to` are valid dates where they were sent. Only then can the window be checked."""
    return all(values for name, values in sent.values.items() if name in ("from", "to"))

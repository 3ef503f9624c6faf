"""Days and windows in the organisation's time zone. A window is half-open: `start` inclusive, `end` exclusive."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Interval = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one time zone (IANA name)."""

    timezone: str = "UTC"

    def day_of(self, instant: int) -> date:
        zone = UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)
        return datetime.fromtimestamp(instant / 1000, zone).date()

    def start_of(self, day: date) -> int:
        """When the day begins, in epoch milliseconds."""
        zone = UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)
        return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Window:
    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def previous(self) -> "Window":
        """The window of the same length that ends where this one starts."""
        return Window(self.start - (self.end - self.start), self.start)

    def split(self, interval: Interval) -> Iterator["Window"]:
        """The days, ISO weeks or calendar months of this window. The first and last are cut to it, so they add up to the window."""
        start = self.start
        while start < self.end:
            end = min(_next_boundary(start, interval), self.end)
            yield Window(start, end)
            start = end


def _next_boundary(day: date, interval: Interval) -> date:
    if interval == "day":
        return day + timedelta(days=1)
    if interval == "week":
        return day + timedelta(days=7 - day.weekday())
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)

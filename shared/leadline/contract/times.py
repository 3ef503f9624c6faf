"""Reads times as senders write them, to epoch milliseconds.

Accepted: RFC 3339 with an offset (also `+0100`, as `date +%z` prints it), and epoch seconds or milliseconds as a number or, since
shells send that, as a string of digits. Numbers from 100,000,000,000 on are milliseconds; as seconds they would start in the
year 5138. Fractions of a millisecond are cut off. A time without an offset is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from leadline.contract.invalid_value import InvalidValue

DAY_MS = 86_400_000
EARLIEST = 946_684_800_000
"""2000-01-01. An earlier deployment, review or incident means a wrong unit or a field left at zero."""

EARLIEST_COMMIT = 0
"""1970-01-01. Git records whatever the clock said, and nobody can correct a commit's time afterwards."""

LATEST_COMMIT = 4_102_444_800_000
"""2100-01-01, for the same reason: a commit may be dated in the future."""

_YEAR_MS = 366 * DAY_MS
_MAX_YEARS_AHEAD = 100
_FIRST_MILLISECONDS = 100_000_000_000
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:([Zz])|([+-])(\d\d):?(\d\d))", re.ASCII
)
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?", re.ASCII)
_DIGITS = re.compile(r"\d{1,16}", re.ASCII)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  plain arithmetic; the offset is subtracted by hand, so no year overflows


def read_time(value: object) -> int:
    """Epoch milliseconds of a time as sent. Raises InvalidValue (`type`, `time`, `time_zone`)."""
    if isinstance(value, str):
        text = value.strip()
        return _from_number(int(text)) if _DIGITS.fullmatch(text) else _from_text(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue("type", "must be a time: RFC 3339 with an offset, or epoch seconds or milliseconds")
    return _from_number(value)


def read_event_time(value: object, now: int) -> int:
    """A time when something happened: from the year 2000 to 24 hours after `now` (epoch ms). Adds `range`, `future`."""
    at = read_time(value)
    if at < EARLIEST:
        raise InvalidValue("range", "is before the year 2000; numbers are epoch seconds or epoch milliseconds")
    if at > now + DAY_MS:
        raise InvalidValue("future", "is more than 24 hours in the future")
    return at


def read_commit_time(value: object) -> int:
    """A time that git recorded: 1970 to 2100, in the future or not. Adds `range`."""
    at = read_time(value)
    if not EARLIEST_COMMIT <= at < LATEST_COMMIT:
        raise InvalidValue("range", "must be between the years 1970 and 2100")
    return at


def time_after(now: int) -> Callable[[object], int]:
    """A reader of times later than `now` (epoch ms), at most 100 years. Adds `range`."""

    def read(value: object) -> int:
        at = read_time(value)
        if at <= now:
            raise InvalidValue("range", "is not in the future")
        if at > now + _MAX_YEARS_AHEAD * _YEAR_MS:
            raise InvalidValue("range", f"is more than {_MAX_YEARS_AHEAD} years ahead")
        return at

    return read


def _from_number(value: float) -> int:
    if not abs(value) < 1e17:  # also refuses infinity and NaN
        raise InvalidValue("range", "is not a valid epoch timestamp")
    return int(value if abs(value) >= _FIRST_MILLISECONDS else round(value * 1000, 3))


def _from_text(text: str) -> int:
    match = _RFC3339.fullmatch(text)
    if match is None:
        if _NAIVE.fullmatch(text):
            raise InvalidValue(
                "time_zone", "has no offset: send it like 2026-10-01T12:30:00Z or 2026-10-01T14:30:00+02:00"
            )
        raise InvalidValue("time", "must be RFC 3339 with an offset, like 2026-10-01T12:30:00Z, or an epoch number")
    day, hours, seconds, fraction, _, sign, offset_hours, offset_minutes = match.groups()
    leap = seconds == "60"  # RFC 3339 allows leap seconds, Python does not
    try:
        local = datetime.fromisoformat(f"{day}T{hours}:{'59' if leap else seconds}")
    except ValueError:
        raise InvalidValue("time", "is not a valid date and time") from None
    offset = int(offset_hours or 0) * 60 + int(offset_minutes or 0)
    if offset >= 24 * 60 or int(offset_minutes or 0) > 59:
        raise InvalidValue("time", "has an offset that does not exist")
    milliseconds = int((fraction or "").ljust(3, "0")[:3])
    whole = (local - _EPOCH) // timedelta(milliseconds=1) + (1000 if leap else 0)
    return whole + milliseconds - (-offset if sign == "-" else offset) * 60_000

"""Single values out of a query string or a body: from text to what we compute with, or InvalidValue.

Bounds of names are ingest's, so that whatever an event may bring can be asked for, and are in bytes of UTF-8, since that is what
the table's keys count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.repository_spelling import spelled
from leadline.contract.text import name_of

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)
"""No deployment is older than the first; whatever is asked for later than the last is a slip of the keyboard."""

MAX_LIMIT, DEFAULT_LIMIT = 200, 50

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_KEY_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


def read_date(value: object) -> date:
    """A date such as 2026-10-01."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise InvalidValue("date", "must be a date such as 2026-10-01")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise InvalidValue("date", "is no day of the calendar") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidValue("range", f"must be from {FIRST_DAY} to {LAST_DAY}")
    return day


_any_repository = name_of(200)


def read_key_id(value: object) -> str:
    """The id of an API key."""
    if not isinstance(value, str) or not _KEY_ID.fullmatch(value):
        raise InvalidValue("key", "must be a key's id: the 12 characters after ll_")
    return value


def read_repository(value: object) -> str:
    """A repository, spelled as events store it."""
    text = _any_repository(value)
    if "://" in text or "@" in text or text.endswith(".git"):
        raise InvalidValue("repository", "must be a path such as github.com/acme/api, as GET /v1/services shows it")
    return spelled(text)


def same_as(name: str) -> Callable[[object], str]:
    """What the path has named already: GET shows it, so it may be sent back as it is."""

    def read(value: object) -> str:
        if value != name:
            raise InvalidValue("mismatch", "is not what the path names; leave it out, or send it as it is there")
        return name

    return read


def read_limit(value: object) -> int:
    """How many entries a page may have."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value) or not 1 <= int(value) <= MAX_LIMIT:
        raise InvalidValue("range", f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(value)


def read_cursor(value: object) -> str:
    """A cursor as text; whether it is one of ours shows when it is opened."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,1000}", value):
        raise InvalidValue("cursor", "must be the next_cursor of the page before")
    return value

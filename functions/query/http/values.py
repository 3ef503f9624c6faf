"""Readers of what only the Product API takes: filters, ids of keys, pages of a list.

Names have the bounds that events have, so that every stored name can be used as a filter.
"""

from __future__ import annotations

from collections.abc import Callable

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.repository_spelling import spelled
from leadline.contract.text import matching, name_of

MAX_LIMIT, DEFAULT_LIMIT = 200, 50

_any_repository = name_of(200)

read_key_id = matching("[0-9a-f]{12}", "key", "must be a key's id: the 12 characters after ll_")
read_cursor = matching("[A-Za-z0-9_.-]{1,1000}", "cursor", "must be the next_cursor of the previous page")


def read_repository(value: object) -> str:
    """A repository, spelled as events store it."""
    text = _any_repository(value)
    if "://" in text or "@" in text or text.endswith(".git"):
        raise InvalidValue("repository", "must be a path such as github.com/acme/api, as GET /v1/services shows it")
    return spelled(text)


def same_as(name: str) -> Callable[[object], str]:
    """A reader of what the path already names: GET shows it, so it may be sent back unchanged."""

    def read(value: object) -> str:
        if value != name:
            raise InvalidValue("mismatch", "differs from the name in the path; omit it, or send that name")
        return name

    return read


def count_up_to(most: int) -> Callable[[object], int]:
    """A reader of whole numbers from 1 to `most` in a query string."""
    detail = f"must be a whole number from 1 to {most}"
    read_digits = matching("[0-9]{1,6}", "range", detail)

    def read(value: object) -> int:
        number = int(read_digits(value))
        if not 1 <= number <= most:
            raise InvalidValue("range", detail)
        return number

    return read

"""Lists of patterns with wildcards: what is accepted, and what the OpenAPI document says of that.

Any pattern is matched in linear time (`leadline.domain.wildcards`); these bounds keep the size of the work small. Lists that were
stored before there were bounds are read and matched as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import name_of
from query.web.patches import list_of
from query.web.schemas import Json, text

MOST_WILDCARDS = 32
"""In one pattern."""
MOST_PATTERNS = 100
MOST_BYTES = 10_000
"""Of all patterns of a list together, in UTF-8."""


def patterns_of(most: int, wildcards: str) -> Callable[[object], tuple[str, ...]]:
    """A list of patterns of 1 to `most` bytes, in which each of these characters is a wildcard."""
    read_name = name_of(most)

    def read_one(value: object) -> str:
        pattern = read_name(value)
        check_wildcards(pattern, wildcards)
        return pattern

    read_all = list_of(read_one, MOST_PATTERNS)

    def read(value: object) -> tuple[str, ...]:
        patterns = read_all(value)
        if sum(len(pattern.encode()) for pattern in patterns) > MOST_BYTES:
            raise InvalidValue("too_long", f"has more than {MOST_BYTES} bytes of UTF-8 in all its patterns together")
        return patterns

    return read


def check_wildcards(pattern: str, wildcards: str) -> None:
    """Raises InvalidValue where the pattern has too many of these characters."""
    if sum(map(pattern.count, wildcards)) > MOST_WILDCARDS:
        raise InvalidValue(
            "wildcards", f"has a pattern with more than {MOST_WILDCARDS} wildcards ({', '.join(wildcards)})"
        )


def pattern(most: int, wildcards: str) -> Json:
    """The schema of such a pattern."""
    return {**text(most), "not": {"pattern": f"([{wildcards}][^{wildcards}]*){{{MOST_WILDCARDS + 1}}}"}}

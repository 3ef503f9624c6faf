"""Lists of patterns with wildcards: their reader, bounds and JSON schema.

Every pattern is matched in linear time (`leadline.domain.wildcards`), so the bounds only keep the work small. Lists stored
before these bounds existed are read and matched as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from leadline.contract.fields import Json
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.objects import list_of
from leadline.contract.text import name_of
from leadline.contract.text_schema import text_schema

MOST_WILDCARDS = 32
"""Per pattern."""
MOST_PATTERNS = 100
MOST_BYTES = 10_000
"""UTF-8 bytes of all patterns in a list."""


def patterns_of(most: int, wildcards: str) -> Callable[[object], tuple[str, ...]]:
    """A reader of lists of patterns with 1 to `most` bytes each. `wildcards`: the characters that are wildcards."""
    read_name = name_of(most)

    def read_one(value: object) -> str:
        pattern = read_name(value)
        check_wildcards(pattern, wildcards)
        return pattern

    read_all = list_of(read_one, MOST_PATTERNS)

    def read(value: object) -> tuple[str, ...]:
        patterns = read_all(value)
        if sum(len(pattern.encode()) for pattern in patterns) > MOST_BYTES:
            raise InvalidValue("too_long", f"has patterns of more than {MOST_BYTES} bytes in total")
        return patterns

    return read


def check_wildcards(pattern: str, wildcards: str) -> None:
    """Raises InvalidValue if the pattern has too many of these characters."""
    if sum(map(pattern.count, wildcards)) > MOST_WILDCARDS:
        raise InvalidValue(
            "wildcards", f"has a pattern with more than {MOST_WILDCARDS} wildcards ({', '.join(wildcards)})"
        )


def pattern(most: int, wildcards: str) -> Json:
    """The JSON schema of one pattern."""
    return {**text_schema(most), "not": {"pattern": f"([{wildcards}][^{wildcards}]*){{{MOST_WILDCARDS + 1}}}"}}

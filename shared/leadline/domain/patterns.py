"""Name patterns of the settings: `*` stands for anything, everything else for itself; upper and lower case are the same."""

import re
from collections.abc import Iterable
from functools import cache


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether the name fits any of these patterns."""
    return any(_compiled(pattern).fullmatch(name) for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE | re.DOTALL)

"""Path patterns: which files of a repository belong to a service.

`*` stands for anything but a slash, `**` for anything, `?` for one character but a slash. A pattern without a wildcard names a
file or a folder with all that is in it; one that ends with a slash names a folder.
"""

import re
from collections.abc import Iterable
from functools import cache


def touches(paths: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether any of these files belongs to a service with these patterns."""
    compiled = [_compiled(pattern) for pattern in patterns]
    return any(pattern.fullmatch(path) for path in paths for pattern in compiled)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    text = pattern.strip("/")
    parts = [_part(token) for token in re.split(r"(\*\*/|\*\*|\*|\?)", text)]
    below = "" if "*" in text or "?" in text else "(/.*)?"
    return re.compile("".join(parts) + ("/.*" if pattern.endswith("/") and below == "" else below))


def _part(token: str) -> str:
    wildcards = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return wildcards.get(token, re.escape(token))

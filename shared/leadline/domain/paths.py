"""Path patterns: which files of a repository belong to a service.

`*` stands for any characters except a slash, `**` for any characters, `**/` for any number of folders, `?` for one character except
a slash. A pattern without a wildcard names a file, or a folder with everything in it; one that ends with a slash names a folder.

All patterns of a service are matched at once (see `wildcards`). The event of a change has at most 256 KiB, a service's patterns at
most 10,000 bytes, twice that where each is a file or a folder: at most about 900,000 steps for a change, a second or two.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from leadline.domain.wildcards import Pattern, Wildcard, Wildcards

_WILDCARDS = {"**/": Wildcard.FOLDERS, "**": Wildcard.ALL, "*": Wildcard.MANY, "?": Wildcard.ONE}
_TOKEN = re.compile(r"\*\*/|\*\*|.", re.DOTALL)


def touches(paths: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether any of these files belongs to a service with these patterns."""
    compiled = _compiled(tuple(patterns))
    return any(compiled.first(path) is not None for path in paths)


@lru_cache(maxsize=32)
def _compiled(patterns: tuple[str, ...]) -> Wildcards:
    return Wildcards((each for pattern in patterns for each in _parsed(pattern)), border="/")


def _parsed(pattern: str) -> Iterator[Pattern]:
    text = pattern.strip("/")
    tokens = [_WILDCARDS.get(token, token) for token in _TOKEN.findall(text)]
    is_plain = "*" not in text and "?" not in text
    if is_plain or not pattern.endswith("/"):
        yield tokens
    if is_plain or pattern.endswith("/"):
        yield [*tokens, "/", Wildcard.ALL]

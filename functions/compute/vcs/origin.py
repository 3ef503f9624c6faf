"""The same-origin check: which addresses may get our token.

urllib3 opens the connections, so its own parser reads the addresses: another one may see another host in the same text. What
parsers are known to disagree about (backslashes, users, control characters, anything but ASCII) is refused altogether.
"""

import re
from typing import NamedTuple
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

_PORTS = {"http": 80, "https": 443}
_CHARACTERS = r"[!-\[\]-~]"
_ADDRESS = re.compile(
    rf"https?://[a-z0-9._:\[\]-]+(?P<path>/(?!/)(?:(?![?#]){_CHARACTERS})*)?(?:[?#]{_CHARACTERS}*)?", re.ASCII | re.I
)
_REFERENCE = re.compile(rf"{_CHARACTERS}+")
_SCHEME = re.compile(r"[^/?#]*:")
# `.` and `..`, also as servers may decode them.
_DOT_SEGMENT = re.compile(r"(?:/|%2f|%5c)(?:\.|%2e){1,2}(?:/|%2f|%5c|$)", re.I)


class Origin(NamedTuple):
    """Where a connection goes, in urllib3's spelling."""

    scheme: str
    host: str
    port: int


class Address(NamedTuple):
    """`target`: the requested path and query."""

    origin: Origin
    target: str


def parse(address: str) -> Address | None:
    """A whole address of HTTP or HTTPS; None for any other text, and where parsers could disagree about it."""
    form = _ADDRESS.fullmatch(address)
    if form is None or _DOT_SEGMENT.search(form["path"] or ""):
        return None
    try:
        url = parse_url(address)
    except LocationParseError:
        return None
    if url.scheme not in _PORTS or not url.host or url.port == 0:
        return None
    return Address(Origin(url.scheme, url.host, url.port or _PORTS[url.scheme]), url.request_uri)


def join(address: str, location: str) -> str:
    """The address that a `Location` header of the answer from `address` names. It is not checked yet.

    Empty where it holds what no header should: urljoin would silently drop tabs and line breaks.
    """
    if not _REFERENCE.fullmatch(location):
        return ""
    if _SCHEME.match(location):
        return location  # urljoin would take `https:evil`, `https:///evil` and `evil:8080/x` for paths
    return address.partition("/")[0] + location if location.startswith("//") else urljoin(address, location)

"""Removes e-mail addresses from what is stored, and detects credentials pasted into the wrong field.

    person("Ann Miller <ann@acme.dev>")                "Ann Miller"
    person("17+ann@users.noreply.github.com")          "ann"
    without_addresses("asked for by ann@acme.dev")     "asked for by ann"
    holds_credentials("https://ci:hunter2@acme.dev/")  True

An address is cut down to the name before its @. A version after an @ (`orders@1.4.0-beta.rc`) is not an address.
"""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_NAMED = re.compile(r"([^<>]*[^<>\s])\s*<[^<>\s]*@[^<>\s]*>")
_ALONE = re.compile(r'<?"?([^\s@<>"]+)"?@[^\s@<>]+>?')
# A match must not follow a character that could belong to it, which keeps the search linear in the text.
_ADDRESS = re.compile(
    r"(?<![\w.!#$%&'*/=?^`{|}~+-])([\w.!#$%&'*/=?^`{|}~+-]+)@(?!v?\d+\.\d)[^\W_][\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2,}(?![\w-])"
)
_NOREPLY = re.compile(r"\d+\+(.+)")
"""The local part of GitHub's no-reply addresses: an account's number and name."""

_URL_WITH_USER = re.compile(r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]*)://([^\s/@?#]*)@")
_SECRET_PARAMETER = re.compile(
    r"(?:access|id|refresh|private|job|auth|api|x-amz-security)?[_-]?token|api[_-]?key|(?:client[_-]?)?secret"
    r"|passw(?:or)?d|pwd|sig|(?:x-amz-)?signature|x-amz-credential|authorization",
    re.IGNORECASE,
)
_OWN_KEY = re.compile(r"llb?_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")
"""An API key, or the token of a badge's link."""


def person(text: str) -> str:
    """A person's name, without the e-mail address that tools such as git write after it or instead of it."""
    named = _NAMED.fullmatch(text)
    alone = _ALONE.fullmatch(named[1] if named else text)
    if alone is not None:
        return _local(alone[1])
    return without_addresses(named[1] if named else text)


def without_addresses(text: str) -> str:
    """The text with each e-mail address in it cut down to the name before its @."""
    return _ADDRESS.sub(lambda found: _local(found[1]), text) if "@" in text else text


def holds_credentials(text: str) -> bool:
    """Whether the text contains one of our own keys, or a URL with a password or token in it."""
    if "ll" in text and _OWN_KEY.search(text):
        return True
    return "://" in text and any(
        ":" in found[2] or (found[2] and "ssh" not in found[1].lower()) for found in _URL_WITH_USER.finditer(text)
    )


def holds_personal_data_or_secrets(url: str) -> bool:
    """Whether a URL contains something that must not be stored: credentials, a secret parameter or an e-mail address.

    Raises ValueError for an invalid URL.
    """
    parts = urlsplit(url)
    named = {name for text in (parts.query, parts.fragment) for name, _ in parse_qsl(text)}
    plain = unquote(url)
    return (
        holds_credentials(plain)
        or any(_SECRET_PARAMETER.fullmatch(name) for name in named)
        or without_addresses(plain) != plain
    )


def _local(name: str) -> str:
    noreply = _NOREPLY.fullmatch(name)
    return noreply[1] if noreply else name

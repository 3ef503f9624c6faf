"""Short texts: SHAs, names, addresses. Each check takes what came out of JSON and gives the form that is stored.

Bounds are in bytes of UTF-8, since that is what DynamoDB's keys count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from ingest.refusal import Refused
from leadline import private, titles

# Not in a name on purpose: controls, line breaks of Unicode, and what SQS refuses in a message.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_SHA = re.compile(r"[0-9a-fA-F]{7,64}")
_FULL_SHA = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")
_DIGITS = re.compile(r"[0-9]{1,16}")
MAX_NUMBER = 2**53 - 1
"""What JSON readers everywhere keep exactly."""


def at_most(most: int) -> Callable[[object], str]:
    """A check for a text of 1 to `most` bytes. White space around it is dropped."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise Refused("type", "must be a string")
        text = value.strip()
        if not text:
            raise Refused("empty", "is empty; leave the field out instead")
        # A character is one byte at least, so what is far too long is not even encoded.
        if len(text) > most or len(text.encode("utf-8", "surrogatepass")) > most:
            raise Refused("too_long", f"has more than {most} bytes of UTF-8")
        if _CONTROL.search(text):
            raise Refused("control_character", "holds a control character or line break")
        return text

    return check


def name_at_most(most: int) -> Callable[[object], str]:
    """The same, for a name of the sender's choosing: credentials in it are refused, since names are shown to many."""
    any_text = at_most(most)

    def check(value: object) -> str:
        text = any_text(value)
        if private.holds_credentials(text):
            raise Refused("credentials", "holds an API key, or an address with a password or token; send it without")
        return text

    return check


_any_name = name_at_most(200)
_any_value = name_at_most(500)
_any_title = name_at_most(titles.MAX_BYTES)


def check_author(value: object) -> str:
    """Who wrote something, by name: an e-mail address is cut down to the name before its @."""
    return private.person(_any_name(value))


def check_label(value: object) -> str:
    """A label's value, where people are often named, too: without e-mail addresses."""
    return private.without_addresses(_any_value(value))


def check_title(value: object) -> str:
    """A change's title: without e-mail addresses."""
    return private.without_addresses(_any_title(value))


def check_sha(value: object) -> str:
    """A commit's SHA, abbreviated or not, in lower case."""
    return _hex(value, _SHA, "must be a commit SHA: 7 to 64 hexadecimal digits")


def check_full_sha(value: object) -> str:
    """A commit's whole SHA: in a commit graph an abbreviation could mean two commits."""
    return _hex(value, _FULL_SHA, "must be a whole commit SHA: 40 or 64 hexadecimal digits")


def check_number(value: object) -> int:
    """A positive whole number; as a string of digits, too, which is what CI variables are."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused("type", "must be a whole number")
    if not 1 <= value <= MAX_NUMBER:
        raise Refused("range", f"must be from 1 to {MAX_NUMBER}")
    return value


def check_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refused("type", "must be true or false, without quotes")
    return value


_any_url = at_most(2_000)


def check_url(value: object) -> str:
    """A web address, http or https, without credentials: dashboards make a link of it."""
    text = _any_url(value)
    try:
        parts = urlsplit(text)
        host, password = parts.hostname, parts.username is not None or parts.password is not None
        _ = parts.port  # raises on a port that is none
    except ValueError:
        raise Refused("url", "is no web address") from None
    if password:
        raise Refused("url", "must not hold a user or credentials")
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", text):
        raise Refused("url", "must be a web address that starts with https:// or http://")
    if private.address_tells(text):
        raise Refused("url", "must not hold a token, password, signature or e-mail address")
    return text


def _hex(value: object, form: re.Pattern[str], detail: str) -> str:
    if not isinstance(value, str):
        raise Refused("type", f"{detail}, as a string")
    text = value.strip()
    if not form.fullmatch(text):
        raise Refused("sha", detail)
    return text.lower()

"""Readers of texts: they turn a value from JSON or a query string into the form that is stored.

    text_of(200), name_of(200)      free text; a name, which must not contain credentials
    read_author, read_note          without e-mail addresses
    read_sha, read_url, one_of(...)
    matching("[0-9a-f]{12}", ...)   of a form

Each raises InvalidValue. Bounds are in bytes of UTF-8, as DynamoDB counts keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from leadline.contract import privacy
from leadline.contract.invalid_value import InvalidValue

CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
"""For a set in a regular expression: control characters, Unicode's line breaks, and what SQS refuses in a message."""

MAX_TITLE = 1_200
"""Bytes of a change's title. Code hosts take up to 256 characters."""

_CONTROL = re.compile(f"[{CONTROL}]")
_SHA = re.compile(r"[0-9a-fA-F]{7,64}")
_FULL_SHA = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")


def text_of(most: int) -> Callable[[object], str]:
    """A reader of texts of 1 to `most` bytes. Drops white space around them."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise InvalidValue("type", "must be a string")
        text = value.strip()
        if not text:
            raise InvalidValue("empty", "is empty; omit it instead")
        # A character is at least one byte, so far too long a text need not be encoded.
        if len(text) > most or len(text.encode("utf-8", "surrogatepass")) > most:
            raise InvalidValue("too_long", f"has more than {most} bytes of UTF-8")
        if _CONTROL.search(text):
            raise InvalidValue("control_character", "contains a control character or line break")
        return text

    return read


def name_of(most: int) -> Callable[[object], str]:
    """The same for names. Many people see them, so credentials in them are refused."""
    any_text = text_of(most)

    def read(value: object) -> str:
        text = any_text(value)
        if privacy.holds_credentials(text):
            raise InvalidValue("credentials", "contains an API key, or a URL with a password or token; send it without")
        return text

    return read


_any_name = name_of(200)
_any_label = name_of(500)
_any_title = name_of(MAX_TITLE)
_any_note = name_of(1_000)
_any_url = text_of(2_000)


def read_author(value: object) -> str:
    """A person's name. An e-mail address is cut down to the name before its @."""
    return privacy.person(_any_name(value))


def read_label(value: object) -> str:
    """A label's value, without e-mail addresses: labels often name people."""
    return privacy.without_addresses(_any_label(value))


def read_title(value: object) -> str:
    """A change's title, without e-mail addresses."""
    return privacy.without_addresses(_any_title(value))


def read_note(value: object) -> str:
    """A person's note, without e-mail addresses."""
    return privacy.without_addresses(_any_note(value))


def read_sha(value: object) -> str:
    """A commit's SHA, abbreviated or not, in lower case."""
    return _hex(value, _SHA, "must be a commit SHA: 7 to 64 hexadecimal digits")


def read_full_sha(value: object) -> str:
    """A commit's full SHA: in a commit graph an abbreviation could mean two commits."""
    return _hex(value, _FULL_SHA, "must be a full commit SHA: 40 or 64 hexadecimal digits")


def read_url(value: object) -> str:
    """A web address, http or https, without credentials. Dashboards link to it."""
    text = _any_url(value)
    try:
        parts = urlsplit(text)
        host, password = parts.hostname, parts.username is not None or parts.password is not None
        _ = parts.port  # raises ValueError for an invalid port
    except ValueError:
        raise InvalidValue("url", "is not a web address") from None
    if password:
        raise InvalidValue("url", "must not contain a user or credentials")
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", text):
        raise InvalidValue("url", "must be a web address that starts with https:// or http://")
    if privacy.holds_personal_data_or_secrets(text):
        raise InvalidValue("url", "must not contain a token, password, signature or e-mail address")
    return text


def one_of(*choices: str) -> Callable[[object], str]:
    """A reader that accepts only these values."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise InvalidValue("choice", f"must be one of {', '.join(choices)}")
        return value

    return read


def matching(form: str, code: str, detail: str) -> Callable[[object], str]:
    """A reader of texts that this regular expression matches as a whole. `code` and `detail`: the fault of all others."""
    pattern = re.compile(form, re.ASCII)

    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise InvalidValue(code, detail)
        return value

    return read


def _hex(value: object, form: re.Pattern[str], detail: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue("type", f"{detail}, as a string")
    text = value.strip()
    if not form.fullmatch(text):
        raise InvalidValue("sha", detail)
    return text.lower()

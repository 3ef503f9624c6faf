"""Reads JSON out of a request's body. Each kind of malformed JSON is refused with a code of its own.

Stricter than `json.loads`: no NaN or Infinity, no numbers beyond a float, no duplicate names (parsers disagree on which one
counts), no lone surrogates (UTF-8 can't encode them), at most 20 levels.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from leadline.http.problems import Problem

MAX_BYTES = 1024 * 1024
"""The limit for events, of which one request may bring many."""
MAX_DEPTH = 20
"""The deepest valid body has five levels."""

_MAX_DIGITS = 30
_CONTENT_TYPE = re.compile(r'application/json(?:\s*;\s*charset\s*=\s*"?(?P<charset>[^\s";]+)"?)?\s*;?', re.IGNORECASE)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _MalformedJson(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_json(event: Mapping[str, Any], headers: Mapping[str, str], most: int = MAX_BYTES) -> Any:
    """The JSON value in a request (HTTP API payload 2.0; `headers` in lower case), whose body has at most `most` bytes.

    Raises Problem: 400, 413, 415.
    """
    _check_type(headers)
    return clean_json(raw_body(event, most))


def clean_json(raw: bytes) -> Any:
    """The JSON value in a body. Raises Problem (400)."""
    try:
        return _parse(raw)
    except _MalformedJson as malformed:
        raise _malformed(malformed.code, str(malformed)) from None


def _check_type(headers: Mapping[str, str]) -> None:
    match = _CONTENT_TYPE.fullmatch(headers.get("content-type", "").strip())
    if match is None or (match["charset"] or "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Problem(415, "Unsupported media type", "Send 'Content-Type: application/json', in UTF-8.")
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Problem(415, "Unsupported media type", "Send the body uncompressed, without Content-Encoding.")


def raw_body(event: Mapping[str, Any], most: int = MAX_BYTES) -> bytes:
    """The body's bytes, at most `most` of them. Raises Problem: 400, 413."""
    body = event.get("body") or ""
    # API Gateway encodes what it does not recognise as text in base64: 4 characters for 3 bytes.
    if event.get("isBase64Encoded"):
        if len(body) > most * 4 // 3 + 4:
            raise _too_large(most)
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise _malformed("not_base64", "The body is marked as base64 but is not base64.") from None
    else:
        raw = body.encode("utf-8", "surrogatepass")
    if len(raw) > most:
        raise _too_large(most)
    return raw


def _parse(raw: bytes) -> Any:
    if not raw.strip():
        raise _MalformedJson("empty_body", "The body is empty.")
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _MalformedJson("byte_order_mark", "The body starts with a byte order mark; send UTF-8 without one.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _MalformedJson("not_utf8", f"The body is not UTF-8 (byte {error.start}).") from None
    try:
        value = json.loads(
            text, parse_constant=_constant, parse_int=_int, parse_float=_float, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _MalformedJson("not_json", f"The body is not JSON: {error.msg} ({where}).") from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(value)
    if _SURROGATE_ESCAPE.search(text):
        _check_surrogates(value)
    return value


def _constant(name: str) -> Any:
    raise _MalformedJson("not_a_number", f"{name} is not a JSON number.")


def _int(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        raise _MalformedJson("number_too_large", f"The body holds a number of more than {_MAX_DIGITS} digits.")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise _MalformedJson("number_too_large", "The body holds a number that is too large.")
    return int(number) if number.is_integer() and abs(number) <= 2**53 else number  # in JSON 1.0 is a whole number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _MalformedJson("duplicate_name", f"An object has the name {json.dumps(twice[:100])} twice.")
    return made


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise _too_deep()


def _check_surrogates(value: Any) -> None:
    unchecked = [value]
    while unchecked:
        outer = unchecked.pop()
        texts = [outer] if isinstance(outer, str) else list(outer) if isinstance(outer, dict) else []
        if any(_SURROGATE.search(text) for text in texts):
            raise _MalformedJson("lone_surrogate", "The body holds half of a surrogate pair (\\ud800 to \\udfff).")
        unchecked.extend(_inside(outer))


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> _MalformedJson:
    return _MalformedJson("too_deep", f"The body is nested more than {MAX_DEPTH} levels deep.")


def _too_large(most: int) -> Problem:
    return Problem(413, "Body too large", f"The body has more than {most // 1024} KiB. Send fewer items at a time.")


def _malformed(code: str, detail: str) -> Problem:
    return Problem(400, "Malformed body", detail, [{"pointer": "", "code": code, "detail": detail}])

"""The JSON body of a PUT: plain values out of it, or a problem that says what it is instead."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from leadline.problems import Problem

MAX_BYTES = 256 * 1024
_CONTENT_TYPE = re.compile(r'application/json(?:\s*;\s*charset\s*=\s*"?utf-?8"?)?\s*;?', re.IGNORECASE)


def read_json(event: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
    """The JSON value in a request (HTTP API payload 2.0; `headers` in lower case). Raises Problem: 400, 413, 415."""
    if not _CONTENT_TYPE.fullmatch(headers.get("content-type", "").strip()):
        raise Problem(415, "Unsupported media type", "Send 'Content-Type: application/json', in UTF-8.")
    raw = _bytes(event)
    if len(raw) > MAX_BYTES:
        raise Problem(413, "Body too large", f"The body has more than {MAX_BYTES // 1024} KiB.")
    try:
        return json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except UnicodeDecodeError:
        raise _malformed("not_utf8", "The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _malformed("not_json", f"The body is not JSON: {error.msg} ({where}).") from None
    except RecursionError:
        raise _malformed("too_deep", "The body is nested too deep.") from None
    except ValueError:  # Python's own bound on the digits of a number
        raise _malformed("not_json", "The body holds a number that is too long.") from None


def _bytes(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return bytes(body.encode("utf-8", "surrogatepass"))
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("not_base64", "The body was marked as base64 and is not.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _malformed("duplicate_name", "An object of the body has a name twice.")
    return made


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise _malformed("not_json", "The body holds a number that is too large.")
    return int(number) if number.is_integer() and abs(number) <= 2**53 else number  # in JSON 1.0 is a whole number


def _constant(name: str) -> Any:
    raise _malformed("not_json", f"{name} is no JSON number.")


def _malformed(code: str, detail: str) -> Problem:
    return Problem(400, "Malformed body", detail, [{"pointer": "", "code": code, "detail": detail}])

"""What HTTP asks of every answer, whatever the route: 304 where the caller has it already, gzip, which web pages may read it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

LEAST_BYTES = 1024
"""What fits one packet gains nothing by compression."""
_PREFLIGHT_SECONDS = 600
_SHOWN = (
    "content-disposition, etag, leadline-job, link, location, ratelimit, ratelimit-policy, retry-after, x-request-id"
)
_TAKEN = "authorization, content-type, idempotency-key, if-match, if-none-match, x-api-key"
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")')

Response = dict[str, Any]


def conditional(response: Response, headers: Mapping[str, str]) -> Response:
    """A good answer to GET with its ETag, or 304 where If-None-Match names that (RFC 9110: the weak comparison)."""
    if response["statusCode"] != 200:
        return response
    tag = response["headers"].get("etag") or f'W/"{hashlib.sha256(response["body"].encode()).hexdigest()[:20]}"'
    tagged = {**response, "headers": {**response["headers"], "etag": tag}}
    asked = headers.get("if-none-match", "").strip()
    if asked != "*" and tag.removeprefix("W/") not in _TAG.findall(asked):
        return tagged
    kept = {name: value for name, value in tagged["headers"].items() if name != "content-type"}
    return {"statusCode": 304, "headers": kept, "body": ""}


def compressed(response: Response, headers: Mapping[str, str]) -> Response:
    """The answer in gzip where the caller takes it and it is worth it: an HTTP API does not compress."""
    body = response["body"].encode()
    if len(body) <= LEAST_BYTES or response.get("isBase64Encoded"):
        return response
    response = {**response, "headers": varying(response["headers"], "accept-encoding")}
    if not takes_gzip(headers.get("accept-encoding", "")):
        return response
    # No time in it, so that equal answers are equal bytes.
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    told = {**response["headers"], "content-encoding": "gzip"}
    return {**response, "headers": told, "body": packed, "isBase64Encoded": True}


def varying(headers: Mapping[str, str], name: str) -> dict[str, str]:
    """The headers of an answer that would be another if this header of the request were."""
    return {**headers, "vary": ", ".join(filter(None, [headers.get("vary"), name]))}


def takes_gzip(header: str) -> bool:
    taken: dict[str, bool] = {}
    for part in header.lower().split(","):
        coding, *parameters = [piece.strip() for piece in part.split(";")]
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        taken[coding] = quality.strip("0.") != ""
    return taken.get("gzip", taken.get("*", False))


def shared(response: Response, origin: str | None, origins: Collection[str]) -> Response:
    """The answer with leave for the page it was asked from, if that is exactly one of these origins."""
    if not origins:
        return response
    told = varying(response["headers"], "origin")
    if origin in origins and origin is not None:
        told |= {"access-control-allow-origin": origin, "access-control-expose-headers": _SHOWN}
    return {**response, "headers": told}


def options(methods: Iterable[str], headers: Mapping[str, str], origins: Collection[str]) -> Response:
    """The answer to OPTIONS: what is allowed here and, to a browser that asks for a page of ours, that it may."""
    listed = ", ".join(sorted({*methods, "OPTIONS"}))
    told = {"allow": listed, "cache-control": "no-store"}
    if headers.get("origin") in origins and "access-control-request-method" in headers:
        told |= {
            "access-control-allow-methods": listed,
            "access-control-allow-headers": _TAKEN,
            "access-control-max-age": str(_PREFLIGHT_SECONDS),
        }
    return {"statusCode": 204, "headers": told, "body": ""}

"""HTTP features of every response: 304 if the caller already has the content, gzip, CORS."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

LEAST_BYTES = 1024
"""Compression gains nothing for what fits into one packet."""
_PREFLIGHT_SECONDS = 600
_EXPOSED_HEADERS = (
    "content-disposition, etag, leadline-job, link, location, ratelimit, ratelimit-policy, retry-after, x-request-id"
)
_ALLOWED_HEADERS = "authorization, content-type, idempotency-key, if-match, if-none-match, x-api-key"
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")')

Response = dict[str, Any]


def conditional(response: Response, headers: Mapping[str, str]) -> Response:
    """A successful GET response with its ETag; 304 if If-None-Match contains it (RFC 9110, weak comparison)."""
    if response["statusCode"] != 200:
        return response
    tag = response["headers"].get("etag") or f'W/"{hashlib.sha256(response["body"].encode()).hexdigest()[:20]}"'
    tagged = {**response, "headers": {**response["headers"], "etag": tag}}
    wanted = headers.get("if-none-match", "").strip()
    if wanted != "*" and tag.removeprefix("W/") not in _TAG.findall(wanted):
        return tagged
    kept = {name: value for name, value in tagged["headers"].items() if name != "content-type"}
    return {"statusCode": 304, "headers": kept, "body": ""}


def compressed(response: Response, headers: Mapping[str, str]) -> Response:
    """The response, gzipped if the caller accepts that and it saves bytes. HTTP APIs of API Gateway do not compress."""
    body = response["body"].encode()
    if len(body) <= LEAST_BYTES or response.get("isBase64Encoded"):
        return response
    response = {**response, "headers": varying(response["headers"], "accept-encoding")}
    if not takes_gzip(headers.get("accept-encoding", "")):
        return response
    # No timestamp, so that equal responses have equal bytes.
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    packed_headers = {**response["headers"], "content-encoding": "gzip"}
    return {**response, "headers": packed_headers, "body": packed, "isBase64Encoded": True}


def varying(headers: Mapping[str, str], name: str) -> dict[str, str]:
    """The headers, with `Vary` naming this header of the request."""
    return {**headers, "vary": ", ".join(filter(None, [headers.get("vary"), name]))}


def takes_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header accepts gzip."""
    accepted: dict[str, bool] = {}
    for part in header.lower().split(","):
        coding, *parameters = [piece.strip() for piece in part.split(";")]
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        accepted[coding] = quality.strip("0.") != ""
    return accepted.get("gzip", accepted.get("*", False))


def shared(response: Response, origin: str | None, origins: Collection[str]) -> Response:
    """The response with CORS headers, if the request comes from a page of one of these origins."""
    if not origins:
        return response
    allowed = varying(response["headers"], "origin")
    if origin in origins and origin is not None:
        allowed |= {"access-control-allow-origin": origin, "access-control-expose-headers": _EXPOSED_HEADERS}
    return {**response, "headers": allowed}


def options(methods: Iterable[str], headers: Mapping[str, str], origins: Collection[str]) -> Response:
    """The response to OPTIONS: the allowed methods and, for a preflight request of an allowed origin, permission."""
    listed = ", ".join(sorted({*methods, "OPTIONS"}))
    allowed = {"allow": listed, "cache-control": "no-store"}
    if headers.get("origin") in origins and "access-control-request-method" in headers:
        allowed |= {
            "access-control-allow-methods": listed,
            "access-control-allow-headers": _ALLOWED_HEADERS,
            "access-control-max-age": str(_PREFLIGHT_SECONDS),
        }
    return {"statusCode": 204, "headers": allowed, "body": ""}

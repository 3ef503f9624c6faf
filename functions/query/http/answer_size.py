"""Keeps responses within Lambda's limit.

A function may return at most 6 MB; for more, the caller gets a bare error without a reason. The limit applies to the JSON that the
function returns, in which the body is a string: each quote and backslash takes two bytes there, so reports grow by 10 to 18 %. A
gzipped body is encoded in base64, which adds a third, but is still at most a tenth of the plain body.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar

from leadline.http.problems import Problem
from query.http.http import Response, compressed, takes_gzip

T = TypeVar("T")

MAX_BYTES = 6_250_000
"""The maximum size of a response. Lambda's limit is 6,291,556; the rest is for headers that are added later."""

PAGE_BYTES = 4_000_000
"""The maximum size of the items of a page. As CSV, which doubles the quotes in JSON, they may be 50 % larger."""

_NARROWER = {
    "from": "fewer days (from, to)",
    "interval": "a coarser interval",
    "group_by": "fewer groups (a filter, or another group_by)",
    "metric": "one metric and statistic",
}
"""How to get a smaller response, by the parameter that does it. For a list it is `limit`."""


def json_of(value: Any) -> str:
    """The value as JSON text, in the format of response bodies."""
    return json.dumps(value, default=_members, separators=(",", ":"), allow_nan=False)


def bytes_of(value: Any) -> int:
    """How many bytes of a response the value takes."""
    return len(json.dumps(json_of(value))) - len('""')


class Page(Generic[T]):
    """The items that fit on a page. The first one is always added, so that a list can continue."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._left = PAGE_BYTES

    def add(self, item: T) -> bool:
        """Adds the item if it fits. Returns whether it did."""
        self._left -= bytes_of(item)
        if self.items and self._left < 0:
            return False
        self.items.append(item)
        return True


def fitting(response: Response, headers: Mapping[str, str], parameters: Collection[str]) -> Response:
    """The response, gzipped if it is too large otherwise. Raises Problem (422) if it is too large even then.

    `parameters`: the names of the route's parameters.
    """
    if _fits(response):
        return response
    packed = compressed(response, headers)
    if _fits(packed):
        return packed
    raise too_wide(f"The answer would be larger than 6 MB, the maximum.{_advice(headers, parameters)}")


def too_wide(detail: str) -> Problem:
    """422: the requested numbers do not fit into a response."""
    return Problem(422, "Too wide", detail, [{"pointer": "", "code": "too_wide", "detail": detail}])


def _fits(response: Response) -> bool:
    return len(json.dumps(response)) <= MAX_BYTES


def _advice(headers: Mapping[str, str], parameters: Collection[str]) -> str:
    ways = [way for name, way in _NARROWER.items() if name in parameters]
    if "limit" in parameters:
        ways = ["fewer entries (limit)"]
    ask = f" Ask for {', '.join(ways[:-1])}{' or ' if ways[1:] else ''}{ways[-1]}." if ways else ""
    plain = not takes_gzip(headers.get("accept-encoding", ""))
    return ask + (" It may fit with Accept-Encoding: gzip." if plain else "")


def _members(value: Any) -> dict[str, Any]:
    """The fields of a metric, which is a dataclass."""
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is not a JSON value")
    return {field.name: getattr(value, field.name) for field in fields(value)}

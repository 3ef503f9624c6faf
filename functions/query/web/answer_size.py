"""How large an answer may be.

Lambda hands on 6 MB at most; of what is larger its caller gets a bare error that says nothing. What counts is the JSON that the
function returns, in which the body is a string: each quote and backslash of it takes two bytes there, so that reports grow by
10 to 18 %. A body in gzip is base64 there, a third more than its bytes, and still a tenth of the plain one or less.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Generic, TypeVar

from leadline.http.problems import Problem
from query.web.http import Response, compressed, takes_gzip

T = TypeVar("T")

MAX_BYTES = 6_250_000
"""Of an answer. Lambda's limit is 6,291,556; the rest is for headers that are added once it is made."""

PAGE_BYTES = 4_000_000
"""Of the items of a page: in CSV, where quotes in JSON are doubled once more, they may take half as much again."""

_NARROWER = {
    "from": "fewer days (from, to)",
    "interval": "a coarser interval",
    "group_by": "fewer groups (a filter, or another group_by)",
    "metric": "one metric and statistic",
}
"""What makes an answer smaller, by the parameter that a route has for it. Of a list it is the limit."""


def json_of(value: Any) -> str:
    """The value as the body of an answer has it."""
    return json.dumps(value, default=_members, separators=(",", ":"), allow_nan=False)


def bytes_of(value: Any) -> int:
    """What the value takes of an answer."""
    return len(json.dumps(json_of(value))) - len('""')


class Page(Generic[T]):
    """The items of a page, as far as there is room for them. The first always goes in, so that a list goes on."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._left = PAGE_BYTES

    def add(self, item: T) -> bool:
        """Adds the item where there is room for it, and says whether there was."""
        self._left -= bytes_of(item)
        if self.items and self._left < 0:
            return False
        self.items.append(item)
        return True


def fitting(response: Response, headers: Mapping[str, str], parameters: Collection[str]) -> Response:
    """The answer; in gzip already if it is too large without, and the caller takes it. Raises Problem (422) for one that is too
    large in any case. `parameters`: the names of those that the route has.
    """
    if _fits(response):
        return response
    packed = compressed(response, headers)
    if _fits(packed):
        return packed
    raise too_wide(
        f"The answer would have more than 6 MB, which is the most there can be.{_advice(headers, parameters)}"
    )


def too_wide(detail: str) -> Problem:
    """422: the numbers that were asked for are more than an answer can hold."""
    return Problem(422, "Too wide", detail, [{"pointer": "", "code": "too_wide", "detail": detail}])


def _fits(response: Response) -> bool:
    return len(json.dumps(response)) <= MAX_BYTES


def _advice(headers: Mapping[str, str], parameters: Collection[str]) -> str:
    ways = [way for name, way in _NARROWER.items() if name in parameters]
    if "limit" in parameters:
        ways = ["fewer entries (limit)"]
    ask = f" Ask for {', '.join(ways[:-1])}{' or ' if ways[1:] else ''}{ways[-1]}." if ways else ""
    plain = not takes_gzip(headers.get("accept-encoding", ""))
    return ask + (" With Accept-Encoding: gzip it may fit." if plain else "")


def _members(value: Any) -> dict[str, Any]:
    """A metric is a dataclass with the fields that the contract names."""
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return {field.name: getattr(value, field.name) for field in fields(value)}

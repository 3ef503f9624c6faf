"""The Accept header: of the media types that a route has, the one that the caller likes best."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.http.problems import Problem

JSON = "application/json"
_PROBLEM = "application/problem+json"
_ANYTHING = ("*/*", 1.0)


def chosen(accept: str | None, offered: Sequence[str]) -> str:
    """The media type to answer in; of equally good ones the first. Raises Problem (406) where the header rules out all.

    No header, or one that can't be read, rules out nothing. Who takes problem+json takes JSON.
    """
    ranges: dict[str, float] = {}
    for kind, quality in (_range(part) for part in (accept or "").split(",") if part.strip()):
        ranges[kind] = max(quality, ranges.get(kind, 0.0))
    if not ranges:
        return offered[0]
    best = max(offered, key=lambda kind: _quality(kind, ranges))
    if _quality(best, ranges) <= 0:
        listed = " or ".join(offered)
        raise Problem(406, "Not acceptable", f"The answer is {listed}; accept that.")
    return best


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = [piece.strip().lower() for piece in part.split(";")]
    if "/" not in kind:
        return _ANYTHING
    quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    try:
        return JSON if kind == _PROBLEM else kind, float(quality)
    except ValueError:
        return kind, 1.0


def _quality(kind: str, ranges: dict[str, float]) -> float:
    """The nearest range counts (RFC 9110, 12.5.1)."""
    whole = kind.partition("/")[0] + "/*"
    return ranges.get(kind, ranges.get(whole, ranges.get("*/*", 0.0)))

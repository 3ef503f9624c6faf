"""Content negotiation: the media type of an answer, by the Accept header."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.http.problems import Problem

JSON = "application/json"
_PROBLEM = "application/problem+json"
_ANYTHING = ("*/*", 1.0)


def chosen(accept: str | None, offered: Sequence[str]) -> str:
    """The offered media type that the caller prefers; of equal ones the first. Raises Problem (406) if none is acceptable.

    Without a header, or with an unreadable one, anything is acceptable. application/problem+json counts as JSON.
    """
    ranges: dict[str, float] = {}
    for kind, quality in (_range(part) for part in (accept or "").split(",") if part.strip()):
        ranges[kind] = max(quality, ranges.get(kind, 0.0))
    if not ranges:
        return offered[0]
    best = max(offered, key=lambda kind: _quality(kind, ranges))
    if _quality(best, ranges) <= 0:
        listed = " or ".join(offered)
        raise Problem(406, "Not acceptable", f"This route answers with {listed}.")
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
    """The most specific range counts (RFC 9110, 12.5.1)."""
    whole = kind.partition("/")[0] + "/*"
    return ranges.get(kind, ranges.get(whole, ranges.get("*/*", 0.0)))

"""The Accept header: everything here is JSON, and whoever takes none is told so."""

from __future__ import annotations

from leadline.problems import Problem

_TAKEN = {"application/json", "application/problem+json", "application/*", "*/*"}


def check_acceptable(accept: str | None) -> None:
    """Raises Problem (406) where the header rules JSON out. No header, or one that can't be read, rules out nothing."""
    ranges = [part for part in (accept or "").split(",") if part.strip()]
    if ranges and not any(_takes_json(part) for part in ranges):
        raise Problem(406, "Not acceptable", "Answers are application/json; accept that.")


def _takes_json(media_range: str) -> bool:
    kind, *parameters = [part.strip().lower() for part in media_range.split(";")]
    if "/" not in kind:
        return True
    quality = next((value for value in parameters if value.startswith("q=")), "q=1")
    return kind in _TAKEN and quality[2:].strip("0.") != ""

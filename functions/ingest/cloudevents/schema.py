"""Rules for JSON values and their combinations: the part of JSON Schema that CDEvents' schemas use (see docs/decisions.md).

A rule takes a value and its JSON pointer and yields its faults. Fields that a shape does not name are faults, since
CDEvents' schemas allow none, unless the shape is loose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from leadline.contract.invalid_value import Fault, InvalidValue, step
from leadline.contract.times import read_time

Rule = Callable[[Any, str], Iterator[Fault]]

# What RFC 3986 allows nowhere, and incomplete percent-encoding.
_NOT_IN_URI = re.compile(r"[\x00-\x20\x7f<>\"{}|\\^`]|%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")


def fault(at: str, code: str, detail: str) -> Fault:
    return {"pointer": at, "code": code, "detail": detail}


def under(at: str, name: str) -> str:
    """The pointer to a member. Long names are shortened."""
    return at + step(name)


def string(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield fault(at, "type", "must be a string")


def text(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield fault(at, "type", "must be a string")
    elif not value:
        yield fault(at, "empty", "must not be empty")


def uri_reference(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield fault(at, "type", "must be a string: a URI reference")
    elif _NOT_IN_URI.search(value):
        yield fault(at, "format", "must be a URI reference; percent-encode blanks and special characters")


def source(value: Any, at: str) -> Iterator[Fault]:
    yield from text(value, at)
    if value:
        yield from uri_reference(value, at)


def uri(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield fault(at, "type", "must be a string: a URI")
    elif _NOT_IN_URI.search(value) or not _SCHEME.match(value):
        yield fault(at, "format", "must be a URI with its scheme")


def moment(value: Any, at: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield fault(at, "type", "must be a string: RFC 3339 with an offset")
        return
    if value.strip().isdigit():
        yield fault(at, "time", "must be RFC 3339 with an offset, like 2026-10-01T12:30:00Z")
        return
    try:
        read_time(value)
    except InvalidValue as invalid:
        yield fault(at, invalid.code, invalid.detail)


def one_of(*choices: str) -> Rule:
    def check(value: Any, at: str) -> Iterator[Fault]:
        if value not in choices:
            yield fault(at, "choice", f"must be one of {', '.join(choices)}")

    return check


def list_of(rule: Rule) -> Rule:
    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield fault(at, "type", "must be an array")
            return
        for index, entry in enumerate(value):
            yield from rule(entry, f"{at}/{index}")

    return check


def shape(
    required: Mapping[str, Rule] | None = None, optional: Mapping[str, Rule] | None = None, *, loose: bool = False
) -> Rule:
    """An object with these fields; only a loose one may have others."""
    must = dict(required or {})
    rules = {**must, **(optional or {})}

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield fault(at, "type", "must be an object")
            return
        for name in must.keys() - value.keys():
            yield fault(under(at, name), "missing", "is required")
        for name, inner in value.items():
            if name in rules:
                yield from rules[name](inner, under(at, name))
            elif not loose:
                yield fault(under(at, name), "extra", "is unknown in this version of CDEvents")

    return check


def anything(value: Any, at: str) -> Iterator[Fault]:  # noqa: ARG001  the signature of a rule
    yield from ()


def custom_data(value: Any, at: str) -> Iterator[Fault]:
    """An object, or anything else in base64, which is not read."""
    if not isinstance(value, dict | str):
        yield fault(at, "type", "must be an object, or base64")

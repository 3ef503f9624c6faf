"""Readers of numbers, flags, and the names and values of custom metrics. Each raises InvalidValue."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from leadline.contract.invalid_value import InvalidValue

MAX_NUMBER = 2**53 - 1
"""The greatest whole number that all JSON parsers keep exactly."""
MICRO = 1_000_000
MAX_VALUE = 10**12
MAX_DECIMALS = 6
MAX_DIGITS = 15
"""The digits of a decimal number that all JSON parsers keep exactly."""
METRIC_NAME = "[a-z][a-z0-9._-]{0,99}"
"""The form of a custom metric's name, as a regular expression."""

_DIGITS = re.compile(r"[0-9]{1,16}")
_METRIC_NAME = re.compile(METRIC_NAME, re.ASCII)


def read_number(value: object) -> int:
    """A positive whole number, or the same as a string of digits, since CI variables are strings."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue("type", "must be a whole number")
    if not 1 <= value <= MAX_NUMBER:
        raise InvalidValue("range", f"must be from 1 to {MAX_NUMBER}")
    return value


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """A reader of whole numbers within these bounds."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InvalidValue("range", f"must be a whole number from {least} to {most}")
        return value

    return read


def read_flag(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise InvalidValue("type", "must be true or false, without quotes")
    return value


def is_metric_name(name: str) -> bool:
    """Whether a custom metric can have this name."""
    return _METRIC_NAME.fullmatch(name) is not None


def read_metric_name(value: object) -> str:
    """A custom metric's name: a to z, digits, `.`, `_` and `-`, a letter first, at most 100 characters."""
    if not isinstance(value, str):
        raise InvalidValue("type", "must be a string")
    text = value.strip()
    if not is_metric_name(text):
        raise InvalidValue(
            "metric_name",
            "must be 1 to 100 characters from a-z, 0-9, '.', '_' and '-', starting with a letter, like review.comments",
        )
    return text


def read_metric_value(value: object) -> int:
    """A number such as 3, -0.5 or 1.2e3, in whole millionths, so that sums are exact."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue("type", "must be a number, without quotes")
    if not abs(value) <= MAX_VALUE:  # also refuses NaN
        raise InvalidValue("range", f"must be from -{MAX_VALUE} to {MAX_VALUE}")
    if isinstance(value, int):
        return value * MICRO
    # The shortest spelling of a float is what was sent, unless that had more digits than a float keeps.
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    if exponent < 0 and len(digits) > MAX_DIGITS:
        raise InvalidValue("decimals", f"has more than {MAX_DIGITS} digits, which is more than can be kept exactly")
    if exponent < -MAX_DECIMALS:
        raise InvalidValue("decimals", f"has more than {MAX_DECIMALS} decimals; round it, or choose a smaller unit")
    return int(Decimal(repr(value)) * MICRO)

"""What a point of a custom metric may say: the metric's name, and a value that can be kept exactly."""

from __future__ import annotations

import re
from decimal import Decimal

from ingest.refusal import Refused

MICRO = 1_000_000
MAX_VALUE = 10**12
MAX_DECIMALS = 6
MAX_DIGITS = 15
"""So many digits of a decimal number every JSON writer and reader keeps."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,99}", re.ASCII)


def check_metric_name(value: object) -> str:
    """A metric's name: a to z, digits, `.`, `_` and `-`, a letter first, at most 100 characters."""
    if not isinstance(value, str):
        raise Refused("type", "must be a string")
    text = value.strip()
    if not _NAME.fullmatch(text):
        raise Refused(
            "metric_name", "must be 1 to 100 of a to z, 0 to 9, '.', '_' and '-', a letter first, like review.comments"
        )
    return text


def check_value(value: object) -> int:
    """A number in whole millionths, so that sums are exact. As JSON writes it: 3, -0.5, 1.2e3."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("type", "must be a number, without quotes")
    if not abs(value) <= MAX_VALUE:  # also refuses what is no number
        raise Refused("range", f"must be from -{MAX_VALUE} to {MAX_VALUE}")
    if isinstance(value, int):
        return value * MICRO
    # A float's shortest spelling is what was sent, as long as that has no more digits than a float keeps.
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    if exponent < 0 and len(digits) > MAX_DIGITS:
        raise Refused("decimals", f"has more than {MAX_DIGITS} digits, which is more than can be kept exactly")
    if exponent < -MAX_DECIMALS:
        raise Refused("decimals", f"has more than {MAX_DECIMALS} decimals; round it, or choose a smaller unit")
    return int(Decimal(repr(value)) * MICRO)

"""A reader of lists whose faults point at the whole list."""

from __future__ import annotations

from collections.abc import Callable

from leadline.contract.invalid_value import InvalidValue


def list_of(reader: Callable[[object], str], most: int, *, least: int = 0) -> Callable[[object], tuple[str, ...]]:
    """A list of values that `reader` reads, each once, in order."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise InvalidValue("type", "must be an array")
        if not least <= len(value) <= most:
            raise InvalidValue("too_many" if len(value) > most else "too_few", f"must have {least} to {most} entries")
        return tuple(dict.fromkeys(reader(entry) for entry in value))

    return read

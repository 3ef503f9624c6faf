"""Invalid input: every fault at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

MAX_SHOWN = 100
"""Characters of a field's name that a pointer repeats; longer names are cut."""


class Fault(TypedDict):
    """One thing wrong with the input."""

    pointer: str
    """JSON pointer (RFC 6901) into the value; "" is the whole value. In a query string: "?" and the parameter's name."""
    code: str
    """A short constant for programs."""
    detail: str
    """A text for people about the value at `pointer`. It never repeats the value, which may be a secret."""


class InvalidValue(Exception):
    """A value is invalid. `faults`: everything that is wrong with it, at least one."""

    def __init__(self, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.faults: list[Fault] = [{"pointer": pointer, "code": code, "detail": detail}]

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> InvalidValue:
        """An error with all of these faults."""
        first, *others = faults
        invalid = cls(first["code"], first["detail"], first["pointer"])
        invalid.faults += others
        return invalid

    @property
    def code(self) -> str:
        """That of the first fault."""
        return self.faults[0]["code"]

    @property
    def detail(self) -> str:
        """That of the first fault."""
        return self.faults[0]["detail"]

    def at(self, place: str) -> list[Fault]:
        """The faults, with pointers from the root of an object in which this value is at `place`."""
        return [{**fault, "pointer": place + fault["pointer"]} for fault in self.faults]


class Faults:
    """Collects faults, so that one answer lists all of them."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, pointer: str, invalid: InvalidValue) -> None:
        """Adds the faults of the value at this place."""
        self.found += invalid.at(pointer)

    def __bool__(self) -> bool:
        return bool(self.found)

    def check(self) -> None:
        """Raises InvalidValue with all of them, if there are any."""
        if self.found:
            raise InvalidValue.of(self.found)


def step(name: str | int) -> str:
    """A step of a JSON pointer; the name may contain anything."""
    text = str(name)
    shown = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
    clean = shown.encode("utf-8", "backslashreplace").decode()
    return "/" + clean.replace("~", "~0").replace("/", "~1")

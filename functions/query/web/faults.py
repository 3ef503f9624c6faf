"""What is wrong with a request, collected so that one answer lists all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from leadline.contract.invalid_value import Fault, InvalidValue
from leadline.http.problems import Problem


class Faults:
    """The faults found so far. `pointer` is "?from" for a query parameter, a JSON pointer for a place in a body."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, pointer: str, invalid: InvalidValue) -> None:
        """Adds the faults of the value at this place."""
        self._found += invalid.at(pointer)

    def __bool__(self) -> bool:
        return bool(self._found)

    def check_query(self) -> None:
        """Raises the 400 that lists them all, if there are any."""
        if self._found:
            raise Problem(400, "Invalid query", "The query string can't be taken as it is; see errors.", self._found)

    def check_body(self) -> None:
        """Raises the 422 that lists them all, if there are any."""
        if self._found:
            raise Problem(422, "Invalid body", "The body can't be taken as it is; see errors.", self._found)


def refuse_query(pointer: str, code: str, detail: str) -> NoReturn:
    """Raises the 400 for one fault that shows only later than the others."""
    faults = Faults()
    faults.add(pointer, InvalidValue(code, detail))
    faults.check_query()
    raise AssertionError("unreachable")


def not_found(what: str, headers: Mapping[str, str] | None = None) -> Problem:
    return Problem(404, "Not found", what, headers=headers)

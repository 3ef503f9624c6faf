"""Collects the faults of a request, so that one response lists all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from leadline.contract import invalid_value
from leadline.contract.invalid_value import InvalidValue
from leadline.http.problems import Problem


class Faults(invalid_value.Faults):
    """The faults of a request. A pointer is "?from" for a query parameter, a JSON pointer for a place in the body."""

    def check_query(self) -> None:
        """Raises the 400 that lists them all, if there are any."""
        if self.found:
            raise Problem(400, "Invalid query", "The query string is invalid; see errors.", self.found)

    def check_body(self) -> None:
        """Raises the 422 that lists them all, if there are any."""
        if self.found:
            raise Problem(422, "Invalid body", "The body is invalid; see errors.", self.found)


def refuse_query(pointer: str, code: str, detail: str) -> NoReturn:
    """Raises the 400 for a single fault that is found after the other checks."""
    faults = Faults()
    faults.add(pointer, InvalidValue(code, detail))
    faults.check_query()
    raise AssertionError("unreachable")


def refuse_body(pointer: str, code: str, detail: str) -> NoReturn:
    """Raises the 422 for a single fault that is found after the other checks."""
    faults = Faults()
    faults.add(pointer, InvalidValue(code, detail))
    faults.check_body()
    raise AssertionError("unreachable")


def not_found(what: str, headers: Mapping[str, str] | None = None) -> Problem:
    return Problem(404, "Not found", what, headers=headers)

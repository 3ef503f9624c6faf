"""DynamoDB's expressions, as far as the product writes them: conditions on one item, and updates of it. Any other is refused."""

from __future__ import annotations

import re
from typing import Any

Wire = dict[str, Any]

MOST_BYTES = 4096
"""Of one expression."""

_CLAUSES = re.compile(r"\b(ADD|REMOVE|SET) ")
_EXISTS = re.compile(r"attribute_(not_)?exists\((\S+)\)")
_BETWEEN_TERMS = re.compile(r", (?![^(]*\))")
_FIRST = re.compile(r"if_not_exists\(\S+, (\S+)\)")
_COMPARED = re.compile(r"(\S+) (=|<) (\S+)")


class UnknownExpressionError(ValueError):
    """An expression that is not understood here, or too long for DynamoDB."""


def holds(action: Wire, item: Wire | None) -> bool:
    """Whether the action's condition holds of the item as it is."""
    condition = action.get("ConditionExpression")
    return condition is None or all(_any_of(action, term, item) for term in _checked(condition).split(" AND "))


def updated(action: Wire, item: Wire | None) -> Wire:
    """The item after the action's update; without an item, a new one of its key."""
    new = dict(item or action["Key"])
    before, *clauses = _CLAUSES.split(_checked(action["UpdateExpression"]))
    if before or not clauses:
        raise UnknownExpressionError(action["UpdateExpression"])
    for clause, terms in zip(clauses[::2], clauses[1::2], strict=True):
        for term in _BETWEEN_TERMS.split(terms.strip()):
            _apply(action, clause, term, new)
    return new


def _apply(action: Wire, clause: str, term: str, new: Wire) -> None:
    if clause == "REMOVE":
        new.pop(_name(action, term), None)
        return
    reference, value = term.split(" = " if clause == "SET" else " ")
    name, first = _name(action, reference), _FIRST.fullmatch(value)
    if first is not None and name in new:
        return
    given = action["ExpressionAttributeValues"][first[1] if first is not None else value]
    if clause == "SET":
        new[name] = given
    else:
        new[name] = {"N": str(int(new.get(name, {"N": "0"})["N"]) + int(given["N"]))}


def _any_of(action: Wire, term: str, item: Wire | None) -> bool:
    inner = term[1:-1] if term.startswith("(") else term
    return any(_is(action, part, item) for part in inner.split(" OR "))


def _is(action: Wire, part: str, item: Wire | None) -> bool:
    if exists := _EXISTS.fullmatch(part):
        there = item is not None and _name(action, exists[2]) in item
        return there != bool(exists[1])
    compared = _COMPARED.fullmatch(part)
    if compared is None:
        raise UnknownExpressionError(part)
    held = (item or {}).get(_name(action, compared[1]))
    given = action["ExpressionAttributeValues"][compared[3]]
    if held is None:
        return False
    return bool(held == given) if compared[2] == "=" else int(held["N"]) < int(given["N"])


def _name(action: Wire, reference: str) -> str:
    names: dict[str, str] = action.get("ExpressionAttributeNames", {})
    return names[reference] if reference.startswith("#") else reference


def _checked(expression: str) -> str:
    if len(expression) > MOST_BYTES:
        raise UnknownExpressionError(f"an expression of {len(expression)} bytes")
    return expression

"""From one item as sent to an event, or to all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from ingest.models import Event
from leadline.problems import Fault

MAX_NAME = 100
"""So much of a field's name is repeated in a pointer; longer ones end in an ellipsis."""

# pydantic's own findings, in our words. All others are codes of ours already.
_WORDS = {
    "missing": ("missing", "is required"),
    "model_type": ("type", "must be an object"),
    "dict_type": ("type", "must be an object with string values"),
    "list_type": ("type", "must be an array"),
    "too_short": ("too_few", "must not be empty"),
}


class Invalid(Exception):
    """An item that can't be taken, with every fault of it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = list(faults)


def read_event(model: type[Event], sent: object, *, now: int, at: str = "") -> Event:
    """The event in `sent`, found at JSON pointer `at` of the body. `now` in epoch ms. Raises Invalid."""
    faults: list[Fault] = []
    event: Event | None = None
    try:
        event = model.read(sent, now)
    except ValidationError as error:
        faults.extend(_faults(model, error, at))
    if isinstance(sent, dict):
        known = {name: value for name, value in sent.items() if value is not None}
        faults.extend(_fault(at + _pointer(name), why.code, why.detail) for name, why in model.across(known))
    if event is None or faults:
        raise Invalid(faults)
    return event


def _faults(model: type[Event], error: ValidationError, at: str) -> Iterator[Fault]:
    for found in error.errors(include_url=False, include_input=False):
        place = [step for step in found["loc"] if step != "[key]"]
        code, detail = _said(model, found, len(place))
        yield _fault(at + _pointer(*place), code, detail)


def _said(model: type[Event], found: Any, depth: int) -> tuple[str, str]:
    kind, context = found["type"], found.get("ctx", {})
    if kind == "extra_forbidden":
        names = f"; the fields here are {', '.join(model.model_fields)}" if depth == 1 else ""
        return "extra", f"is no field of a {model.kind}{names}" if depth == 1 else "is an unknown field"
    if kind == "too_long" and "max_length" in context:
        return "too_many", f"has more than {context['max_length']} entries"
    if kind in _WORDS:
        return _WORDS[kind]
    return kind, context.get("detail", "is not valid")


def _fault(pointer: str, code: str, detail: str) -> Fault:
    return {"pointer": pointer, "code": code, "detail": detail}


def _pointer(*steps: int | str) -> str:
    return "".join("/" + _shown(str(step)).replace("~", "~0").replace("/", "~1") for step in steps)


def _shown(name: str) -> str:
    return name if len(name) <= MAX_NAME else name[:MAX_NAME] + "…"

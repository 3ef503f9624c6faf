"""The fields of an object that changes something: those that were sent, each read or refused by name. Null takes a value back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from leadline.contract.invalid_value import InvalidValue
from query.web.faults import Faults

Reader = Callable[[object], Any]


def read_fields(
    body: object,
    readers: Mapping[str, Reader],
    faults: Faults,
    *,
    never_null: Collection[str] = (),
    shown: Mapping[str, Reader] | None = None,
) -> dict[str, Any]:
    """The values by name; None where null was sent, no entry where nothing was. Adds to the faults all that is wrong.

    `shown`: readers of fields that GET shows and nobody sets. They may be sent back, and are not among the values.
    """
    known = {**(shown or {}), **readers}
    if not isinstance(body, dict):
        faults.add("", InvalidValue("type", f"must be an object with {', '.join(readers)}"))
        return {}
    for name in sorted(body.keys() - known.keys()):
        faults.add(_pointer(name), InvalidValue("extra", f"is no field here; there are {', '.join(readers)}"))
    values: dict[str, Any] = {}
    for name, reader in known.items():
        if name not in body:
            continue
        try:
            values[name] = _read(body[name], reader, name in never_null)
        except InvalidValue as invalid:
            faults.add(f"/{name}", invalid)
    return {name: value for name, value in values.items() if name in readers}


def _read(value: object, reader: Reader, never_null: bool) -> Any:
    if value is None:
        if never_null:
            raise InvalidValue("type", "must not be null")
        return None
    return reader(value)


def _pointer(name: str) -> str:
    clean = name[:100].encode("ascii", "backslashreplace").decode()
    return "/" + clean.replace("~", "~0").replace("/", "~1")

"""Readers of JSON objects, lists and maps. They collect every fault, each with its JSON pointer.

fields = ObjectReader(sent, ("name", "days"), faults)
name = fields.required("name", name_of(200), "")
days = fields.read("days", whole_number(1, 400), 30)
faults.check()                                          raises one InvalidValue with every fault

read_fields(sent, {"name": name_of(200)}, faults)       only the fields that were sent, as a PATCH needs them
list_of(name_of(200), 100), map_of(name_of(100), read_label, 20)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from leadline.contract.invalid_value import Faults, InvalidValue, step

T = TypeVar("T")
Reader = Callable[[object], Any]
"""Gets a JSON value, returns what is stored of it, or raises InvalidValue."""


class ObjectReader:
    """Reads an object field by field. Unknown fields are faults.

    `names`: the fields that may be set. `shown`: fields that GET shows and nobody sets; they may be sent back. `at`: the object's
    own JSON pointer. `list_names`: whether the fault of an unknown field lists the allowed ones.
    """

    def __init__(
        self,
        sent: object,
        names: Sequence[str],
        faults: Faults,
        at: str = "",
        *,
        shown: Collection[str] = (),
        list_names: bool = True,
    ) -> None:
        self._is_object = isinstance(sent, dict)
        self._values: dict[str, Any] = sent if isinstance(sent, dict) else {}
        self._faults = faults
        self._at = at
        allowed = ", ".join(names)
        if not self._is_object:
            faults.add(
                at, InvalidValue("type", f"must be an object with {allowed}" if allowed else "must be an object")
            )
        unknown = f"Unknown field. Allowed: {allowed}." if list_names else "Unknown field."
        for name in self._values:
            if name not in names and name not in shown:
                faults.add(at + step(name), InvalidValue("extra", unknown))

    def __contains__(self, name: str) -> bool:
        """Whether the field was sent, null or not."""
        return name in self._values

    def has_value(self, name: str) -> bool:
        """Whether the field was sent and is not null."""
        return self._values.get(name) is not None

    def read(self, name: str, reader: Callable[[object], T], default: T) -> T:
        """The field's value; the default where it is absent, null or invalid."""
        if not self.has_value(name):
            return default
        try:
            return reader(self._values[name])
        except InvalidValue as invalid:
            self.refuse(name, invalid)
            return default

    def required(self, name: str, reader: Callable[[object], T], default: T) -> T:
        """The same; a missing field is a fault."""
        self.require(name)
        return self.read(name, reader, default)

    def require(self, name: str, detail: str = "is required") -> None:
        """Adds a fault where the field is absent or null."""
        if self._is_object and not self.has_value(name):
            self.refuse(name, InvalidValue("missing", detail))

    def read_list(self, name: str, entry: Callable[[object], T], most: int, *, least: int = 0) -> list[T]:
        """The entries of an array, each once; none where the field is absent, null or invalid."""
        nothing: tuple[T, ...] = ()
        return list(self.read(name, list_of(entry, most, least=least), nothing))

    def refuse(self, name: str, invalid: InvalidValue) -> None:
        """Adds a fault of this field."""
        self._faults.add(self._at + step(name), invalid)


def read_fields(
    sent: object,
    readers: Mapping[str, Reader],
    faults: Faults,
    at: str = "",
    *,
    never_null: Collection[str] = (),
    shown: Mapping[str, Reader] | None = None,
) -> dict[str, Any]:
    """The fields that were sent and are valid, by name. Null gives None, which resets a field; `never_null` refuses it.

    `shown`: readers of fields that GET shows and nobody sets. They may be sent back, and are left out of the result.
    """
    unset = shown or {}
    fields = ObjectReader(sent, tuple(readers), faults, at, shown=unset)
    for name, reader in unset.items():
        fields.read(name, reader, None)
    values: dict[str, Any] = {}
    for name, reader in readers.items():
        if name not in fields:
            continue
        if name in never_null and not fields.has_value(name):
            fields.refuse(name, InvalidValue("type", "must not be null"))
        values[name] = fields.read(name, reader, None)
    return values


def list_of(
    reader: Callable[[object], T], most: int, *, least: int = 0, each_once: bool = True
) -> Callable[[object], tuple[T, ...]]:
    """A reader of arrays. `each_once`: repeated entries are dropped."""

    def read(sent: object) -> tuple[T, ...]:
        if not isinstance(sent, list):
            raise InvalidValue("type", "must be an array")
        if len(sent) > most:
            raise InvalidValue("too_many", f"has more than {most} entries")
        if len(sent) < least:
            raise InvalidValue("too_few", "must not be empty" if least == 1 else f"has fewer than {least} entries")
        found: list[T] = []
        faults = Faults()
        for index, value in enumerate(sent):
            try:
                found.append(reader(value))
            except InvalidValue as invalid:
                faults.add(step(index), invalid)
        faults.check()
        return tuple(dict.fromkeys(found)) if each_once else tuple(found)

    return read


def map_of(
    name: Callable[[object], str], value: Callable[[object], T], most: int, contents: str = "string values"
) -> Callable[[object], dict[str, T]]:
    """A reader of objects whose keys the sender chooses. `contents`: what its values are, for the fault of another type."""

    def read(sent: object) -> dict[str, T]:
        if not isinstance(sent, dict):
            raise InvalidValue("type", f"must be an object with {contents}")
        if len(sent) > most:
            raise InvalidValue("too_many", f"has more than {most} entries")
        found: dict[str, T] = {}
        faults = Faults()
        for key, entry in sent.items():
            try:
                read_name = name(key)
            except InvalidValue as invalid:
                faults.add(step(key), invalid)
                continue
            try:
                found[read_name] = value(entry)
            except InvalidValue as invalid:
                faults.add(step(key), invalid)
        faults.check()
        return found

    return read

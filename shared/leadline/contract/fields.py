"""Fields of objects, declared once. Validation, JSON schemas and the docs' tables follow from the declarations.

DEPLOYMENT = (Field("id", SHA, "SHA of the deployed commit."), Field("url", URL, ...), ...)
read_object(DEPLOYMENT, sent, now)      the values by name; raises InvalidValue with every fault
object_schema(DEPLOYMENT)               the JSON schema
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from leadline.contract.invalid_value import Fault, Faults, InvalidValue
from leadline.contract.objects import ObjectReader, list_of, map_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Type:
    """A type of value. `read` gets the value and the time of receipt (epoch milliseconds), and raises InvalidValue.

    `schema` is its JSON schema. Bounds in bytes, and rules that depend on the clock, can't be part of that.
    """

    read: Callable[[object, int], Any]
    schema: Json


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object. `description` is Markdown, for OpenAPI and the docs alike.

    `default`: stored if the field is not sent. `default_text`: what the docs say about a missing field instead.
    """

    name: str
    type: Type
    description: str = ""
    required: bool = False
    default: Any = None
    default_text: str = ""


def value_type(read: Callable[[object], Any], schema: Json) -> Type:
    """A type whose reader does not need the time of receipt."""
    return Type(lambda value, _now: read(value), schema)


def list_type(entry: Type, most: int, *, least: int = 0, each_once: bool = True) -> Type:
    """An array of `least` to `most` entries. `each_once`: drops duplicates."""

    def read(sent: object, now: int) -> list[Any]:
        return list(list_of(lambda value: entry.read(value, now), most, least=least, each_once=each_once)(sent))

    schema: Json = {"type": "array", "items": entry.schema, "maxItems": most}
    return Type(read, {**schema, "minItems": least} if least else schema)


def map_type(name: Type, value: Type, most: int) -> Type:
    """An object whose field names the sender chooses."""

    def read(sent: object, now: int) -> dict[str, Any]:
        return map_of(lambda key: name.read(key, now), lambda entry: value.read(entry, now), most)(sent)

    schema: Json = {
        "type": "object",
        "maxProperties": most,
        "propertyNames": name.schema,
        "additionalProperties": value.schema,
    }
    return Type(read, schema)


def object_type(fields: Sequence[Field], schema: Json) -> Type:
    """An object with these fields inside another one. `schema`: its JSON schema, usually a reference."""
    return Type(lambda value, now: read_object(fields, value, now, name_fields=False), schema)


def read_object(fields: Sequence[Field], sent: object, now: int, *, name_fields: bool = True) -> dict[str, Any]:
    """The values by name, including defaults; null means "not sent". Raises InvalidValue with every fault.

    `name_fields`: whether the detail about an unknown field lists the known ones.
    """
    faults = Faults()
    reader = ObjectReader(sent, tuple(known.name for known in fields), faults, list_names=name_fields)
    values: dict[str, Any] = {}
    for known in fields:
        read = partial(_read_at, known.type, now)
        value = (reader.required if known.required else reader.read)(known.name, read, known.default)
        if value is not None:
            values[known.name] = value
    faults.check()
    return values


def _read_at(kind: Type, now: int, value: object) -> Any:
    return kind.read(value, now)


def object_schema(fields: Sequence[Field], description: str = "") -> Json:
    """The JSON schema of an object with these fields."""
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "required": [known.name for known in fields if known.required],
        "additionalProperties": False,
        "properties": {known.name: _field_schema(known) for known in fields},
    }


def _field_schema(known: Field) -> Json:
    schema = dict(known.type.schema)
    if known.description:
        schema["description"] = known.description
    if known.default is not None:
        schema["default"] = known.default
    return schema if known.required else _or_null(schema)


def _or_null(schema: Json) -> Json:
    """Null means "not sent"."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    with_null = {**schema, "type": [schema["type"], "null"]}
    return {**with_null, "enum": [*schema["enum"], None]} if "enum" in schema else with_null


CrossFieldErrors = Callable[[Mapping[str, Any]], Iterator[Fault]]


def no_cross_field_errors(_: Mapping[str, Any]) -> Iterator[Fault]:
    yield from ()


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event. `prefix`: that of its ids. `schema_name`: its name in the OpenAPI document.

    `cross_field_errors` gets the raw values, valid or not, without nulls, and yields the faults that concern several fields;
    `cross_field_schema` expresses the same rules as JSON schema. `idempotency_field`: the field that the header `Idempotency-Key`
    sets.
    """

    kind: str
    prefix: str
    path: str
    schema_name: str
    description: str
    fields: tuple[Field, ...]
    cross_field_errors: CrossFieldErrors = no_cross_field_errors
    cross_field_schema: Json = field(default_factory=dict)
    idempotency_field: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(known.name for known in self.fields)

    def read(self, sent: object, now: int) -> Event:
        """The event, normalised. `now`: receipt, epoch milliseconds. Raises InvalidValue with every fault."""
        faults: list[Fault] = []
        values: dict[str, Any] = {}
        try:
            values = read_object(self.fields, sent, now)
        except InvalidValue as invalid:
            faults += invalid.faults
        if isinstance(sent, dict):
            known = {name: value for name, value in sent.items() if value is not None}
            faults += self.cross_field_errors(known)
            if not faults:
                return Event(self, values, frozenset(known))
        raise InvalidValue.of(faults)

    def schema(self) -> Json:
        return {**object_schema(self.fields, self.description), **self.cross_field_schema}


@dataclass(frozen=True, slots=True)
class Event:
    """A valid event. `data`: as queued, without missing fields. `sent`: the names of the fields that were sent."""

    type: EventType
    data: Mapping[str, Any]
    sent: frozenset[str]

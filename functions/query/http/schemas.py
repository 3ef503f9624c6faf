"""JSON schemas of the values that `query.http.values` reads, for the OpenAPI document.

A schema cannot express limits in bytes and rules that depend on other fields, on the clock or on stored data. Only the response
reports violations of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

Json = dict[str, Any]

_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff"
_TEXT = rf"^[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*$"
_REPOSITORY = rf"^[^{_CONTROL}@]*[^{_CONTROL}\s@][^{_CONTROL}@]*$"


def needs_one_of(*names: str) -> Json:
    """Requires one of these members, not null."""
    return {"anyOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names]}


class Schema:
    """In `Annotated[...]`: adds these members to the JSON schema of the type.

    Pydantic calls the method when `apidoc` generates the document, so nothing needs pydantic at run time.
    """

    def __init__(self, members: Json) -> None:
        self.members = members

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], Json]) -> Json:
        return {**handler(core), **self.members}


def text(most: int) -> Json:
    """A name or sentence of 1 to `most` bytes, without control characters."""
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": _TEXT}


def array(most: int, least: int = 0) -> Json:
    """Bounds of an array."""
    return {"minItems": least, "maxItems": most}


def whole(least: int, most: int) -> Json:
    """Bounds of a whole number."""
    return {"minimum": least, "maximum": most}


NEEDS_A_SHA = {
    "anyOf": [*needs_one_of("id")["anyOf"], {"required": ["baseline"], "properties": {"baseline": {"const": True}}}]
}
"""Every deployment needs an `id`, except a baseline."""
REPOSITORY: Json = {**text(200), "pattern": _REPOSITORY}
REPOSITORY_PATH: Json = {**text(200), "pattern": rf"^[^{_CONTROL}\s@/]+(/[^{_CONTROL}\s@/]+)+$"}
URL: Json = {
    "type": "string",
    "maxLength": 2000,
    "pattern": rf"^[Hh][Tt][Tt][Pp][Ss]?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?([/?#][^{_CONTROL}\s@]*)?$",
}
METRIC_PATTERN = "[a-z][a-z0-9._-]{0,99}"
"""The form of a custom metric's name."""
SHA: Json = {"type": "string", "pattern": "^[0-9a-fA-F]{7,64}$"}
DATE: Json = {"type": "string", "format": "date"}
TIME: Json = {"type": "string", "format": "date-time"}
CURSOR: Json = {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,1000}$"}
TIME_ZONE: Json = {"pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$", "examples": ["UTC", "Europe/Berlin"]}
KEY_ID: Json = {"type": "string", "pattern": "^[0-9a-f]{12}$"}
ORIGIN: Json = {
    "type": "string",
    "maxLength": 300,
    "pattern": r"^https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$",
}

Name = Annotated[str, Schema(text(200))]
Repository = Annotated[str, Schema(REPOSITORY)]
Sha = Annotated[str, Schema(SHA)]
Date = Annotated[str, Schema(DATE)]
Time = Annotated[str, Schema(TIME)]

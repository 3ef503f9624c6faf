"""Query parameters, each described once for reading it and for the OpenAPI document.

Invalid, unknown, empty or wrongly repeated parameters are refused by name, all at once: a filter that was silently dropped would
make a wrong number look right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from leadline.contract.dates import read_date
from leadline.contract.invalid_value import InvalidValue
from leadline.contract.text import name_of, one_of, read_author
from query.http import schemas
from query.http.faults import Faults
from query.http.values import DEFAULT_LIMIT, MAX_LIMIT, count_up_to, read_cursor, read_repository

MAX_REPEATS = 100
_MAX_PAIRS = 1_000
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` turns the text into the value or raises InvalidValue. `schema`: its JSON schema."""

    name: str
    read: Callable[[object], Any]
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: schemas.text(200))
    repeats: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The parameters that were sent. `text`: the filters as text, which a cursor is bound to."""

    values: Mapping[str, Sequence[Any]]
    faults: Faults
    text: tuple[tuple[str, str], ...] = ()

    def one(self, name: str, default: Any = None) -> Any:
        values = self.values.get(name)
        return values[0] if values else default

    def all(self, name: str) -> tuple[Any, ...]:
        return tuple(self.values.get(name, ()))


def read_query(raw: str, parameters: Sequence[Parameter]) -> Sent:
    """Reads a raw query string. The caller may add to the `faults` of the result, and raises them."""
    faults = Faults()
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PAIRS)
    except UnicodeDecodeError:
        faults.add("", InvalidValue("not_utf8", "the query string is not UTF-8"))
        pairs = []
    except ValueError:
        faults.add("", InvalidValue("too_many", f"the query string has more than {_MAX_PAIRS} parameters"))
        pairs = []
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, list[Any]] = {}
    for name in dict.fromkeys(name for name, _ in pairs):
        texts = [text for other, text in pairs if other == name]
        parameter = known.get(name)
        if parameter is None:
            faults.add("?" + _readable(name), InvalidValue("unknown", _unknown(parameters)))
        else:
            values[name] = _read(parameter, texts, faults)
    for parameter in parameters:
        if parameter.required and parameter.name not in values:
            faults.add("?" + parameter.name, InvalidValue("missing", "is required"))
    filters = tuple(sorted({pair for pair in pairs if pair[0] not in ("limit", "cursor")}))
    return Sent(values, faults, filters)


def _read(parameter: Parameter, texts: Sequence[str], faults: Faults) -> list[Any]:
    pointer = "?" + parameter.name
    if len(texts) > 1 and not parameter.repeats:
        faults.add(pointer, InvalidValue("repeated", "must not be repeated"))
    if len(texts) > MAX_REPEATS:
        faults.add(pointer, InvalidValue("too_many", f"may be sent at most {MAX_REPEATS} times"))
    found: list[Any] = []
    for text in texts[:MAX_REPEATS]:
        try:
            found.append(parameter.read(text))
        except InvalidValue as invalid:
            faults.add(pointer, invalid)
    return list(dict.fromkeys(found))


def _unknown(parameters: Sequence[Parameter]) -> str:
    names = ", ".join(parameter.name for parameter in parameters)
    return f"Unknown parameter. Allowed: {names or 'none'}."


def _readable(name: str) -> str:
    clean = name.encode("ascii", "backslashreplace").decode()
    return clean if len(clean) <= _SHOWN else clean[:_SHOWN] + "…"


FROM = Parameter(
    "from",
    read_date,
    "First day of the window (inclusive), as YYYY-MM-DD in the organisation's time zone.",
    schemas.DATE,
)
TO = Parameter(
    "to", read_date, "End of the window (exclusive), as YYYY-MM-DD: the day after the last day.", schemas.DATE
)
SERVICE = Parameter(
    "service", name_of(200), "Only this service. Can be repeated; any of the values matches.", repeats=True
)
REPOSITORY = Parameter(
    "repository",
    read_repository,
    "Only services of this repository. Can be repeated; any of the values matches.",
    schemas.REPOSITORY,
    repeats=True,
)
ENVIRONMENT = Parameter(
    "environment",
    name_of(100),
    "Only this environment. Can be repeated; any of the values matches.",
    schemas.text(100),
    repeats=True,
)
TEAM = Parameter(
    "team", name_of(200), "Only deployments that ship a change by this team, and only the team's changes in them."
)
AUTHOR = Parameter(
    "author", read_author, "Only deployments that ship a change by this author, and only the author's changes in them."
)


def choice(name: str, description: str, *choices: str, repeats: bool = False) -> Parameter:
    """A parameter with these possible values."""
    return Parameter(name, one_of(*choices), description, {"type": "string", "enum": list(choices)}, repeats)


LIMIT = Parameter(
    "limit",
    count_up_to(MAX_LIMIT),
    "Maximum number of entries.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
CURSOR = Parameter(
    "cursor", read_cursor, "`next_cursor` of the previous page. Send the same filters as for that page.", schemas.CURSOR
)

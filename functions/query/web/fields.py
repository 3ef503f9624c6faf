"""The fields of an object that was sent: each is read or refused by name, and what is no field is refused too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from leadline.contract.invalid_value import InvalidValue
from query.web.faults import Faults

T = TypeVar("T")
_SHOWN = 100
_MOST_YEARS = 100


class Fields:
    """`known` are the names there may be. Faults go to `faults`, each with the pointer of its field below `at`."""

    def __init__(self, body: object, known: Sequence[str], faults: Faults, at: str = "") -> None:
        self._values: dict[str, Any] = body if isinstance(body, dict) else {}
        self._faults = faults
        self._at = at
        if not isinstance(body, dict):
            faults.add(at, InvalidValue("type", f"must be an object with {', '.join(known)}"))
        for name in sorted(self._values.keys() - set(known)):
            faults.add(f"{at}{pointer(name)}", InvalidValue("extra", f"is no field here; there are {', '.join(known)}"))

    def sent(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None

    def read(self, name: str, reader: Callable[[object], T], default: T) -> T:
        """The field's value; the default where it was not sent, is null, or is refused."""
        if not self.sent(name):
            return default
        try:
            return reader(self._values[name])
        except InvalidValue as invalid:
            self._faults.add(f"{self._at}/{name}", invalid)
            return default

    def required(self, name: str, reader: Callable[[object], T], default: T) -> T:
        if not self.sent(name):
            self._faults.add(f"{self._at}/{name}", InvalidValue("missing", "is required"))
        return self.read(name, reader, default)

    def listed(self, name: str, reader: Callable[[object], T], most: int) -> list[T]:
        """An array's entries, each once, in order."""
        values = self._values.get(name)
        if values is None:
            return []
        if not isinstance(values, list):
            self._faults.add(f"{self._at}/{name}", InvalidValue("type", "must be an array"))
            return []
        if len(values) > most:
            self._faults.add(f"{self._at}/{name}", InvalidValue("too_many", f"has more than {most} entries"))
            return []
        found: list[T] = []
        for index, value in enumerate(values):
            try:
                found.append(reader(value))
            except InvalidValue as invalid:
                self._faults.add(f"{self._at}/{name}/{index}", invalid)
        return list(dict.fromkeys(found))


def pointer(name: str) -> str:
    """A step of a JSON pointer to a name that may be anything."""
    clean = name[:_SHOWN].encode("ascii", "backslashreplace").decode()
    return "/" + clean.replace("~", "~0").replace("/", "~1")


def time_after(now: int) -> Callable[[object], int]:
    """A time in RFC 3339 with an offset, later than `now`; as epoch milliseconds."""

    def read(value: object) -> int:
        if not isinstance(value, str) or len(value) > 40 or "T" not in value.upper():
            raise InvalidValue("time", "must be a time such as 2027-01-31T12:00:00Z")
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError:
            raise InvalidValue("time", "must be a time such as 2027-01-31T12:00:00Z") from None
        if moment.tzinfo is None:
            raise InvalidValue("time", "has no offset; end it with Z or +02:00")
        if moment.year > datetime.fromtimestamp(now / 1000, UTC).year + _MOST_YEARS:
            raise InvalidValue("range", f"is more than {_MOST_YEARS} years ahead")
        at = int(moment.timestamp() * 1000)
        if at <= now:
            raise InvalidValue("range", "is not in the future")
        return at

    return read

"""Incidents in the table.

inc#checkout | INC-7                              an incident as reported
incidents#checkout#production | 1790000000000#INC-7    its place in order of start, if it names no deployment
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from leadline.domain.outcomes import LinkedIncident
from leadline.store.names import join, unescape
from leadline.store.table import Item, Key


def incident_key(service: str, incident_id: str) -> Key:
    return (join("inc", service), incident_id)


def incident_line(service: str, environment: str) -> str:
    return join("incidents", service, environment)


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident of a service. Times in epoch milliseconds. `deployment`: the id or SHA that it names as the cause, if any."""

    service: str
    id: str
    started_at: int
    environment: str | None = None
    resolved_at: int | None = None
    deployment: str | None = None
    severity: str | None = None
    url: str | None = None
    event_id: str | None = None

    @property
    def place(self) -> str:
        return f"{self.started_at:013d}#{self.id}"

    @property
    def where(self) -> str:
        return self.environment or "production"

    @property
    def linked(self) -> LinkedIncident:
        return LinkedIncident(self.id, self.started_at, self.resolved_at)

    @classmethod
    def from_data(cls, service: str, data: dict[str, Any]) -> "Incident":
        known = {field.name for field in fields(cls)} - {"service"}
        return cls(service=service, **{name: value for name, value in data.items() if name in known})

    def to_item(self) -> Item:
        pk, sk = incident_key(self.service, self.id)
        values = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("service", "id")
        }
        return {"pk": pk, "sk": sk, **{name: value for name, value in values.items() if value is not None}}

    @classmethod
    def from_item(cls, item: Item) -> "Incident":
        return cls.from_data(unescape(item["pk"].partition("#")[2]), {**item, "id": item["sk"]})

    def join(self, other: "Incident") -> "Incident":
        """Joins two reports of one incident: earliest start, latest end, greatest of the rest. Order never matters."""
        values: dict[str, Any] = {}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if mine is None or theirs is None:
                values[field.name] = theirs if mine is None else mine
            else:
                values[field.name] = (min if field.name == "started_at" else max)(mine, theirs)
        return replace(self, **values)

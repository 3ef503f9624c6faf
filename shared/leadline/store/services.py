"""Services: what gets deployed, and the repository each is tied to.

services | checkout      one item per service, all in one partition: there are few, and lists need all of them
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from leadline.store.table import Item, Key, Table

SERVICES = "services"


def service_key(name: str) -> Key:
    return (SERVICES, name)


@dataclass(frozen=True, slots=True)
class Service:
    """`repository`: None until an event or a person names it. `years`: per environment, the years in which it was deployed.

    `paths`: patterns of its files in a shared repository; none means all. `production`: its environments that count as production;
    none means the organisation's. `version`: that of the stored item, 0 if none is stored. `extra`: its other settings.
    """

    name: str
    repository: str | None = None
    years: dict[str, list[int]] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    production: tuple[str, ...] = ()
    version: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def lock(self) -> str:
        """The name of the lock under which everything about this service is written."""
        return self.repository if self.repository is not None else f"service:{self.name}"

    @property
    def team(self) -> str | None:
        """The team that owns it."""
        return self.extra.get("team")

    @property
    def archived(self) -> bool:
        """Whether it is no longer in use."""
        return bool(self.extra.get("archived"))

    @property
    def unclaimed(self) -> bool:
        """Whether it is only a name so far: tied to no repository and never deployed."""
        return self.repository is None and not any(self.years.values())

    def deployed_in(self, environment: str, year: int) -> "Service":
        years = self.years.get(environment, [])
        if year in years:
            return self
        return replace(self, years={**self.years, environment: sorted([*years, year])})

    def to_item(self) -> Item:
        """The item of the next version."""
        pk, sk = service_key(self.name)
        item: Item = {**self.extra, "pk": pk, "sk": sk, "years": self.years, "v": self.version + 1}
        if self.paths:
            item["paths"] = list(self.paths)
        if self.production:
            item["production"] = list(self.production)
        if self.repository is not None:
            item["repository"] = self.repository
        return item

    @classmethod
    def from_item(cls, item: Item) -> "Service":
        own = {"pk", "sk", "repository", "years", "paths", "production", "v"}
        return cls(
            name=item["sk"],
            repository=item.get("repository"),
            years={environment: list(years) for environment, years in item.get("years", {}).items()},
            paths=tuple(item.get("paths", ())),
            production=tuple(item.get("production", ())),
            version=item.get("v", 0),
            extra={name: value for name, value in item.items() if name not in own},
        )


def repositories_of(table: Table, names: Collection[str]) -> dict[str, str | None]:
    """The repository that each of these services is tied to; services that don't exist are left out."""
    found = table.get([service_key(name) for name in names]) if names else {}
    return {name: item.get("repository") for (_, name), item in found.items()}

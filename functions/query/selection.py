"""Which scopes' cells answer a request: its filters as disjoint scopes, whose numbers may be added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from leadline.domain.cells import Scope
from leadline.domain.windows import Window
from leadline.store.services import SERVICES, Service
from leadline.store.table import Table

Services = Mapping[str, Service]


@dataclass(frozen=True, slots=True)
class Selection:
    """`services`: None means all of them. An empty tuple means none, as of a repository that no service is tied to."""

    environments: tuple[str, ...]
    services: tuple[str, ...] | None = None
    team: str | None = None
    author: str | None = None

    def scopes(self, services: Services | None, window: Window, *, deployed: bool = True) -> list[Scope]:
        """The scopes. Where the `services` are known, `deployed` leaves out those that were not deployed around these days."""
        if self.services is None:
            return [Scope(environment, team=self.team, author=self.author) for environment in self.environments]
        return [
            Scope(environment, service, self.team, self.author)
            for environment in self.environments
            for service in self.services
            if services is None or not deployed or _active(services.get(service), environment, window)
        ]

    def only(self, services: Iterable[str]) -> Selection:
        """The part of it that is in these services."""
        chosen = [name for name in services if self.services is None or name in self.services]
        return replace(self, services=tuple(chosen))


def all_services(table: Table) -> dict[str, Service]:
    """One query: there are few, and they are small."""
    return {item["sk"]: Service.from_item(item) for item in table.query(SERVICES, consistent=False)}


def _active(service: Service | None, environment: str, window: Window) -> bool:
    # Years are kept in UTC, days are the organisation's: a day more on either side makes up for that.
    first, last = (window.start - timedelta(days=1)).year, (window.end + timedelta(days=1)).year
    return service is not None and any(first <= year <= last for year in service.years.get(environment, ()))


def of_repositories(services: Services, repositories: Iterable[str]) -> list[str]:
    """The services tied to one of these repositories."""
    wanted = set(repositories)
    return [name for name, service in services.items() if service.repository in wanted]

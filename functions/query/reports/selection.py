"""Which scopes' cells answer a request: its filters as disjoint scopes, whose numbers may be added up.

A service may have production environments of its own. Then an environment's cells of everyone may count what is not production to
one of its services; where that one was deployed there, the environment is read service by service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from leadline.domain.cells import CellScope
from leadline.domain.windows import Window
from leadline.store.services import SERVICES, Service
from leadline.store.table import Table

Services = Mapping[str, Service]


@dataclass(frozen=True, slots=True)
class Selection:
    """`services`: None means all of them. An empty tuple means none, as of a repository that no service is tied to.

    `own`: environments of services that have others than the rest.
    """

    environments: tuple[str, ...]
    services: tuple[str, ...] | None = None
    team: str | None = None
    author: str | None = None
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def scopes(self, services: Services | None, window: Window, *, deployed: bool = True) -> list[CellScope]:
        """The scopes. Where the `services` are known, `deployed` leaves out those that were not deployed around these days."""

        def active(service: str, environment: str) -> bool:
            return services is None or not deployed or _active(services.get(service), environment, window)

        if self.services is not None:
            return [
                self._scope(environment, service)
                for service in self.services
                for environment in self._of(service)
                if active(service, environment)
            ]
        found: list[CellScope] = []
        for environment in self.environments:
            if not any(environment not in own and active(service, environment) for service, own in self.own.items()):
                found.append(self._scope(environment))
                continue
            assert services is not None, "where services have environments of their own, all of them are needed"
            counting = [service for service in services if environment in self._of(service)]
            found += [self._scope(environment, service) for service in counting if active(service, environment)]
        for service, own in self.own.items():
            more = [environment for environment in own if environment not in self.environments]
            found += [self._scope(environment, service) for environment in more if active(service, environment)]
        return found

    def _of(self, service: str) -> tuple[str, ...]:
        return self.own.get(service, self.environments)

    def _scope(self, environment: str, service: str | None = None) -> CellScope:
        return CellScope(environment, service, self.team, self.author)

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

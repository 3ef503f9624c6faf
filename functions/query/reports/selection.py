"""Turns the filters of a request into disjoint scopes, whose numbers can be summed.

A service may override the organisation's production environments. The cells of a whole environment may then include a service for
which it is not production. If such a service was deployed there, the environment is read service by service instead.
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
    """`services`: None means all. An empty tuple means none, for example for a repository without services.

    `own`: the environments of services with production environments of their own.
    """

    environments: tuple[str, ...]
    services: tuple[str, ...] | None = None
    team: str | None = None
    author: str | None = None
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def scopes(self, services: Services | None, window: Window, *, deployed: bool = True) -> list[CellScope]:
        """The scopes. `deployed` leaves out services that were not deployed around these days, if `services` are known."""

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
            assert services is not None, "services with environments of their own need the list of all services"
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
        """The part of the selection in these services."""
        chosen = [name for name in services if self.services is None or name in self.services]
        return replace(self, services=tuple(chosen))


def all_services(table: Table) -> dict[str, Service]:
    """All services, in one query: they are few and small."""
    return {item["sk"]: Service.from_item(item) for item in table.query(SERVICES, consistent=False)}


def _active(service: Service | None, environment: str, window: Window) -> bool:
    # Years are in UTC, days in the organisation's time zone: a day more on either side covers the difference.
    first, last = (window.start - timedelta(days=1)).year, (window.end + timedelta(days=1)).year
    return service is not None and any(first <= year <= last for year in service.years.get(environment, ()))


def of_repositories(services: Services, repositories: Iterable[str]) -> list[str]:
    """The services of these repositories."""
    wanted = set(repositories)
    return [name for name, service in services.items() if service.repository in wanted]

"""What a key is limited to: some services, some repositories, or both. A key without limits reaches everything.

A limited key reaches a service that it names, and every service that is tied to a repository that it names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from leadline.contract.invalid_value import Fault

MAX_LIMITS = 100
"""Of services, and of repositories: a key's item stays small, and is read with each check of the key."""

_SHOWN = 10
_PLURALS = {"service": "services", "repository": "repositories"}


@dataclass(frozen=True, slots=True)
class KeyScope:
    """True where there are any. Repositories are spelled as events and GET /v1/services spell them."""

    services: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.services or self.repositories)

    def reach(self, service: str | None, repository: str | None) -> bool:
        """Whether this service, tied to this repository (None: to none), may be read and changed."""
        return not self or service in self.services or repository in self.repositories

    def faults(self, event: Mapping[str, Any], tied: Mapping[str, str | None]) -> list[Fault]:
        """What of an event a limited key may not send: one fault for each name that is another's; pointers into the event.

        `event` is normalised; `tied` says of services that exist to which repository. Strict on purpose: a key for one service
        that could name any repository with it would tie the two, and then read that repository's changes.
        """
        if not self:
            return []
        service, repository = event.get("service"), event.get("repository")
        found: list[Fault] = []
        if service is None and repository is None:
            found.append(_fault("", "this key is limited: the event must name its service or repository"))
        if service is not None and not self.reach(service, tied.get(service, repository)):
            found.append(_fault("/service", _beyond("service", self.services)))
        if repository is not None and repository not in self.repositories:
            known = service in self.services and service in tied and tied[service] == repository
            if not known:
                found.append(_fault("/repository", self._repository_beyond(service)))
        return found

    def _repository_beyond(self, service: str | None) -> str:
        if self.repositories:
            return _beyond("repository", self.repositories)
        if service is None:
            names = _some(self.services)
            return (
                f"this key is limited to services: name one of them ({names}); changes and commits need a key that names "
                "their repository"
            )
        return "this key is limited to services: it may name a repository only with a service of its own that is tied to it"

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> KeyScope:
        return cls(frozenset(item.get("services", ())), frozenset(item.get("repositories", ())))


UNLIMITED = KeyScope()


def _fault(pointer: str, detail: str) -> Fault:
    return {"pointer": pointer, "code": "limited_key", "detail": detail}


def _beyond(what: str, allowed: Collection[str]) -> str:
    detail = f"this key is limited and does not reach this {what}"
    return f"{detail}; of {_PLURALS[what]} it names {_some(allowed)}" if allowed else detail


def _some(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")

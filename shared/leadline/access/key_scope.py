"""The scope of a key: some services, some repositories, or both. A key without a scope reaches everything.

A limited key reaches a service that it names, and every service that is tied to a repository that it names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from leadline.contract.invalid_value import Fault

MAX_LIMITS = 100
"""Services, and repositories, that a key may be limited to. It keeps the key's item small, which is read with most requests."""

_SHOWN = 10
_PLURALS = {"service": "services", "repository": "repositories"}


@dataclass(frozen=True, slots=True)
class KeyScope:
    """The services and repositories that a key is limited to; false for a key without limits.

    Repositories are spelled as in events and GET /v1/services.
    """

    services: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.services or self.repositories)

    def reach(self, service: str | None, repository: str | None) -> bool:
        """Whether the key may read and change this service, which is tied to this repository (None: to none)."""
        return not self or service in self.services or repository in self.repositories

    def faults(self, event: Mapping[str, Any], tied: Mapping[str, str | None]) -> list[Fault]:
        """A fault for each name in a normalised event that the key may not send, with pointers into the event.

        `tied`: the repository of each existing service. Strict on purpose: if a key for one service could name any repository
        with it, it would tie the two and could then read that repository's changes.
        """
        if not self:
            return []
        service, repository = event.get("service"), event.get("repository")
        found: list[Fault] = []
        if service is None and repository is None:
            found.append(_fault("", "This key is limited: the event must name its service or repository."))
        if service is not None and not self.reach(service, tied.get(service, repository)):
            found.append(_fault("/service", _out_of_scope("service", self.services)))
        if repository is not None and repository not in self.repositories:
            known = service in self.services and service in tied and tied[service] == repository
            if not known:
                found.append(_fault("/repository", self._describe_repository(service)))
        return found

    def _describe_repository(self, service: str | None) -> str:
        if self.repositories:
            return _out_of_scope("repository", self.repositories)
        if service is None:
            names = _list(self.services)
            return (
                f"This key is limited to services: name one of them ({names}). Changes and commits need a key that is limited "
                "to their repository."
            )
        return "This key is limited to services: it may name a repository only together with one of them that is tied to it."

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> KeyScope:
        return cls(frozenset(item.get("services", ())), frozenset(item.get("repositories", ())))


UNLIMITED = KeyScope()


def _fault(pointer: str, detail: str) -> Fault:
    return {"pointer": pointer, "code": "limited_key", "detail": detail}


def _out_of_scope(what: str, allowed: Collection[str]) -> str:
    detail = f"This {what} is outside the limits of this key."
    return f"{detail} Allowed {_PLURALS[what]}: {_list(allowed)}." if allowed else detail


def _list(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")

"""How the events of other systems are read: which service, which environment, what counts as an incident.

    config | sources    one item, because every webhook needs it

    {"github": {"incident_label": "incident",                     an issue with this label is an incident; null: none is
                "release_branches": ["release/*"],                branches followed beside the default branch
                "environments": {"eu-*": {"environment": "production"},
                                 "shop-prod": {"service": "shop", "environment": "production"}},
                "workflows": {"Deploy": {"service": "shop", "environment": "production"}},
                "tags": {"v*": {"environment": "production"}}},   a tag, or its release, is a deployment
     "gitlab": {...}, "bitbucket": {...},                         the same fields
     "incident_services": {"pagerduty:PXYZ12": "checkout", "jira:OPS": "shop"},
     "default_service": "checkout",                               for incidents that name none
     "v": 3}

Nothing is required: without an item the defaults below hold, with which a plain webhook of a code host is useful. Names
of environments, workflows and tags are patterns (`*` and `?`, as in `domain.patterns`); an exact name is preferred, else
the first that fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leadline.domain.patterns import first_fit
from leadline.store.table import Item, Key

SOURCES_KEY: Key = ("config", "sources")

MAX_ENTRIES = 1_000
"""Of one list or mapping: the item stays far below DynamoDB's 400 KB."""
_HOSTS = ("github", "gitlab", "bitbucket")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a deployment goes. What is None stays as the sender named it, or as Leadline finds it by itself."""

    service: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class CodeHost:
    """How the events of one code host are read."""

    incident_label: str | None = "incident"
    release_branches: tuple[str, ...] = ("release/*", "release-*", "hotfix/*")
    environments: Mapping[str, Target] = field(default_factory=dict)
    workflows: Mapping[str, Target] = field(default_factory=dict)
    tags: Mapping[str, Target] = field(default_factory=dict)

    def follows(self, branch: str, default_branch: str | None) -> bool:
        """Whether pushes to this branch belong to the ledger. Without a `default_branch`: main and master do."""
        default = (default_branch,) if default_branch else ("main", "master")
        return branch in default or first_fit(branch, self.release_branches) is not None


@dataclass(frozen=True, slots=True)
class Sources:
    """The whole configuration of sources. `version` guards its writing."""

    github: CodeHost = CodeHost()
    gitlab: CodeHost = CodeHost()
    bitbucket: CodeHost = CodeHost()
    incident_services: Mapping[str, str] = field(default_factory=dict)
    default_service: str | None = None
    version: int = 0

    def service_of(self, source: str, *names: str | None) -> str | None:
        """The service that the first known of the sender's `names` is mapped to, else the default one, if any."""
        return self.mapped(source, *names) or self.default_service

    def mapped(self, source: str, *names: str | None) -> str | None:
        """The service that the first known of the sender's `names` is mapped to, as "pagerduty:PXYZ12" or "PXYZ12"."""
        for name in filter(None, names):
            for key in (f"{source}:{name}", name):
                if key in self.incident_services:
                    return self.incident_services[key]
        return None

    @classmethod
    def from_item(cls, item: Mapping[str, Any] | None) -> Sources:
        """From the stored item, which was valid when it was written."""
        values = item or {}
        hosts = {name: _code_host(values[name]) for name in _HOSTS if values.get(name) is not None}
        return cls(
            **hosts,
            incident_services=dict(values.get("incident_services") or {}),
            default_service=values.get("default_service"),
            version=values.get("v", 0),
        )

    def to_item(self) -> Item:
        """The item that `from_item` reads back, with the version it was read with."""
        pk, sk = SOURCES_KEY
        return {"pk": pk, "sk": sk, "v": self.version, **self.to_data()}

    def to_data(self) -> dict[str, Any]:
        """All of it, defaults included: the form in which people see it."""
        data: dict[str, Any] = {name: _host_data(getattr(self, name)) for name in _HOSTS}
        return {**data, "incident_services": dict(self.incident_services), "default_service": self.default_service}


def choose(targets: Mapping[str, Target], name: str) -> Target | None:
    """The target of exactly this name, else of the first pattern that fits it."""
    if name in targets:
        return targets[name]
    form = first_fit(name, targets)
    return targets[form] if form is not None else None


def _host_data(host: CodeHost) -> dict[str, Any]:
    data: dict[str, Any] = {"incident_label": host.incident_label, "release_branches": list(host.release_branches)}
    for name in ("environments", "workflows", "tags"):
        data[name] = {form: _target_data(target) for form, target in getattr(host, name).items()}
    return data


def _target_data(target: Target) -> dict[str, str]:
    given = {"service": target.service, "environment": target.environment}
    return {name: value for name, value in given.items() if value is not None}


def _code_host(data: Mapping[str, Any]) -> CodeHost:
    default = CodeHost()
    branches = data.get("release_branches")
    environments, workflows, tags = (_targets(data.get(name)) for name in ("environments", "workflows", "tags"))
    return CodeHost(
        incident_label=data.get("incident_label", default.incident_label),
        release_branches=tuple(branches) if branches is not None else default.release_branches,
        environments=environments,
        workflows=workflows,
        tags=tags,
    )


def _targets(data: Mapping[str, Any] | None) -> dict[str, Target]:
    return {form: Target(target.get("service"), target.get("environment")) for form, target in (data or {}).items()}

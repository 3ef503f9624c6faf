"""Deploying a real repository's releases and asking its host for what is not known, as compute does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from compute.apply import fold
from compute.vcs.cache import Facts
from compute.vcs.connection import Connections
from compute.vcs.enrich import enrich
from compute.vcs.port import Host
from leadline.contract.messages import QueueMessage
from leadline.store.memory import MemoryTable
from leadline.store.table import Table
from tests.builders import Event, a_deployment, the_deployment
from tests.vcs.hosted import Hosted

NOW = 1_790_000_000_000
HOUR = 3_600_000


@dataclass
class Clock:
    now: int = NOW

    def __call__(self) -> int:
        return self.now


def connections_to(
    secret: dict[str, dict[str, str]], table: Table, clock: Clock, *, reserve: float = 0, timeout: float = 30
) -> Connections:
    """As made from the secret, with a token for each host."""
    text = json.dumps({name: {"token": "secret-token", **values} for name, values in secret.items()})
    return Connections(lambda: text, table, clock, reserve=reserve, read_timeout=timeout)


def connect(
    kind: str,
    address: str,
    table: Table | None = None,
    clock: Clock | None = None,
    *,
    name: str = "github.com",
    reserve: float = 0,
    timeout: float = 30,
) -> Host:
    """The client of a fake on this machine."""
    secret = {name: {"kind": kind, "api": address}}
    connections = connections_to(secret, table or MemoryTable(), clock or Clock(), reserve=reserve, timeout=timeout)
    host = connections.of(f"{name}/acme/shop")
    assert host is not None
    return host


def tell(table: Table, messages: Sequence[QueueMessage | Event]) -> None:
    for each in messages:
        fold(table, each if isinstance(each, QueueMessage) else json.dumps(each), sleep=lambda _: None)


@dataclass
class Deploying:
    """A repository's production, in which one release after the other goes out. Nothing is known but what the host says."""

    hosted: Hosted
    vcs: Host
    repository: str
    table: Table = field(default_factory=MemoryTable)
    numbers: dict[str, set[int]] = field(default_factory=dict)

    def deploy(self, name: str, *, ask: bool = False, short: int | None = None) -> tuple[str, str]:
        """Deploys a tag, branch or commit; says status and reason after the host was asked. `short`: digits of the SHA sent."""
        sha = self.hosted.resolve(name)
        assert sha is not None
        when = max(_milliseconds(self.hosted.commit(sha).committed), self._latest()) + HOUR // 2
        told = a_deployment(name, when, id=sha[:short], repository=self.repository, deployment_id=f"run {name}")
        tell(self.table, [told])
        assert the_deployment(self.table, f"run {name}").live
        facts = Facts(self.table, self.repository)
        if ask or not facts.knows(sha):
            since = self._lines[-1] if self._lines else None
            tell(self.table, enrich(self.vcs, facts, self.repository, sha[:short], since, when))
        self._lines.append(sha)
        self._times.append(when)
        after = the_deployment(self.table, f"run {name}")
        self.numbers[name] = {change.number for change in after.changes}
        return after.status, after.reason

    def direct(self, name: str) -> set[str]:
        """The commits without a change that this carried."""
        return {sha for sha, _, _ in the_deployment(self.table, f"run {name}").direct}

    def __post_init__(self) -> None:
        self._lines: list[str] = []
        self._times: list[int] = []

    def _latest(self) -> int:
        return max(self._times, default=0)


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)

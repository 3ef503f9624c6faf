"""Two days without the code host, on a virtual clock: deployments count at once, and find their changes when it is back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

from compute.apply import fold
from compute.jobs.lookup import look_up
from compute.jobs.sweep import HOUR, MINUTE, PERIOD, due
from compute.vcs.connection import Connections
from leadline.contract.messages import LookupMessage, parse
from leadline.store.attention import PENDING, attention_partition
from leadline.store.memory import MemoryTable
from tests.builders import a_deployment, deployments
from tests.vcs.asking import NOW, Clock, connections_to, tell
from tests.vcs.fake_github import FakeGitHub
from tests.vcs.loopback import Reply, serving
from tests.vcs.many import a_long_line

REPOSITORIES = 200
DEPLOYMENTS = 10
OUTAGE = 46 * HOUR + 30 * MINUTE
"""The last look at a deployment is 47 hours after it; then it is given up."""


def test_two_days_of_outage_lose_nothing_and_ask_next_to_nothing(tmp_path: Path) -> None:
    one, shas = a_long_line(tmp_path, DEPLOYMENTS + 1, pull_every=2)
    hosted = {
        f"github.com/acme/shop-{number}": replace(one, name=f"acme/shop-{number}") for number in range(REPOSITORIES)
    }
    table, clock = MemoryTable(), Clock()
    with serving(FakeGitHub(*hosted.values())) as server:
        connections = connections_to({"github.com": {"kind": "github", "api": server.address}}, table, clock)
        for repository in hosted:
            tell(
                table, [a_deployment("x", NOW, id=shas[0], repository=repository, deployment_id="first", baseline=True)]
            )
        server.fault = lambda _: Reply(503, {})
        sent = 0
        while clock.now < NOW + OUTAGE:
            clock.now += PERIOD
            due = REPOSITORIES * DEPLOYMENTS * (clock.now - NOW) // OUTAGE
            while sent < min(due, REPOSITORIES * DEPLOYMENTS):
                repository, count = f"github.com/acme/shop-{sent % REPOSITORIES}", sent // REPOSITORIES
                sha = shas[count + 1]
                told = a_deployment("x", clock.now, id=sha, repository=repository, deployment_id=f"run-{count}")
                look_up(table, connections, str(fold(table, json.dumps(told))["deployment"]), clock.now)
                sent += 1
            sweep(table, connections, clock)
        during = [record for record in deployments(table) if record.deployment.report.deployment_id != "first"]
        assert len(during) == sum(record.live for record in during) == REPOSITORIES * DEPLOYMENTS
        assert {(record.status, record.reason) for record in during} == {("pending", "VCS_UNAVAILABLE")}
        # A breaker that opens for a quarter of an hour at a time leaves one try in each, and a few before it was so long.
        assert len(server.asked) <= OUTAGE // (15 * MINUTE) + 10

        server.fault = lambda _: None
        while next(table.query(attention_partition(PENDING)), None):
            clock.now += PERIOD
            sweep(table, connections, clock)
    after = [record for record in deployments(table) if record.deployment.report.deployment_id != "first"]
    assert Counter(record.status for record in after) == {"mapped": REPOSITORIES * DEPLOYMENTS}
    for repository in hosted:
        carried = [change.number for record in after if record.repository == repository for change in record.changes]
        assert sorted(carried) == list(range(1, DEPLOYMENTS // 2 + 1))
    assert sum(len(record.direct) for record in after) == REPOSITORIES * DEPLOYMENTS // 2


def sweep(table: MemoryTable, connections: Connections, clock: Clock) -> None:
    for message in [parse(queued.body) for queued in due(table, clock.now, lookups=True)]:
        assert isinstance(message, LookupMessage), "a deployment was given up although its host is back"
        look_up(table, connections, message.deployment, clock.now)

"""A deployment whose commit or range is not known is completed from its code host, at once or when that answers again."""

import pytest

from compute.vcs.port import Denied, NotFound, RateLimited, Unavailable, VcsError
from leadline.store.deployments import Record
from tests.stored import folded_cells, records, stored_cells
from tests.unit.compute.hosts import HOUR, NOW, FakeHost, Worker, sha


def the_deployment_of(worker: Worker, number: int) -> Record:
    return next(record for record in records(worker.table) if record.deployment.report.id == sha(number))


def carried(worker: Worker, number: int) -> list[int]:
    return [change.number for change in the_deployment_of(worker, number).changes]


def test_an_unknown_sha_is_asked_for_and_finds_its_changes_at_once() -> None:
    worker = Worker(FakeHost())
    worker.deploys(2, NOW - 50 * HOUR)
    worker.deploys(5, NOW - 40 * HOUR)
    assert carried(worker, 5) == [3, 4, 5]
    assert (the_deployment_of(worker, 5).status, the_deployment_of(worker, 5).reason) == ("mapped", "RANGE")
    assert stored_cells(worker.table) == folded_cells(worker.table)


def test_nobody_is_asked_where_nothing_is_lacking_or_no_host_is_configured() -> None:
    host = FakeHost()
    worker = Worker(host)
    worker.deploys(2, NOW - 50 * HOUR)
    worker.deploys(5, NOW - 40 * HOUR)
    asked = host.asked
    worker.deploys(5, NOW - 40 * HOUR)
    assert host.asked == asked
    alone = Worker(None)
    alone.deploys(2, NOW - 50 * HOUR)
    assert the_deployment_of(alone, 2).reason == "SHA_NOT_FOUND"


@pytest.mark.parametrize("trouble", [Unavailable("down"), RateLimited(NOW + HOUR)])
def test_while_the_host_cannot_be_asked_the_deployment_says_so_and_the_sweep_completes_it(trouble: VcsError) -> None:
    host = FakeHost()
    worker = Worker(host)
    worker.deploys(2, NOW - 50 * HOUR)
    host.trouble = trouble
    worker.deploys(4, NOW - 40 * HOUR)
    assert (the_deployment_of(worker, 4).status, the_deployment_of(worker, 4).reason) == ("pending", "VCS_UNAVAILABLE")
    host.trouble = None
    worker.now += HOUR // 4
    assert worker.scheduled("sweep") == 1
    assert carried(worker, 4) == [3, 4]
    assert worker.scheduled("sweep") == 0


@pytest.mark.parametrize("trouble", [NotFound("gone"), Denied("not for this token")])
def test_a_commit_the_host_does_not_show_is_not_found(trouble: VcsError) -> None:
    worker = Worker(FakeHost(trouble=trouble))
    worker.deploys(4, NOW - 40 * HOUR)
    assert (the_deployment_of(worker, 4).status, the_deployment_of(worker, 4).reason) == ("pending", "SHA_NOT_FOUND")


def test_a_malformed_errand_is_parked() -> None:
    worker = Worker(FakeHost())
    worker.works("lookup", {"deployment": "nobody"})
    assert worker.deliveries.reasons == ["NO_SUCH_DEPLOYMENT"]

"""What webhooks lost is found every hour; a backfill goes on where it was cut off."""

import pytest

from compute.jobs.loading import BACKFILL, DAY, RECONCILE, STUCK_AFTER, Loading, begin, loading_key
from compute.vcs.port import Deployed, Page, RateLimited
from leadline.store.services import Service
from leadline.store.table import Put
from tests.stored import folded_cells, records, stored_cells
from tests.unit.compute.hosts import HOUR, NOW, REPOSITORY, FakeHost, Worker, sha


def a_host_with_three_pages() -> FakeHost:
    host = FakeHost()
    run = {"id": sha(3), "repository": REPOSITORY, "status": "success", "finished_at": NOW - 90 * HOUR, "labels": {}}
    host.pages = [
        Page([host.commit(n) for n in (3, 2, 1)], [host.change(3)], [], cursor="1"),
        Page([], [host.change(2), host.change(1)], [], cursor="2"),
        Page([], [], [Deployed({**run, "deployment_id": "d1"}, environment="production", production=True)]),
    ]
    return host


def loading(worker: Worker, purpose: str) -> Loading:
    key = loading_key(purpose, REPOSITORY)
    return Loading.from_item(worker.table.get([key])[key])


def a_worker_with_a_service(host: FakeHost | None) -> Worker:
    worker = Worker(host)
    worker.table.write([Put(Service("shop", REPOSITORY).to_item())])
    return worker


def test_the_reconciler_finds_what_webhooks_lost_and_counts_it() -> None:
    worker = a_worker_with_a_service(a_host_with_three_pages())
    assert worker.scheduled("reconcile") == 1
    found = loading(worker, RECONCILE)
    assert (found.changes, found.deployments, found.commits, found.done) == (3, 1, 3, True)
    assert found.mended == 5
    assert [change.number for change in records(worker.table)[0].changes] in ([3], [1, 2, 3])
    assert stored_cells(worker.table) == folded_cells(worker.table)


def test_reconciling_what_is_known_changes_nothing() -> None:
    worker = a_worker_with_a_service(a_host_with_three_pages())
    worker.scheduled("reconcile")
    before = stored_cells(worker.table)
    worker.now += HOUR
    worker.scheduled("reconcile")
    assert loading(worker, RECONCILE).mended == 0
    assert stored_cells(worker.table) == before


def test_a_backfill_goes_on_where_a_rate_limit_cut_it_off() -> None:
    host = a_host_with_three_pages()
    worker = a_worker_with_a_service(host)
    worker.works("loading", begin(BACKFILL, REPOSITORY, NOW - 90 * DAY, NOW).to_data())
    host.trouble = RateLimited(NOW + HOUR)
    worker.drains()
    cut = loading(worker, BACKFILL)
    assert (cut.pages, cut.cursor, cut.trouble, cut.done) == (1, "1", "RateLimited", False)
    host.trouble = None
    worker.now += STUCK_AFTER
    assert worker.scheduled("sweep") == 1
    done = loading(worker, BACKFILL)
    assert (done.pages, done.changes, done.done, done.trouble) == (3, 3, True, None)


@pytest.mark.parametrize("purpose", [BACKFILL, RECONCILE])
def test_a_host_that_is_not_configured_ends_the_loading_and_says_so(purpose: str) -> None:
    worker = a_worker_with_a_service(None)
    worker.works("loading", begin(purpose, REPOSITORY, NOW - DAY, NOW).to_data())
    assert (loading(worker, purpose).done, loading(worker, purpose).trouble) == (True, "NotConfigured")

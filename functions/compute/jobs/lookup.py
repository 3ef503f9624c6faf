"""Asking a repository's code host for what a deployment's attribution lacks, and folding the answer like any other message.

That is done for deployments whose SHA is not known, or whose range relied on merge order, missing commits or commits without a
change. Not for a first deployment: it reaches back to its own date only. While the host can't be reached, a pending deployment has
the reason `VCS_UNAVAILABLE`, and the sweep tries again.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from compute.apply import fold
from compute.derive.opening import finish, open_deployment
from compute.vcs.cache import Facts
from compute.vcs.enrich import enrich
from compute.vcs.port import Denied, NotFound, VcsError
from leadline.store.table import Table

if TYPE_CHECKING:
    from compute.vcs.connection import Connections


def look_up(table: Table, connections: "Connections", key: str, now: int) -> None:
    """Asks about the deployment with this key, where that may help. `now` in epoch milliseconds. Never raises a VcsError."""
    _, timeline, record = open_deployment(table, key)
    sha, repository = record.deployment.report.id, record.repository
    entry = timeline.entry(record.place)
    lacking = record.status == "pending" or bool(record.waits_for or (entry and entry.spans))
    if (
        sha is None
        or repository is None
        or entry is None
        or not entry.live
        or record.status == "baseline"
        or not lacking
    ):
        return
    before = timeline.live_before(record.place)
    since = before.after.line if before else None  # the last place that is known: those between may be pending, too
    try:
        host = connections.of(repository)
        if host is None:
            return
        messages = enrich(host, Facts(table, repository), repository, sha, since, now)
    except (NotFound, Denied):
        _note_availability(table, key, unavailable=False)
        return
    except VcsError:
        _note_availability(table, key, unavailable=True)
        return
    for message in messages:
        fold(table, message)
    _note_availability(table, key, unavailable=False)


def _note_availability(table: Table, key: str, *, unavailable: bool) -> None:
    """Keeps with the deployment whether its host could be reached: that is a reason of its own."""
    work, timeline, record = open_deployment(table, key)
    if record.unavailable != unavailable:
        timeline.put_header(replace(record, unavailable=unavailable))
        timeline.attribute_again(record.place)
    finish(work)

"""Asking a repository's code host for what a deployment's attribution lacks, and folding the answer like anything else.

Asked are deployments whose SHA is not known, or whose range relied on merge order, missing commits or commits without a change.
A first deployment is not: it reaches back to its own date only. While the host cannot be asked a pending deployment says so
(`VCS_UNAVAILABLE`); the sweep tries again.
"""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from compute.fold import fold
from compute.kinds.correction import open_deployment
from compute.vcs.cache import Facts
from compute.vcs.enrich import enrich
from compute.vcs.port import Denied, NotFound, VcsError
from leadline.store.table import Table

if TYPE_CHECKING:
    from compute.vcs.connection import Connections


def look_up(table: Table, connections: "Connections", key: str, now: int) -> None:
    """Asks for the deployment with this key, where that may help. `now` in epoch milliseconds. Never raises a VcsError."""
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
        _note_asked(table, key, unavailable=False)
        return
    except VcsError:
        _note_asked(table, key, unavailable=True)
        return
    for message in messages:
        fold(table, json.dumps(message))
    _note_asked(table, key, unavailable=False)


def _note_asked(table: Table, key: str, *, unavailable: bool) -> None:
    """Keeps with the deployment whether its host could be asked: that is a reason of its own."""
    derivation, timeline, record = open_deployment(table, key)
    if record.unavailable != unavailable:
        derivation.work.changes.put(replace(record, unavailable=unavailable).header_item())
        timeline.redo(record.place)
    derivation.finish()

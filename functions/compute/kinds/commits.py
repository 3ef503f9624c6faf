"""A commits event stores a stretch of the commit graph."""

from typing import Any

from compute.derive.nodes import store_nodes
from compute.derive.opening import finish, open_lock
from compute.event_traces import About
from leadline.contract.messages import CommitsMessage
from leadline.domain.ledger import Node
from leadline.domain.people import names_in, renamed
from leadline.store.ledger import node_key, wait_key, with_commit
from leadline.store.table import Table


def apply_commits(table: Table, message: CommitsMessage) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    data = message.data
    repository, branch = data["repository"], data.get("branch")
    work = open_lock(table, repository)
    authors = work.people.stored_names(names_in(data))
    reported = [_node(commit, branch) for commit in renamed(data["commits"], authors.__getitem__)]
    keys = [key for node in reported for key in (node_key(repository, node.sha), wait_key(repository, node.sha))]
    work.changes.prefetch(keys)
    known = {node.sha: work.ledger.node(node.sha) for node in reported}
    store_nodes(work, [(known[node.sha], with_commit(known[node.sha], node)) for node in reported])
    finish(work)
    return {}


def _node(commit: dict[str, Any], branch: str | None) -> Node:
    return Node(
        sha=commit["sha"],
        parents=tuple(commit["parents"]) if "parents" in commit else None,  # some pushes do not name them
        committed_at=commit["committed_at"],
        authored_at=commit.get("authored_at"),
        author=commit.get("author"),
        reported_branch=branch,
        picked_from=commit.get("cherry_picked_from"),
    )

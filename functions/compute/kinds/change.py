"""A change event completes the change and its commits in the ledger, a deletion takes it out; then its deployments are derived."""

from compute.derive.nodes import mark_carriers, mark_deployments, store_nodes
from compute.derive.opening import finish, open_lock
from compute.derive.unit_of_work import UnitOfWork
from compute.event_traces import About
from leadline.contract.messages import ChangeDeletion, ChangeMessage
from leadline.domain.changes import Change
from leadline.domain.people import Rename, renamed
from leadline.store.ledger import change_key, node_key, wait_key, waiting, with_change, without_change
from leadline.store.table import Item, Table

_READ_TOGETHER = 40


def apply_change(table: Table, message: ChangeMessage) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    reported = Change.from_data(message.data)
    work, item = _open_change(table, reported)
    if item.get("deleted", 0) < message.received_at:
        authors = work.people.stored_names(name for name in [reported.author] if name)
        reported = _renamed(reported, authors.__getitem__)
        stored = _stored(reported, item)
        old = _renamed(stored, work.people.stored_name) if stored else None
        new = old.join(reported) if old else reported
        values = {name: value for name, value in new.to_data().items() if name not in ("repository", "number")}
        _store_change(work, item, old, new, values)
    finish(work)
    return {"change": message.data["number"]}


def delete_change(table: Table, message: ChangeDeletion) -> About:
    """Applying it again changes nothing. Raises Conflict where it has to be tried again."""
    named = Change(message.repository, message.number)
    work, item = _open_change(table, named)
    old = _stored(named, item)
    if "unlearned" in item or (old is not None and item.get("deleted", 0) < message.received_at):
        _store_change(work, item, old, named, {"deleted": message.received_at})
    finish(work)
    return {}


def _open_change(table: Table, change: Change) -> tuple[UnitOfWork, Item]:
    shas = list(change.shas())[:_READ_TOGETHER]
    keys = [change_key(change.repository, change.number)]
    keys += [key for sha in shas for key in (node_key(change.repository, sha), wait_key(change.repository, sha))]
    work = open_lock(table, change.repository, keys)
    return work, work.changes.get(keys[0]) or {}


def _renamed(change: Change, rename: Rename) -> Change:
    return Change.from_data(renamed(change.to_data(), rename))


def _stored(change: Change, item: Item) -> Change | None:
    if not item or "deleted" in item:
        return None
    return Change.from_data({**item, "repository": change.repository, "number": change.number})


def _store_change(work: UnitOfWork, item: Item, old: Change | None, new: Change, values: Item) -> None:
    """Stores the change's item and, with its commits, what it stands for now.

    With many commits that takes several transactions. Until the last of them the item names the commits to be `unlearned`, so that
    the next message about the change, mostly the same one again, completes what a worker began that died.
    """
    repository = new.repository
    pk, sk = change_key(repository, new.number)
    unfinished = item.get("unlearned")
    roles = new.shas() if new.merged else {}
    left = sorted({*(old.shas() if old and old.merged else ()), *(unfinished or ())} - roles.keys())
    work.changes.prefetch(node_key(repository, sha) for sha in [*roles, *left])
    known = {sha: work.ledger.node(sha) for sha in [*roles, *left]}
    nodes = [(known[sha], with_change(known[sha], sha, role, new)) for sha, role in roles.items()]
    nodes += [(node, without_change(node, new.number)) for sha in left if (node := known[sha]) is not None]
    work.changes.put({"pk": pk, "sk": sk, **values, "unlearned": left})
    if nodes and (unfinished is not None or old not in (None, new)):
        mark_carriers(work, new.number)
        mark_deployments(work, sorted(waiting(work.changes, roles)))
    store_nodes(work, nodes)
    work.changes.put({"pk": pk, "sk": sk, **values})

"""Change and commits events: write the ledger, and derive the deployments that this may concern."""

from collections.abc import Iterable
from typing import Any

from compute.derive.derivation import Derivation
from compute.derive.unit_of_work import ATTRIBUTE, UnitOfWork, read_together
from leadline.domain.changes import Change
from leadline.domain.ledger import SKEW, Node
from leadline.domain.people import Rename, names_in, renamed
from leadline.store.deployments import deployment_item_key, place_of
from leadline.store.ledger import (
    change_key,
    node_key,
    takes_part,
    wait_key,
    waiting,
    with_change,
    with_commit,
    without_change,
)
from leadline.store.planned_writes import lock_key
from leadline.store.services import Service, service_key
from leadline.store.table import Item, Table

_READ_TOGETHER = 40


def apply_change(table: Table, data: dict[str, Any], received_at: int) -> None:
    """Completes the change this event tells of. Applying it again changes nothing. Raises Conflict to be tried anew."""
    told = Change.from_data(data)
    derivation, item = _open_change(table, told)
    if item.get("deleted", 0) < received_at:
        people = derivation.work.people
        told = _renamed(told, people.stored_names(filter(None, [told.author])).__getitem__)
        stored = _stored(told, item)
        old = _renamed(stored, people.stored_name) if stored else None
        new = old.join(told) if old else told
        values = {name: value for name, value in new.to_data().items() if name not in ("repository", "number")}
        _learn_change(derivation, item, old, new, values)
    derivation.finish()


def delete_change(table: Table, data: dict[str, Any], received_at: int) -> None:
    """Takes a change out of everything. Applying it again changes nothing. Raises Conflict to be tried anew."""
    named = Change(data["repository"], data["number"])
    derivation, item = _open_change(table, named)
    old = _stored(named, item)
    if "unlearned" in item or (old is not None and item.get("deleted", 0) < received_at):
        _learn_change(derivation, item, old, named, {"deleted": received_at})
    derivation.finish()


def _open_change(table: Table, change: Change) -> tuple[Derivation, Item]:
    shas = list(change.shas())[:_READ_TOGETHER]
    keys = [lock_key(change.repository), change_key(change.repository, change.number)]
    keys += [key for sha in shas for key in (node_key(change.repository, sha), wait_key(change.repository, sha))]
    derivation = Derivation(UnitOfWork(table, change.repository, read_together(table, keys)))
    derivation.finish()
    return derivation, derivation.work.changes.get(change_key(change.repository, change.number)) or {}


def _renamed(change: Change, rename: Rename) -> Change:
    return Change.from_data(renamed(change.to_data(), rename))


def _stored(change: Change, item: Item) -> Change | None:
    if not item or "deleted" in item:
        return None
    return Change.from_data({**item, "repository": change.repository, "number": change.number})


def _learn_change(derivation: Derivation, item: Item, old: Change | None, new: Change, values: Item) -> None:
    """Stores the change's item and, with its commits, what it stands for now.

    With many commits that takes several transactions. Until the last of them the item names the commits to be `unlearned`, so that
    whoever tells of the change next, mostly the same message once more, ends what a worker began that died.
    """
    work, repository = derivation.work, new.repository
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
        _mark_carriers(derivation, new.number)
        _mark_deployments(derivation, sorted(waiting(work.changes, roles)))
    _learn(derivation, nodes)
    work.changes.put({"pk": pk, "sk": sk, **values})


def apply_commits(table: Table, data: dict[str, Any]) -> None:
    """Stores a stretch of the commit graph. Applying it again changes nothing. Raises Conflict to be tried anew."""
    repository, branch = data["repository"], data.get("branch")
    derivation = Derivation(UnitOfWork(table, repository, read_together(table, [lock_key(repository)])))
    derivation.finish()
    ledger = derivation.work.ledger
    authors = derivation.work.people.stored_names(names_in(data))
    told = [_node(commit, branch) for commit in renamed(data["commits"], authors.__getitem__)]
    keys = [key for node in told for key in (node_key(repository, node.sha), wait_key(repository, node.sha))]
    derivation.work.changes.prefetch(keys)
    _learn(derivation, [(ledger.node(node.sha), with_commit(ledger.node(node.sha), node)) for node in told])
    derivation.finish()


def _node(commit: dict[str, Any], branch: str | None) -> Node:
    return Node(
        sha=commit["sha"],
        parents=tuple(commit["parents"]) if "parents" in commit else None,  # a push may not tell them
        committed_at=commit["committed_at"],
        authored_at=commit.get("authored_at"),
        author=commit.get("author"),
        reported_branch=branch,
        picked_from=commit.get("cherry_picked_from"),
    )


def _learn(derivation: Derivation, nodes: Iterable[tuple[Node | None, Node]]) -> None:
    """Stores what is new of these nodes, each in one transaction with the marks of the deployments it concerns."""
    work = derivation.work
    changed = [(old, new) for old, new in nodes if old != new]
    concerned = waiting(work.changes, [new.sha for _, new in changed])
    _mark_deployments(derivation, sorted(concerned))
    for number in sorted(_stood_for(changed)):
        _mark_carriers(derivation, number)
    _mark_spans(derivation, changed)
    for _, new in changed:
        work.changes.make_room(4)
        work.ledger.learn(new)


def _stood_for(changed: Iterable[tuple[Node | None, Node]]) -> set[int]:
    """The changes that commits stood for which now stand for others too, or are known to be picked."""
    return {
        number
        for old, new in changed
        if old is not None and (old.numbers, old.picked_from) != (new.numbers, new.picked_from)
        for number in old.numbers
    }


def _mark_carriers(derivation: Derivation, number: int) -> None:
    ships = derivation.work.changes.query(change_key(derivation.work.lock, number)[0], "ship#", "ship#~")
    _mark_deployments(derivation, [item["d"] for item in ships])


def _mark_deployments(derivation: Derivation, keys: list[str]) -> None:
    changes = derivation.work.changes
    changes.prefetch(deployment_item_key(key) for key in keys)
    for key in keys:
        header = changes.get(deployment_item_key(key))
        service = derivation.work.service(header["service"]) if header else None
        if header is not None and service is not None and service.lock == derivation.work.lock:
            derivation.work.mark(ATTRIBUTE, header["service"], header["environment"], header["place"])


def _mark_spans(derivation: Derivation, changed: list[tuple[Node | None, Node]]) -> None:
    """Marks deployments that relied on a branch's merge order where a node now turns up, moves or gets its parents."""
    moved = [node for pair in changed for node in pair if node is not None and takes_part(node) and node.branch]
    if not moved:
        return
    changes = derivation.work.changes
    earliest = max(0, min(node.at for node in moved) - SKEW)
    if changes.lock.get("last_finish", 0) < earliest:
        return
    for name in changes.lock.get("services", []):
        item = changes.get(service_key(name))
        for environment in Service.from_item(item).years if item else ():
            timeline = derivation.timeline(name, environment)
            for entry in timeline.entries(place_of(earliest, "")):
                if any(span.holds(node.branch or "", node.at) for span in entry.spans for node in moved):
                    timeline.mark(ATTRIBUTE, entry.place)

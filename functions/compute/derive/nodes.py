"""Storing commits in a repository's ledger, together with the marks of the deployments that they concern."""

from collections.abc import Iterable

from compute.derive.timeline import ATTRIBUTE
from compute.derive.unit_of_work import UnitOfWork
from leadline.domain.ledger import SKEW, Node
from leadline.store.deployments import deployment_item_key, place_of
from leadline.store.ledger import change_key, takes_part, waiting
from leadline.store.services import Service, service_key


def store_nodes(work: UnitOfWork, nodes: Iterable[tuple[Node | None, Node]]) -> None:
    """Plans to store those of these nodes that changed, as (before, now), after the marks of what each concerns."""
    changed = [(old, new) for old, new in nodes if old != new]
    mark_deployments(work, sorted(waiting(work.changes, [new.sha for _, new in changed])))
    for number in sorted(_stood_for(changed)):
        mark_carriers(work, number)
    _mark_spans(work, changed)
    for _, new in changed:
        work.changes.make_room(4)
        work.ledger.learn(new)


def mark_carriers(work: UnitOfWork, number: int) -> None:
    """Marks the deployments that carried this change."""
    ships = work.changes.query(change_key(work.lock, number)[0], "ship#", "ship#~")
    mark_deployments(work, [item["d"] for item in ships])


def mark_deployments(work: UnitOfWork, keys: list[str]) -> None:
    """Marks these deployments to be attributed again, where they are written under this lock."""
    work.changes.prefetch(deployment_item_key(key) for key in keys)
    for key in keys:
        header = work.changes.get(deployment_item_key(key))
        service = work.service(header["service"]) if header else None
        if header is not None and service is not None and service.lock == work.lock:
            work.timeline(service.name, header["environment"]).mark(ATTRIBUTE, header["place"])


def _stood_for(changed: Iterable[tuple[Node | None, Node]]) -> set[int]:
    """The changes that commits stood for which now stand for others too, or are known to be picked."""
    return {
        number
        for old, new in changed
        if old is not None and (old.numbers, old.picked_from) != (new.numbers, new.picked_from)
        for number in old.numbers
    }


def _mark_spans(work: UnitOfWork, changed: list[tuple[Node | None, Node]]) -> None:
    """Marks deployments that relied on a branch's merge order where a node now turns up, moves or gets its parents."""
    moved = [node for pair in changed for node in pair if node is not None and takes_part(node) and node.branch]
    if not moved:
        return
    earliest = max(0, min(node.at for node in moved) - SKEW)
    if work.changes.lock.get("last_finish", 0) < earliest:
        return
    for name in work.changes.lock.get("services", []):
        item = work.changes.get(service_key(name))
        for environment in Service.from_item(item).years if item else ():
            timeline = work.timeline(name, environment)
            for entry in timeline.entries(place_of(earliest, "")):
                if any(span.holds(node.branch or "", node.at) for span in entry.spans for node in moved):
                    timeline.mark(ATTRIBUTE, entry.place)

"""Records which events of a request were rejected: counted by their faults, without their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingest.batch_results import QUEUE_UNAVAILABLE, ItemResult
from leadline.access.authentication import Principal
from leadline.access.key_scope import KeyScope
from leadline.contract.invalid_value import Fault, InvalidValue
from leadline.contract.repository_path import read_repository_path
from leadline.contract.text import name_of
from leadline.http.context import RequestContext
from leadline.http.problems import Problem
from leadline.store.rejected_events import MOST_FAULTS, RejectedEvent, without_indexes
from leadline.store.table import Write

MOST_PLACES = 5
"""At most so many services and repositories of one request are counted apart: each is an item to write."""

_FREE_NAMES = frozenset({"labels"})
"""Fields whose members are named by the sender."""
_NAMES: dict[str, Callable[[object], str]] = {"service": name_of(200), "repository": read_repository_path}

Place = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Rejections:
    """Events about one place: how many, and each kind of fault once, at the first pointer that has it."""

    count: int = 0
    faults: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def add(self, faults: Sequence[Fault]) -> None:
        self.count += 1
        for fault in faults:
            if len(self.faults) == MOST_FAULTS:
                return
            safe = (safe_pointer(fault), fault["code"])
            self.faults.setdefault(without_indexes(safe), safe)


class RejectedEvents:
    """The rejected events of one request, sent with a key of this scope. `writes` stores them."""

    def __init__(self, kind: str, scope: KeyScope) -> None:
        self._kind = kind
        self._scope = scope
        self._rejected: list[tuple[Sequence[Fault], object]] = []

    def add(self, faults: Sequence[Fault], sent: object = None) -> None:
        """An event rejected for these faults. `sent`: the event, to find which service it is about."""
        self._rejected.append((faults, sent))

    def add_items(self, results: Sequence[ItemResult], sent: Any) -> None:
        """The rejected events of a body, `sent`."""
        items = sent if isinstance(sent, list) else [sent]
        self._rejected += [(result.faults, items[result.index]) for result in results if result.faults]

    def add_body(self, problem: Problem) -> None:
        """A request that was rejected as a whole, unless its events are already recorded one by one."""
        if problem.status < 500 and not self._rejected:
            kind = problem.type.rpartition(":")[2].replace("-", "_")
            self.add(problem.errors or [{"pointer": "", "code": kind, "detail": ""}])

    def writes(self, key_id: str, at: int) -> list[Write]:
        """The writes that store them. `at` in epoch ms."""
        by_place: dict[Place, _Rejections] = {}
        for faults, sent in self._rejected:
            if any(fault["code"] == QUEUE_UNAVAILABLE for fault in faults):
                continue  # valid, and its sender was asked to send it again
            place = self._place(sent)
            if place not in by_place and len(by_place) >= MOST_PLACES:
                place = ()
            by_place.setdefault(place, _Rejections()).add(faults)
        return [
            RejectedEvent(key_id, self._kind, tuple(alike.faults.values()), dict(place), alike.count).addition(at)
            for place, alike in by_place.items()
        ]

    def _place(self, sent: object) -> Place:
        """The event's service and repository, normalised, where they are valid and within the key's scope."""
        if not isinstance(sent, Mapping):
            return ()
        allowed = {"service": self._scope.services, "repository": self._scope.repositories}
        found: list[tuple[str, str]] = []
        for field_name, read in _NAMES.items():
            try:
                name = read(sent.get(field_name))
            except InvalidValue:
                continue
            if not self._scope or name in allowed[field_name]:
                found.append((field_name, name))
        return tuple(found)


@contextmanager
def recording_rejections(context: RequestContext, kind: str) -> Iterator[RejectedEvents]:
    """Stores what is rejected within, once the request is answered. The request's key and time must be known."""
    assert isinstance(context.principal, Principal)
    assert context.at is not None
    key_id, at = context.principal.key_id, context.at
    rejections = RejectedEvents(kind, context.principal.limits)
    context.also = lambda: rejections.writes(key_id, at)
    try:
        yield rejections
    except Problem as problem:
        rejections.add_body(problem)
        raise


def safe_pointer(fault: Fault) -> str:
    """The fault's pointer without names chosen by the sender, which may be secrets pasted in the wrong place."""
    steps = fault["pointer"].split("/")
    if fault["code"] == "extra":
        del steps[-1]
    for number, step in enumerate(steps):
        if step in _FREE_NAMES:
            del steps[number + 1 :]
            break
    return "/".join(steps)

"""What is refused of a request to the Events API is noted along with the request: counted by its faults, without its values."""

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
"""So many services and repositories of one request are told apart: each is an item to write."""

_NAMED_BY_SENDERS = frozenset({"labels"})
"""Fields whose own fields have names of the sender's."""
_NAMES: dict[str, Callable[[object], str]] = {"service": name_of(200), "repository": read_repository_path}

Place = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Alike:
    """Events of one place: how many, and what is wrong with them, each kind of fault once, at the first place that has it."""

    count: int = 0
    faults: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def add(self, faults: Sequence[Fault]) -> None:
        self.count += 1
        for fault in faults:
            if len(self.faults) == MOST_FAULTS:
                return
            shown = (shown_pointer(fault), fault["code"])
            self.faults.setdefault(without_indexes(shown), shown)


class RejectedEvents:
    """InvalidValue events of one request, by a key with these limits. Until they are written down they are only kept."""

    def __init__(self, kind: str, limits: KeyScope) -> None:
        self._kind = kind
        self._limits = limits
        self._refused: list[tuple[Sequence[Fault], object]] = []

    def add(self, faults: Sequence[Fault], sent: object = None) -> None:
        """An event that was refused for these faults. `sent`: what it was, to find what it is about."""
        self._refused.append((faults, sent))

    def add_items(self, results: Sequence[ItemResult], sent: Any) -> None:
        """Those of a body's events that were refused. `sent` is the body."""
        items = sent if isinstance(sent, list) else [sent]
        self._refused += [(result.faults, items[result.index]) for result in results if result.faults]

    def add_body(self, problem: Problem) -> None:
        """A request of which nothing could be read, or taken; where its events were told one by one, nothing more."""
        if problem.status < 500 and not self._refused:
            kind = problem.type.rpartition(":")[2].replace("-", "_")
            self.add(problem.errors or [{"pointer": "", "code": kind, "detail": ""}])

    def writes(self, key_id: str, at: int) -> list[Write]:
        """What notes them. `at` in epoch ms."""
        by_place: dict[Place, _Alike] = {}
        for faults, sent in self._refused:
            if any(fault["code"] == QUEUE_UNAVAILABLE for fault in faults):
                continue  # it is valid, and its sender was told to send it again
            place = self._place(sent)
            if place not in by_place and len(by_place) >= MOST_PLACES:
                place = ()
            by_place.setdefault(place, _Alike()).add(faults)
        return [
            RejectedEvent(key_id, self._kind, tuple(alike.faults.values()), dict(place), alike.count).addition(at)
            for place, alike in by_place.items()
        ]

    def _place(self, sent: object) -> Place:
        """The names of the event's service and repository as events have them, where they are names and the key reaches them."""
        if not isinstance(sent, Mapping):
            return ()
        reached = {"service": self._limits.services, "repository": self._limits.repositories}
        found: list[tuple[str, str]] = []
        for field_name, read in _NAMES.items():
            try:
                name = read(sent.get(field_name))
            except InvalidValue:
                continue
            if not self._limits or name in reached[field_name]:
                found.append((field_name, name))
        return tuple(found)


@contextmanager
def noting(context: RequestContext, kind: str) -> Iterator[RejectedEvents]:
    """What is refused within is noted once the request is answered. The request's key and time are known."""
    assert isinstance(context.principal, Principal)
    assert context.at is not None
    key_id, at = context.principal.key_id, context.at
    refusals = RejectedEvents(kind, context.principal.limits)
    context.also = lambda: refusals.writes(key_id, at)
    try:
        yield refusals
    except Problem as problem:
        refusals.add_body(problem)
        raise


def shown_pointer(fault: Fault) -> str:
    """Where the fault is, without names of the sender's choosing, which may be secrets pasted in the wrong place."""
    steps = fault["pointer"].split("/")
    if fault["code"] == "extra":
        del steps[-1]
    for number, step in enumerate(steps):
        if step in _NAMED_BY_SENDERS:
            del steps[number + 1 :]
            break
    return "/".join(steps)

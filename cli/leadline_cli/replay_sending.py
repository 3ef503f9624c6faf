"""Sends the events of one kind and records the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from leadline_cli.client import Client, Rejection
from leadline_cli.progress import Progress
from leadline_cli.replay_events import Event

MAX_REASONS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """Events of one kind, in order. `total`, `weight` and the report count commits, not pages of commits."""

    kind: str
    events: Iterable[Event]
    total: int
    name: Callable[[Event], str]
    weight: Callable[[Event], int] = lambda _: 1

    @property
    def path(self) -> str:
        return f"/v1/events/{self.kind}"


@dataclass(slots=True)
class Sent:
    """The result of a part: `refused` holds the indices of rejected events, `reasons` why, for the first of them."""

    kind: str
    accepted: int = 0
    rejected: int = 0
    reasons: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)


def send(client: Client, part: Part, progress: Progress) -> Sent:
    """Raises ApiError if the API can't be reached or rejects the request as a whole."""
    sent = Sent(part.kind)
    under_way: list[tuple[str, int]] = []

    def noted() -> Iterable[Event]:
        for event in part.events:
            under_way.append((part.name(event), part.weight(event)))
            yield event

    first = 0
    progress.begin(part.kind, part.total)
    for size, rejections in client.send(part.path, noted()):
        batch = under_way[:size]
        del under_way[:size]  # the batches are made one event ahead: that one stays
        lost = _note_rejections(sent, rejections, batch, first)
        sent.accepted += sum(count for _, count in batch) - lost
        first += size
        progress.at(sent.accepted + sent.rejected)
    progress.end(sent.accepted + sent.rejected)
    return sent


def _note_rejections(sent: Sent, rejections: Sequence[Rejection], batch: Sequence[tuple[str, int]], first: int) -> int:
    lost = 0
    for rejection in rejections:
        label, count = batch[rejection.index - first]
        lost += count
        sent.refused.add(rejection.index)
        if len(sent.reasons) < MAX_REASONS:
            sent.reasons.append(f"{label}: {'; '.join(rejection.reasons)}")
    sent.rejected += lost
    return lost

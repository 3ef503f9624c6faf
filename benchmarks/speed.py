"""CPU time of the handlers with AWS answered from memory, and how many events a second that makes on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.events import stack_in_use
from benchmarks.happenings import AUTHORS, HOUR
from benchmarks.product import Step
from benchmarks.queries import FIFTY_SERVICES, dora, filled, today

_ROUNDS = 5
_EVENTS = 60


@dataclass(frozen=True, slots=True)
class Speed:
    """`cpu`: milliseconds an event, or a query: the median of some rounds."""

    name: str
    cpu: float

    @property
    def per_second(self) -> float:
        return 1000 / self.cpu


def every_handler() -> Iterator[Speed]:
    product, work = stack_in_use()
    ingest_one: list[float] = []
    compute_kinds: dict[str, list[float]] = {"change": [], "push of one commit": [], "deployment, one change": []}
    for _ in range(_ROUNDS):
        posted: list[float] = []
        counted: dict[str, list[float]] = {name: [] for name in compute_kinds}
        for number in range(_EVENTS):
            author = AUTHORS[number % len(AUTHORS)]
            happened = {
                "change": ("changes", work.merge(author)),
                "push of one commit": ("commits", work.push(1)),
                "deployment, one change": ("deployments", work.deployment()),
            }
            for name, (kind, event) in happened.items():
                posted.append(product.post(kind, event).cpu)
                counted[name].append(product.compute().cpu)
            work.later(HOUR // 4)
        ingest_one.append(_mean(posted))
        for name, seconds in counted.items():
            compute_kinds[name].append(_mean(seconds))
    yield _speed("ingest, one event a request", ingest_one)
    yield _speed(
        "ingest, 500 events a request",
        [_array(lambda events: product.post("changes", events), work.merge) for _ in range(_ROUNDS)],
    )
    product.compute()
    for name, rounds in compute_kinds.items():
        yield _speed(f"compute, {name}", rounds)
    yield from _queries()


def _array(post: Callable[[list[object]], Step], event: Callable[[], object]) -> float:
    return post([event() for _ in range(500)]).cpu / 500


def _queries() -> Iterator[Speed]:
    end = today()
    product = filled(FIFTY_SERVICES, end)
    service = f"service={FIFTY_SERVICES.service(7)}"
    targets = {
        "query, 30 days, one service": dora(end, 30, service),
        "query, a year, one service": dora(end, 365, service),
        "query, 30 days, everything": dora(end, 30),
        "query, page of 50 deployments": f"/v1/deployments?{service}",
    }
    for name, target in targets.items():
        yield _speed(name, [_mean([product.get(target).cpu for _ in range(10)]) for _ in range(_ROUNDS)])


def _mean(seconds: list[float]) -> float:
    return sum(seconds) / len(seconds)


def _speed(name: str, rounds: list[float]) -> Speed:
    return Speed(name, median(rounds) * 1000)

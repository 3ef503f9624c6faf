"""What was aimed at, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.assets import Asset
from benchmarks.events import Costs
from benchmarks.queries import Growth, Query


@dataclass(frozen=True, slots=True)
class Aim:
    name: str
    most: float
    found: float

    @property
    def met(self) -> bool:
        return self.found <= self.most


def of_events(costs: Sequence[Costs]) -> Iterator[Aim]:
    """From POST to counted, where the key is known."""
    for name in ("deployment, one change", "the same, no access log"):
        bill = next(cost for cost in costs if cost.name == name).step.bill.of("dynamodb")
        what = "deployment, one change" + name.removeprefix("the same").removeprefix("deployment, one change")
        yield Aim(f"{what}: write units", 20, bill.write_units)
        yield Aim(f"{what}: requests", 5, bill.requests)


def of_queries(queries: Sequence[Query]) -> Iterator[Aim]:
    """With the settings, where the key is known."""
    bills = {query.name: query.warm.bill.of("dynamodb") for query in queries}
    for name in ("30 days, one service", "30 days, one service, no access log"):
        yield Aim(f"{name}: requests", 2, bills[name].requests)
        yield Aim(f"{name}: read units", 5, bills[name].read_units)
    yield Aim(
        "a year, one service, of 2,000 deployments a year: read units", 20, bills["a year, one service"].read_units
    )


def of_growth(grown: Sequence[Growth]) -> Iterator[Aim]:
    least = grown[0]
    name = f"a year, one service, of {least.deployments:,} deployments a year: read units"
    yield Aim(name, 20, least.year.bill.of("dynamodb").read_units)


def of_assets(assets: Sequence[Asset]) -> Iterator[Aim]:
    ingest = next(asset for asset in assets if asset.function == "ingest")
    yield Aim("ingest's code, zipped: MB", 10, ingest.megabytes)

"""What was aimed at, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.assets import Asset
from benchmarks.events import Costs
from benchmarks.queries import Query


@dataclass(frozen=True, slots=True)
class Aim:
    name: str
    most: float
    found: float

    @property
    def met(self) -> bool:
        return self.found <= self.most


def of_events(costs: Sequence[Costs]) -> Iterator[Aim]:
    usual = next(cost for cost in costs if cost.name == "deployment, one change").step.bill.of("dynamodb")
    yield Aim("deployment of one change: write units", 20, usual.write_units)
    yield Aim("deployment of one change: DynamoDB requests from POST to counted, key known", 5, usual.requests)


def of_queries(queries: Sequence[Query]) -> Iterator[Aim]:
    """With the key check and the settings."""
    month, year = (
        next(query for query in queries if query.name == name).cold.bill.of("dynamodb")
        for name in ("30 days, one service", "a year, one service")
    )
    yield Aim("30 days of one service: requests", 2, month.requests)
    yield Aim("30 days of one service: read units", 5, month.read_units)
    yield Aim("a year of one service (2,000 deployments, and 2,000 the year before): read units", 20, year.read_units)


def of_assets(assets: Sequence[Asset]) -> Iterator[Aim]:
    ingest = next(asset for asset in assets if asset.function == "ingest")
    yield Aim("ingest's code, zipped: MB", 10, ingest.megabytes)

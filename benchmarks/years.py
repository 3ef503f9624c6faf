"""Years of deployments put straight into the table: the cells that folding them would have made, and what lists read.

A hundred thousand events through the handlers would take a quarter of an hour and leave the same cells.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import log
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from benchmarks.happenings import HOUR, sha
from benchmarks.memory_dynamodb import MemoryDynamoDB
from leadline.domain.attribution import State, Tip
from leadline.domain.cells import CellKey, contributions
from leadline.domain.deployments import Deployment, StatusReport
from leadline.domain.facts import CarriedChange, FactPart, Summary
from leadline.domain.lead_time import LeadTime
from leadline.store.cells import cell_key
from leadline.store.deployments import Record, TimelineEntry, place_of
from leadline.store.services import Service

DAYS = 365
_LISTED = 60
"""The last so many deployments of a service can be listed whole; of the others there are places and cells."""

_serialize = TypeSerializer().serialize


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """`services`, each deployed `deployments` times a year by some of the `people`, who are in one team each."""

    services: int
    deployments: int
    people: int
    teams: int

    def service(self, number: int) -> str:
        return f"service-{number:02d}"

    def repository(self, number: int) -> str:
        return f"github.com/acme/{self.service(number)}"


def fill(store: MemoryDynamoDB, organisation: OrganisationSettings, end: date) -> None:
    """Two years up to `end`, the second with the same numbers as the first: a report compares a year with the one before."""
    cells: dict[CellKey, Counter[str]] = {}
    for number in range(organisation.services):
        for numbers in _service(store, organisation, number, end):
            for key, added in numbers.items():
                cells.setdefault(key, Counter()).update(added)
    for key, sums in cells.items():
        for day in (key.day, key.day - timedelta(days=DAYS)):
            pk, sk = cell_key(replace(key, day=day))
            _put(store, {"pk": pk, "sk": sk, **sums})


def _service(
    store: MemoryDynamoDB, organisation: OrganisationSettings, number: int, end: date
) -> Iterator[Mapping[CellKey, Mapping[str, int]]]:
    name, repository = organisation.service(number), organisation.repository(number)
    draw = random.Random(number)
    people = [f"person-{(number * 7 + offset) % organisation.people}" for offset in range(min(12, organisation.people))]
    first = datetime(end.year, end.month, end.day, tzinfo=UTC) - timedelta(days=DAYS)
    start = int(first.timestamp() * 1000)
    step = DAYS * 24 * HOUR * 1000 // organisation.deployments
    years = sorted({first.year, end.year})
    _put(store, Service(name, repository, {"production": years}).to_item())
    for count in range(organisation.deployments):
        finish = start + count * step + draw.randrange(step)
        author = draw.choice(people)
        team = f"team-{hash_of(author) % organisation.teams}"
        record, entry = _deployment(draw, name, repository, count, finish, author, team)
        _put(store, entry.to_item(name, "production"))
        if count >= organisation.deployments - _LISTED:
            _put(store, record.header_item())
        yield contributions(record.parts[0])


def hash_of(name: str) -> int:
    return int(sha(name)[:8], 16)


def _deployment(
    draw: random.Random, service: str, repository: str, count: int, finish: int, author: str, team: str
) -> tuple[Record, TimelineEntry]:
    key = sha(service, count)[:24]
    commit = sha(repository, count)
    stages = [_seconds(draw, hours) for hours in (8, 5, 3, 2)]
    carried = CarriedChange(
        repository, count, author, (team,), LeadTime(sum(stages), (stages[0], stages[1], stages[2], stages[3]), True)
    )
    failed = draw.random() < 0.05
    summary = Summary(
        service=service,
        environment="production",
        day=datetime.fromtimestamp(finish / 1000, UTC).date(),
        live=True,
        failed=failed,
        recovery=_seconds(draw, 1) if failed else None,
    )
    report = StatusReport(
        status="success",
        received_at=finish,
        id=commit,
        deployment_id=f"run-{count}",
        started_at=finish - 240_000,
        finished_at=finish,
        version=f"v1.{count}",
        url=f"https://ci.example.com/runs/{count}",
        event_id=f"dep_{key}",
    )
    place = place_of(finish, key)
    record = Record(
        Deployment(key, service, "production", (report,)),
        repository,
        place,
        status="mapped",
        reason="RANGE",
        from_id=sha(repository, count - 1),
        to_id=commit,
        parts=(FactPart(summary, 0, (carried,), (author,), (team,)),),
    )
    state = State(line=commit, tips=(Tip(commit, finish),), last_success=(commit, finish))
    return record, TimelineEntry(place, key, commit, live=True, node=commit, after=state)


def _seconds(draw: random.Random, hours: float) -> int:
    return int(draw.lognormvariate(log(hours * HOUR), 1.0))


def _put(store: MemoryDynamoDB, item: Mapping[str, Any]) -> None:
    store.put({name: _serialize(value) for name, value in item.items()})


def people_of(organisation: OrganisationSettings) -> Sequence[str]:
    return [f"person-{number}" for number in range(organisation.people)]


def roster_of(organisation: OrganisationSettings) -> dict[str, Any]:
    """Who is in which team, as the roster item holds it."""
    teams: dict[str, Any] = {f"team-{number}": {"members": []} for number in range(organisation.teams)}
    for person in people_of(organisation):
        teams[f"team-{hash_of(person) % organisation.teams}"]["members"].append({"author": person})
    return teams
